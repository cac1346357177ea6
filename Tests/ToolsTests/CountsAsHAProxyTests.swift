import Foundation
import StandIn
import TestKit
import Testing

/// One scripted exchange through Debian's HAProxy and through puppetfront: every column of `show stat` and of `show servers state` has the
/// same value, but for those that are listed here with the reason.
struct CountsAsHAProxyTests {
    /// Columns of `show stat` whose values differ, and why.
    private static let other: [String: String] = [
        "bin": "HAProxy counts a head as it stores it, puppetfront the bytes that came (CountedExactlyTests)",
        "bout": "heads differ: puppetfront adds no field to a response that HAProxy would not",
        "compilers/s1 req_tot": "HAProxy counts a server's request when its response ends: not the one whose agent left",
        "compilers/s1 hrsp_other": "the same", "idle_conn_cur": "as srv_icur",
        "smax": "a connection counts until the client has closed it too",
        "srv_icur": "HAProxy keeps connections for requests that are safe to repeat apart",
        "pid": "of the process", "iid": "HAProxy counts its own frontends too", "addr": "ports differ", "slim": "limits are not the same",
        "qlimit": "limits are not the same", "rate_lim": "not a thing of puppetfront's",
        "algo": "said of the backend by both, of servers by HAProxy",
        "check_duration": "time", "last_chk": "HAProxy has a text for a passed check too", "check_desc": "as last_chk",
        "qtime": "time", "ctime": "time", "rtime": "time", "ttime": "time", "qtime_max": "time", "ctime_max": "time", "rtime_max": "time",
        "ttime_max": "time", "rate": "time", "rate_max": "time", "req_rate": "time", "req_rate_max": "time", "conn_rate": "time",
        "conn_rate_max": "time", "lastsess": "time", "lastchg": "time", "downtime": "time",
    ]

    @Test func everyColumnOfShowStatIsTheSame() throws {
        let scene = try TwinExchange()
        try scene.play()
        let (theirs, ours) = (try scene.statistics("haproxy"), try scene.statistics("puppetfront"))
        #expect(ours.keys.sorted() == ["agents/FRONTEND", "compilers/BACKEND", "compilers/s1", "compilers/s2", "compilers/s3"])
        #expect(differences(theirs, ours, but: Self.other) == [])
    }

    /// Each figure that can be known, as a literal: both could be wrong alike.
    @Test func theFiguresAreTheScriptsOwn() throws {
        let scene = try TwinExchange()
        try scene.play()
        let rows = try scene.statistics("puppetfront")
        let backend = try #require(rows["compilers/BACKEND"])
        let frontend = try #require(rows["agents/FRONTEND"])
        for (column, value) in [
            ("stot", "9"), ("hrsp_2xx", "5"), ("hrsp_4xx", "1"), ("hrsp_5xx", "2"), ("cli_abrt", "1"), ("econ", "0"), ("act", "1"),
            ("bck", "0"),
        ] { #expect(backend[column] == value, "BACKEND \(column)") }
        for (column, value) in [("stot", "4"), ("ereq", "1"), ("req_tot", "10"), ("hrsp_4xx", "2")] {
            #expect(frontend[column] == value, "FRONTEND \(column)")
        }
        #expect(rows["compilers/s2"]?["status"] == "MAINT" && rows["compilers/s3"]?["status"] == "DOWN")
    }

    /// Columns of `show servers state` whose values differ, and why.
    private static let otherState: [String: String] = [
        "be_id": "HAProxy counts its own frontends too", "srv_port": "the same", "srv_time_since_last_change": "time",
        "srv_check_result": "see docs",
        "bk_f_forced_id": "an id by file is HAProxy's alone", "srv_f_forced_id": "the same",
    ]

    @Test func everyColumnOfShowServersStateIsTheSame() throws {
        let scene = try TwinExchange()
        try scene.play()
        let (theirs, ours) = (try scene.states("haproxy"), try scene.states("puppetfront"))
        #expect(ours.count == 3)
        #expect(differences(theirs, ours, but: Self.otherState) == [])
    }

    /// `ROW COLUMN: HAProxy's value, ours`. What puppetfront leaves empty it does not have.
    private func differences(_ theirs: [String: [String: String]], _ ours: [String: [String: String]], but known: [String: String])
        -> [String]
    {
        var found: [String] = []
        for (row, values) in ours {
            for (column, value) in values where known[column] ?? known["\(row) \(column)"] == nil && !value.isEmpty {
                // HAProxy marks the outcome of a check while the next one is under way.
                let their = theirs[row]?[column].map { $0.hasPrefix("* ") ? String($0.dropFirst(2)) : $0 }
                // It has no such column for this kind of row.
                let isOurs = their == "" && ["cli_abrt", "srv_abrt", "dreq"].contains(column)
                if their != value && !isOurs { found.append("\(row) \(column): \(their ?? "-"), \(value)") }
            }
        }
        return found.sorted()
    }
}

/// HAProxy and puppetfront in front of the same servers: `s1`, `s2` (which goes to maintenance) and `s3` (where nothing listens).
private final class TwinExchange {
    private let folder: TemporaryFolder
    private let servers: [StandInServer]
    private let dead: LoopbackPort
    private let listener: LoopbackPort
    private let haproxy: ChildProcess
    private let puppetfront: ProxyProcess

