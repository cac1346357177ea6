import Model
import Settings
import Telemetry

/// `/metrics`: Prometheus' text format 0.0.4. Names are a contract (docs/outputs.md).
package enum Metrics {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package static func text(_ report: ServiceReport) -> String {
        var page = MetricsPage()
        process(report, &page)
        listeners(report, &page)
        requests(report, &page)
        pools(report, &page)
        servers(report, &page)
        PeerMetrics.write(report, &page)
        anycast(report, &page)
        return page.text
    }

    private static func process(_ report: ServiceReport, _ page: inout MetricsPage) {
        let process = report.process
        page.family("build_info", .gauge, "Versions; always 1.")
        page.sample(["version": process.version, "openssl": process.opensslVersion, "nghttp2": process.nghttp2Version], 1)
        page.family("start_time_seconds", .gauge, "When the process started, seconds since 1970.")
        page.sample([:], Double(process.startedAt))
        page.family(
            "ready", .gauge, "1: at least one usable server for the default pool, agents' certificates are accepted, and not draining.")
        page.sample([:], process.readiness.isReady ? 1 : 0)
        page.family("queued_requests", .gauge, "Requests that wait in all pools.")
        page.sample([:], Double(process.waiting))
        page.family("turned_away_total", .counter, "Connections rejected because of a limit.")
        page.sample([:], Double(process.turnedAway))
        page.family("reloads_total", .counter, "Reloads by result.")
        page.sample(["result": "done"], Double(process.reloads))
        page.sample(["result": "refused"], Double(process.reloadsRefused))
        page.family(
            "config_stale", .gauge,
            "1: the configuration in force is not the file's: the file was changed since, or the last reload was refused.")
        page.sample([:], process.isConfigurationStale ? 1 : 0)
        page.family("tls_files_held_back", .gauge, "Certificates, CA files and CRLs on disk that do not come into force.")
        page.sample([:], Double(process.heldBackFiles.count))
        page.family("state_file_write_failures_total", .counter, "Failed writes of state_file; each is retried.")
        page.sample([:], Double(process.stateFileFailures))
        page.family("state_file_stale", .gauge, "1: state_file is older than the state, since writing it fails.")
        page.sample([:], process.isStateFileStale ? 1 : 0)
        page.family("handshakes", .gauge, "TLS handshakes with agents now: with a place of limits.handshakes, or waiting for one.")
        page.sample(["state": "running"], Double(process.handshakes))
        page.sample(["state": "waiting"], Double(process.handshakesWaiting))
        page.family("http_abuse_total", .counter, "HTTP/2 connections that ended since the client went over a limit.")
        for (limit, count) in process.http2Abuse { page.sample(["limit": limit], Double(count)) }
        page.family("log_lines_dropped_total", .counter, "Access-log lines lost: the disk, the pipe or syslog did not take them.")
        page.sample([:], Double(process.logLinesDropped))
        page.family("refused_total", .counter, "Requests that were rejected, failed or cut here, and refused handshakes, by reason.")
        for reason in Reason.allCases { page.sample(["reason": reason.rawValue], Double(report.refusals[reason] ?? 0)) }
        for refusal in HandshakeRefusal.allCases {
            page.sample(["reason": refusal.rawValue], Double(report.handshakeRefusals[refusal] ?? 0))
        }
        let files = report.certificates
        page.family("certificate_expiry_seconds", .gauge, "When a certificate ends, seconds since 1970.")
        for (file, end) in earliest(files.filter { $0.kind != .revocationList }, by: { [$0.file, $0.subject] }) {
            page.sample(["file": file.file, "subject": file.subject], Double(end))
        }
        page.family("crl_next_update_seconds", .gauge, "Until when a revocation list is good, seconds since 1970.")
        for (file, end) in earliest(files.filter { $0.kind == .revocationList }, by: { [$0.issuer] }) {
            page.sample(["issuer": file.issuer], Double(end))
        }
    }

    /// One for each key, in the first's place, with the earliest end: Prometheus takes one sample for each set of labels.
    private static func earliest(
        _ files: [CertificateReport], by key: (CertificateReport) -> [String]
    ) -> [(file: CertificateReport, end: Int64)] {
        var ends: [[String]: Int64] = [:]
        for file in files { ends[key(file)] = min(file.ends, ends[key(file)] ?? .max) }
        return files.compactMap { file in ends.removeValue(forKey: key(file)).map { (file, $0) } }
    }

    private static func listeners(_ report: ServiceReport, _ page: inout MetricsPage) {
        page.family("connections", .gauge, "Agents' connections that are open.")
        for listener in report.listeners { page.sample(["listener": listener.name], Double(listener.connections)) }
        page.family("connections_total", .counter, "Agents' connections so far.")
        for listener in report.listeners { page.sample(["listener": listener.name], Double(listener.totalConnections)) }
        page.family("handshakes_total", .counter, "TLS handshakes with agents, by result.")
        for listener in report.listeners where listener.isTLS {
            page.sample(["listener": listener.name, "result": "done"], Double(listener.handshakesDone))
            page.sample(["listener": listener.name, "result": "failed"], Double(listener.handshakesFailed))
        }
        page.family("handshake_duration_seconds", .histogram, "From a connection's first byte to its finished handshake.")
        for listener in report.listeners where listener.isTLS { page.histogram(["listener": listener.name], listener.handshakeTimes) }
    }

    private static func requests(_ report: ServiceReport, _ page: inout MetricsPage) {
        page.family("requests_total", .counter, "Requests by listener, pool, endpoint and status; code 0: no response was begun.")
        for pool in report.pools {
            let responses = pool.responses.sorted {
                ($0.key.listener, $0.key.endpoint, $0.key.code) < ($1.key.listener, $1.key.endpoint, $1.key.code)
            }
            for (response, count) in responses {
                page.sample(
                    ["listener": response.listener, "pool": pool.name, "endpoint": response.endpoint, "code": "\(response.code)"],
                    Double(count))
            }
        }
        page.family("listener_requests_total", .counter, "Requests by listener and hundred of the status.")
        for listener in report.listeners { statuses(["listener": listener.name], listener.traffic, &page) }
        page.family("environment_requests_total", .counter, "Requests by environment and hundred of the status; beyond 1,000 names: other.")
        for environment in report.environments { statuses(["environment": environment.name], environment.traffic, &page) }
        page.family("request_duration_seconds", .histogram, "From a request's first byte to the last of its response, the queue included.")
        for pool in report.pools {
            for (endpoint, times) in pool.requestTimes.sorted(by: { $0.key < $1.key }) {
                page.histogram(["pool": pool.name, "endpoint": endpoint], times)
            }
        }
        page.family("queue_duration_seconds", .histogram, "How long requests waited for a server.")
        for pool in report.pools { page.histogram(["pool": pool.name], pool.queueTimes) }
    }

    private static func pools(_ report: ServiceReport, _ page: inout MetricsPage) {
        page.family("pool_up", .gauge, "1: the pool has a usable server.")
        for pool in report.pools { page.sample(["pool": pool.name], pool.isUsable ? 1 : 0) }
        page.family("pool_panic", .gauge, "1: servers are used although they fail their checks, since no other is left.")
        for pool in report.pools { page.sample(["pool": pool.name], pool.isPanicking ? 1 : 0) }
        page.family("queue_length", .gauge, "Requests that wait for a server.")
        for pool in report.pools { page.sample(["pool": pool.name], Double(pool.queued)) }
        page.family("retries_total", .counter, "Requests sent again, or tried to be.")
        for pool in report.pools { page.sample(["pool": pool.name], Double(pool.traffic.retries)) }
        page.family("overflow_total", .counter, "Requests that went on to another pool.")
        for pool in report.pools {
            for (other, count) in pool.overflowed.sorted(by: { $0.key < $1.key }) {
                page.sample(["pool": pool.name, "to": other], Double(count))
            }
        }
        page.family("sticks", .gauge, "Agents that stay with a server.")
        for pool in report.pools where pool.settings.stick != nil { page.sample(["pool": pool.name], Double(pool.sticks)) }
        page.family("catalogs_per_second", .gauge, "Measured capacity of a pool; 0: not known.")
        for pool in report.pools { page.sample(["pool": pool.name], pool.capacity) }
    }

    private static func servers(_ report: ServiceReport, _ page: inout MetricsPage) {
        func each(_ value: (ServerReport) -> Double?) {
            for pool in report.pools {
                for server in pool.servers {
                    if let value = value(server) { page.sample(["pool": pool.name, "server": server.state.name], value) }
                }
            }
        }
        page.family("server_up", .gauge, "1: it may take new requests.")
        for pool in report.pools {
            for server in pool.servers {
                let site = server.state.settings.site?.value ?? report.process.site ?? ""
                page.sample(["pool": pool.name, "server": server.state.name, "site": site], server.state.isUsable ? 1 : 0)
            }
        }
        page.family("server_requests_total", .counter, "Requests by server and hundred of the status.")
        for pool in report.pools {
            for server in pool.servers { statuses(["pool": pool.name, "server": server.state.name], server.traffic, &page) }
        }
        page.family("server_failures_total", .counter, "Attempts that failed on a server: no connection, or no whole response in time.")
        for pool in report.pools {
            for server in pool.servers {
                let traffic = server.traffic
                let labels: (String) -> KeyValuePairs<String, String> = { ["pool": pool.name, "server": server.state.name, "cause": $0] }
                page.sample(labels("connect"), Double(traffic.failedConnects))
                page.sample(labels("answer"), Double(traffic.failedResponses))
            }
        }
        page.family("server_connections", .gauge, "Requests on a server now.")
        each { Double($0.state.inUse) }
        page.family("server_http2_connections", .gauge, "Connections as HTTP/2 to a server that are established; all requests share them.")
        each { report in report.http2Connections > 0 || report.totalHTTP2Connections > 0 ? Double(report.http2Connections) : nil }
        page.family("server_http2_connections_total", .counter, "Connections as HTTP/2 to a server so far.")
        each { report in report.totalHTTP2Connections > 0 ? Double(report.totalHTTP2Connections) : nil }
        page.family("server_maxconn", .gauge, "Requests that a server takes at once; left out where there is no limit.")
        each { $0.state.slotLimit == .max ? nil : Double($0.state.slotLimit) }
        page.family("server_weight", .gauge, "The weight in force.")
        each { Double($0.state.effectiveWeight) / 256 }
        page.family("server_check_failures_total", .counter, "Health checks that failed and counted.")
        each { Double($0.checksFailed) }
        page.family("server_free_jrubies", .gauge, "Free JRubies, where the server says so.")
        each { $0.state.load.map { Double($0.free) } }
    }

    private static func anycast(_ report: ServiceReport, _ page: inout MetricsPage) {
        guard let anycast = report.anycast else { return }
        page.family("anycast_state", .gauge, "1 for the state of this instance's announcement, 0 for the others.")
        for state in AnycastState.allCases { page.sample(["state": state.rawValue], state == anycast.state ? 1 : 0) }
        page.family("anycast_in_force", .gauge, "1: the routing daemon has shown that the state is in force.")
        page.sample([:], anycast.isConfirmed ? 1 : 0)
        page.family("anycast_changes_total", .counter, "Changes of the state.")
        page.sample([:], Double(anycast.changes))
        page.family("anycast_hold_down_seconds", .gauge, "How long the route must stay away yet.")
        page.sample([:], Double(anycast.heldDown ?? 0))
        page.family("anycast_usable_servers", .gauge, "Usable servers that count for the announcement, by pool.")
        for (pool, count) in anycast.usable { page.sample(["pool": pool], Double(count)) }
    }

    /// By class of the status; 0: no response was begun.
    private static func statuses(_ labels: KeyValuePairs<String, String>, _ traffic: TrafficCounters, _ page: inout MetricsPage) {
        for hundred in 0...5 where traffic.statuses[hundred] > 0 || hundred == 2 {
            page.sample(labels, ("code", hundred == 0 ? "0" : "\(hundred)xx"), Double(traffic.statuses[hundred]))
        }
    }
}
