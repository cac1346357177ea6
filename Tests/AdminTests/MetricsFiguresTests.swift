import Admin
import Balancing
import Model
import Settings
import Telemetry
import Testing

/// Each figure of a report is exported under its own name: all differ here.
struct MetricsFiguresTests {
    private static func traffic(_ first: UInt64) -> TrafficCounters {
        var traffic = TrafficCounters()
        for index in 0...5 { traffic.statuses[index] = first + UInt64(index) }
        (traffic.requests, traffic.bytesIn, traffic.bytesOut, traffic.retries) = (first + 10, first + 11, first + 12, first + 13)
        (traffic.refused, traffic.requestErrors, traffic.connectErrors) = (first + 14, first + 15, first + 16)
        (traffic.responseErrors, traffic.connectsPassedOn, traffic.responsesPassedOn) = (first + 17, first + 18, first + 19)
        (traffic.clientAborts, traffic.serverAborts, traffic.timed) = (first + 20, first + 21, 1)
        (traffic.queueTime, traffic.connectTime) = ((first + 22) * 1_000_000, (first + 23) * 1_000_000)
        (traffic.responseTime, traffic.totalTime) = ((first + 24) * 1_000_000, (first + 25) * 1_000_000)
        return traffic
    }

    private static func times(_ milliseconds: Int64...) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for time in milliseconds { histogram.add(nanoseconds: time * 1_000_000) }
        return histogram
    }

    private static var report: ServiceReport {
        var report = FakeHost().service
        (report.process.version, report.process.opensslVersion, report.process.nghttp2Version) = ("1", "2", "3")
        (report.process.startedAt, report.process.waiting, report.process.turnedAway) = (1001, 1002, 1003)
        (report.process.reloads, report.process.reloadsRefused, report.process.logLinesDropped) = (1004, 1005, 1006)
        (report.process.handshakes, report.process.handshakesWaiting) = (1007, 1008)
        report.process.readiness.isReady = true
        for (index, reason) in Reason.allCases.enumerated() { report.refusals[reason] = 2000 + UInt64(index) }
        for (index, refusal) in HandshakeRefusal.allCases.enumerated() { report.handshakeRefusals[refusal] = 2100 + UInt64(index) }
        report.listeners[0].isTLS = true
        (report.listeners[0].connections, report.listeners[0].totalConnections) = (3001, 3002)
        (report.listeners[0].handshakesDone, report.listeners[0].handshakesFailed) = (3003, 3004)
        report.listeners[0].handshakeTimes = times(2, 700_000)
        report.listeners[0].traffic = traffic(4000)
        var environment = EnvironmentReport()
        (environment.name, environment.traffic) = ("production", traffic(5000))
        report.environments = [environment]
        report.pools.removeLast()
        report.pools[0].isUsable = true
        (report.pools[0].queued, report.pools[0].sticks, report.pools[0].capacity) = (6001, 6002, 6003.5)
        report.pools[0].traffic = traffic(7000)
        report.pools[0].queueTimes = times(30)
        report.pools[0].requestTimes = ["catalog": times(40, 50)]
        report.pools[0].responses = [.init(listener: "agents", endpoint: "catalog", code: 200): 6004]
        report.pools[0].overflowed = ["far": 6005]
        report.pools[0].servers.removeLast()
        report.pools[0].servers[0].traffic = traffic(8000)
        report.pools[0].servers[0].checksFailed = 6006
        (report.pools[0].servers[0].timesDown, report.pools[0].servers[0].secondsDown) = (6007, 6008)
        (report.pools[0].servers[0].sinceChange, report.pools[0].servers[0].maximumInUse) = (6009, 6010)
        (report.pools[0].timesDown, report.pools[0].secondsDown, report.pools[0].sinceChange) = (6011, 6012, 6013)
        (report.pools[0].inUse, report.pools[0].maximumInUse, report.pools[0].maximumQueued) = (6014, 6015, 6016)
        (report.listeners[0].maximumConnections, report.listeners[0].connectionLimit) = (3005, 3006)
        (report.process.totalRequests, report.process.totalConnections, report.process.totalHandshakes) = (1007, 1008, 1009)
        (report.process.connections, report.process.connectionLimit, report.process.descriptorLimit) = (1010, 1011, 1012)
        (report.process.workers, report.process.processID, report.process.residentBytes) = (1013, 1014, 1015 << 20)
        (report.process.node, report.process.site) = ("host.test", "eie")
        return report
    }

    private static let lines = Metrics.text(report).split(separator: "\n").map(String.init)

    /// The samples of a family, without its name.
    private func samples(_ name: String, _ suffix: String = "") -> [String] {
        let start = "puppetfront_\(name)\(suffix)"
        return Self.lines.filter { $0.hasPrefix(start + "{") || $0.hasPrefix(start + " ") }.map { String($0.dropFirst(start.count)) }
    }

    private func statuses(_ labels: String, _ first: Int) -> [String] {
        ["0", "1xx", "2xx", "3xx", "4xx", "5xx"].enumerated().map { "{\(labels),code=\"\($1)\"} \(first + $0)" }
    }

    @Test func theProcess() {
        #expect(samples("build_info") == ["{version=\"1\",openssl=\"2\",nghttp2=\"3\"} 1"])
        #expect(samples("start_time_seconds") == [" 1001"])
        #expect(samples("ready") == [" 1"])
        #expect(samples("queued_requests") == [" 1002"])
        #expect(samples("turned_away_total") == [" 1003"])
        #expect(samples("reloads_total") == ["{result=\"done\"} 1004", "{result=\"refused\"} 1005"])
        #expect(samples("log_lines_dropped_total") == [" 1006"])
        #expect(samples("handshakes") == ["{state=\"running\"} 1007", "{state=\"waiting\"} 1008"])
        #expect(
            samples("refused_total")
                == Reason.allCases.enumerated().map { "{reason=\"\($1.rawValue)\"} \(2000 + $0)" }
                + HandshakeRefusal.allCases.enumerated().map { "{reason=\"\($1.rawValue)\"} \(2100 + $0)" })
    }

    @Test func listenersAndEnvironments() {
        let listener = "listener=\"agents\""
        #expect(samples("connections") == ["{\(listener)} 3001"])
        #expect(samples("connections_total") == ["{\(listener)} 3002"])
        #expect(samples("handshakes_total") == ["{\(listener),result=\"done\"} 3003", "{\(listener),result=\"failed\"} 3004"])
        let buckets = samples("handshake_duration_seconds", "_bucket")
        #expect(buckets.first == "{\(listener),le=\"0.001\"} 0" && buckets.count == 18)
        #expect(buckets[1] == "{\(listener),le=\"0.005\"} 1" && buckets[16] == "{\(listener),le=\"600\"} 1")
        #expect(buckets.last == "{\(listener),le=\"+Inf\"} 2")
        #expect(samples("handshake_duration_seconds", "_sum") == ["{\(listener)} 700.002"])
        #expect(samples("handshake_duration_seconds", "_count") == ["{\(listener)} 2"])
        #expect(samples("listener_requests_total") == statuses(listener, 4000))
        #expect(samples("environment_requests_total") == statuses("environment=\"production\"", 5000))
    }

    @Test func pools() {
        let pool = "pool=\"compilers\""
        #expect(samples("requests_total") == ["{listener=\"agents\",\(pool),endpoint=\"catalog\",code=\"200\"} 6004"])
        #expect(samples("request_duration_seconds", "_sum") == ["{\(pool),endpoint=\"catalog\"} 0.09"])
        #expect(samples("queue_duration_seconds", "_sum") == ["{\(pool)} 0.03"])
        #expect(samples("queue_duration_seconds", "_count") == ["{\(pool)} 1"])
        #expect(samples("pool_up") == ["{\(pool)} 1"])
        #expect(samples("pool_panic") == ["{\(pool)} 0"])
        #expect(samples("queue_length") == ["{\(pool)} 6001"])
        #expect(samples("retries_total") == ["{\(pool)} 7013"])
        #expect(samples("overflow_total") == ["{\(pool),to=\"far\"} 6005"])
        #expect(samples("sticks") == ["{\(pool)} 6002"])
        #expect(samples("catalogs_per_second") == ["{\(pool)} 6003.5"])
    }

    @Test func servers() {
        let server = "pool=\"compilers\",server=\"s1\""
        #expect(samples("server_up") == ["{\(server),site=\"eie\"} 1"])
        #expect(samples("server_requests_total") == statuses(server, 8000))
        #expect(
            samples("server_failures_total") == [
                "{\(server),cause=\"connect\"} \(8016 + 8018)", "{\(server),cause=\"answer\"} \(8017 + 8019 + 8021)",
            ])
        #expect(samples("server_connections") == ["{\(server)} 0"])
        #expect(samples("server_maxconn") == [])
        #expect(samples("server_weight") == ["{\(server)} 5"])
        #expect(samples("server_check_failures_total") == ["{\(server)} 6006"])
    }

    // MARK: show stat

    /// Column → text, of those that are not empty.
    private func row(_ index: Int) -> [String: String] {
        let lines = answer(
            "show stat",
            host: {
                var host = FakeHost()
                host.service = Self.report
                return host
            }()
        ).split(separator: "\n")
        let names = lines[0].dropFirst(2).split(separator: ",").map(String.init)
        let values = lines[index].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return Dictionary(uniqueKeysWithValues: zip(names, values)).filter { !$0.value.isEmpty && $0.value != "0" }
    }

    private func counters(_ first: Int) -> [String: String] {
        [
            "hrsp_other": "\(first)", "hrsp_1xx": "\(first + 1)", "hrsp_2xx": "\(first + 2)", "hrsp_3xx": "\(first + 3)",
            "hrsp_4xx": "\(first + 4)", "hrsp_5xx": "\(first + 5)", "req_tot": "\(first + 10)", "bin": "\(first + 11)",
            "bout": "\(first + 12)", "dreq": "\(first + 14)", "cli_abrt": "\(first + 20)", "srv_abrt": "\(first + 21)", "pid": "1",
            "mode": "http",
        ]
    }

    private func counters(ofServers first: Int) -> [String: String] {
        counters(first).merging([
            "stot": "\(first + 10)", "lbtot": "\(first + 10)", "wretr": "\(first + 13)", "wredis": "\(first + 13)",
            "econ": "\(first + 16)", "eresp": "\(first + 17)", "qtime": "\(first + 22)", "ctime": "\(first + 23)",
            "rtime": "\(first + 24)", "ttime": "\(first + 25)", "lastsess": "-1",
        ]) { $1 }
    }

    @Test func everyColumnHasItsOwnFigure() {
        #expect(
            row(1)
                == counters(4000).merging([
                    "pxname": "agents", "svname": "FRONTEND", "iid": "1", "scur": "3001", "smax": "3005", "slim": "3006", "stot": "3002",
                    "conn_tot": "3002",
                    "ereq": "4015", "status": "OPEN",
                ]) { $1 })
        var server = row(2)
        #expect(server.removeValue(forKey: "check_status") == "INI")
        #expect(
            server
                == counters(ofServers: 8000).merging([
                    "pxname": "compilers", "svname": "s1", "iid": "2", "sid": "1", "type": "2", "status": "UP 1/3", "weight": "5",
                    "uweight": "5", "act": "1", "chkfail": "6006", "addr": "192.0.2.1:8140", "check_rise": "2", "check_fall": "3",
                    "check_health": "2", "chkdown": "6007", "downtime": "6008", "lastchg": "6009", "smax": "6010",
                ]) { $1 }, "\(server)")
        #expect(
            row(3)
                == counters(ofServers: 7000).merging([
                    "pxname": "compilers", "svname": "BACKEND", "iid": "2", "type": "1", "status": "UP", "weight": "5", "act": "1",
                    "qcur": "6001", "qmax": "6016", "qlimit": "9", "algo": "leastconn", "chkdown": "6011", "downtime": "6012",
                    "lastchg": "6013", "scur": "6014", "smax": "6015",
                ]) { $1 })
    }

    @Test func theStateFormatHasItsOwnFigures() {
        var host = FakeHost()
        host.service = Self.report
        let line = answer("show servers state", host: host).split(separator: "\n")[2]
        #expect(line == "2 compilers 1 s1 192.0.2.1 2 0 5 5 6009 1 0 2 6 6 0 0 - 8140 - 0 0 - - 8141", "the numbers are HAProxy's")
    }

    /// Those that are not zero.
    @Test func theProcessIsShownInHAProxysKeys() {
        var host = FakeHost()
        host.service = Self.report
        let pairs = answer("show info", host: host).split(separator: "\n").map { line in
            let end = line.firstIndex(of: ":") ?? line.endIndex
            return (String(line[..<end]), String(line[end...].dropFirst(2)))
        }
        let shown = Dictionary(uniqueKeysWithValues: pairs).filter { $0.value != "0" && !$0.value.isEmpty }
        #expect(
            shown == [
                "Name": "HAProxy", "Version": "2.6-puppetfront-1", "Release_date": "2026/11/22", "Nbthread": "1013", "Nbproc": "1",
                "Process_num": "1", "Pid": "1014", "Uptime": "1d 2h03m04s", "Uptime_sec": "93784", "Start_time_sec": "1001",
                "PoolAlloc_MB": "1015", "PoolUsed_MB": "1015", "Ulimit-n": "1012", "Maxsock": "1012", "Maxconn": "1011",
                "Hard_maxconn": "1011", "CurrConns": "1010", "CumConns": "1008", "CumReq": "1007", "CurrSslConns": "1010",
                "CumSslConns": "1009", "Tasks": "1010", "Run_queue": "1002", "Idle_pct": "100", "node": "host.test",
                "description": "site eie", "Jobs": "1010", "Listeners": "1", "DroppedLogs": "1006", "TotalBytesOut": "4012",
                "Build info": "OpenSSL 2, nghttp2 3",
            ])
    }

    @Test func idleConnectionsAreShown() {
        var host = FakeHost()
        host.service.pools[0].servers[0].idleConnections = 7
        let lines = answer("show stat compilers 4 1", host: host).split(separator: "\n")
        let values = lines[1].split(separator: ",", omittingEmptySubsequences: false)
        #expect(values[88] == "7" && values[95] == "7", "srv_icur, idle_conn_cur")
        #expect(
            answer("show servers conn compilers", host: host).split(separator: "\n")[1]
                == "compilers/s1 2/1 192.0.2.1 8140 - 0 0 0 0 7 0 -1 7")
    }
}