    init() throws {
        folder = try TemporaryFolder()
        servers = try (1...2).map { _ in try StandInServer() }
        for server in servers {
            server.answer { request in
                switch request.path.split(separator: "/").last {
                case "missing": return .text(404, "no such thing")
                case "broken": return .text(500, "Evaluation Error: broken")
                case "busy": return .text(503, "later")
                case "slow": Thread.sleep(forTimeInterval: 3)
                default: break
                }
                return .text(200, "fine")
            }
            try server.start()
        }
        dead = try LoopbackPort()
        listener = try LoopbackPort()
        let (path, addresses) = (folder.path, [servers[0].address, servers[1].address, dead.text])
        let check = "check inter 200ms fall 2 rise 2 weight 10 maxconn 20"
        let theirs = """
            global
              stats socket \(path)/haproxy.sock level admin
            defaults
              mode http
              option abortonclose
              timeout client 10s
              timeout server 10s
              timeout connect 2s
            frontend agents
              bind \(listener.text)
              default_backend compilers
            backend compilers
              balance leastconn
              option httpchk GET /status/v1/simple
            \(zip(1..., addresses).map { "  server s\($0) \($1) \(check)" }.joined(separator: "\n"))

            """
        let entries = zip(1..., addresses).map { "{ name: s\($0), address: \"\($1)\", weight: 10, maxconn: 20 }" }.joined(separator: ", ")
        let ours = """
            admin: { socket: { path: \(path)/puppetfront.sock } }
            listeners: [{ name: agents, address: "127.0.0.1:0" }]
            pools:
              compilers:
                check: { request: "GET /status/v1/simple", inter: 200ms, fall: 2, rise: 2 }
                timeouts: { connect: 2s, response: 10s }
                servers: [\(entries)]
            environments: { default: compilers }

            """
        puppetfront = try ProxyProcess(configuration: try folder.write(ours, to: "puppetfront.yaml"))
        haproxy = try ChildProcess(["/usr/sbin/haproxy", "-db", "-f", try folder.write(theirs, to: "haproxy.cfg")])
        let names = ["haproxy", "puppetfront"]
        #expect(waitUntil { names.allSatisfy { (try? statistics($0)["compilers/s3"]?["status"]) == "DOWN" } })
        for name in names { _ = try ask(name, "set server compilers/s2 state maint") }
        #expect(waitUntil { names.allSatisfy { (try? statistics($0)["compilers/s1"]?["check_status"]) == "L7OK" } })
    }

    /// Each step on both, one request at a time: no figure hangs on a race.
    func play() throws {
        for port in [listener.number, puppetfront.port()] {
            let agent = try RawClient(port)
            for word in ["a", "b", "missing", "broken", "busy"] {
                #expect(try agent.exchange("GET /puppet/v3/node/\(word)?environment=production HTTP/1.1\r\nHost: puppet\r\n\r\n").isWhole)
            }
            let report = String(repeating: "x", count: 40_000)
            _ = try agent.exchange(
                "PUT /puppet/v3/report/a?environment=production HTTP/1.1\r\nHost: puppet\r\nContent-Length: 40000\r\n\r\n" + report)
            _ = try agent.exchange("HEAD /puppet/v3/node/a?environment=production HTTP/1.1\r\nHost: puppet\r\n\r\n")
            agent.close()
            let once = try RawClient(port)
            _ = try once.exchange("GET /puppet/v3/node/a?environment=production HTTP/1.1\r\nHost: puppet\r\nConnection: close\r\n\r\n")
            once.close()
            let broken = try RawClient(port)
            #expect(try broken.exchange("GET /puppet/v3/node/a b c HTTP/1.1\r\nHost: puppet\r\n\r\n").status == 400)
            broken.close()
            let leaver = try RawClient(port)
            try leaver.send("GET /puppet/v3/node/slow?environment=production HTTP/1.1\r\nHost: puppet\r\n\r\n")
            #expect(waitUntil { servers[0].requests.contains { $0.path.hasSuffix("slow") } })
            leaver.stream.reset()
        }
        for name in ["haproxy", "puppetfront"] {
            #expect(waitUntil { (try? statistics(name)["compilers/BACKEND"]?["cli_abrt"]) == "1" }, "\(name) counts the agent that left")
        }
    }

    /// The rows of `show stat` by `PROXY/NAME`, each by the names of its columns.
    func statistics(_ name: String) throws -> [String: [String: String]] {
        try table(try ask(name, "show stat"), separator: ",", names: ("pxname", "svname"))
    }

    /// The rows of `show servers state` by server.
    func states(_ name: String) throws -> [String: [String: String]] {
        let lines = try ask(name, "show servers state compilers").split(separator: "\n").dropFirst().joined(separator: "\n")
        return try table(lines, separator: " ", names: ("be_name", "srv_name"))
    }

    private func table(_ text: String, separator: Character, names: (String, String)) throws -> [String: [String: String]] {
        let rows = text.split(separator: "\n").map { $0.split(separator: separator, omittingEmptySubsequences: false).map { String($0) } }
        var header = try #require(rows.first)
        // `# pxname,…` and `# be_id …`
        if header[0] == "#" { header.removeFirst() } else { header[0] = String(header[0].dropFirst(2)) }
        var result: [String: [String: String]] = [:]
        for row in rows.dropFirst() {
            let values = Dictionary(zip(header, row)) { first, _ in first }
            result["\(values[names.0] ?? "?")/\(values[names.1] ?? "?")"] = values
        }
        return result
    }

    private func ask(_ name: String, _ line: String) throws -> String { try UnixClient.ask("\(folder.path)/\(name).sock", line) }
}
