import StandIn
import TestKit

/// A configuration file of a scenario: two listeners (`agents` over TLS, `plain`), pools, a table of environments.
struct Configuration {
    struct Pool {
        var name = "compilers"
        /// Lines of the pool's entry, without indentation.
        var lines: [String] = []
        var servers: [String]

        init(_ name: String = "compilers", _ lines: [String] = [], servers: [String]) {
            self.name = name
            self.lines = lines
            self.servers = servers
        }
    }

    var pools: [Pool]
    var environments = ["default: compilers"]
    /// Lines at the top level.
    var lines: [String] = []
    /// Lines of the listener `agents`, and of its `tls`.
    var listenerLines: [String] = []
    var tlsLines: [String] = []
    var plainLines: [String] = []
    var hasPlainListener = true
    /// Shares of slots as left out. Else there are none: a scenario's few clients send many requests at once.
    var sharesSlots = false

    init(_ pools: Pool..., lines: [String] = []) {
        self.pools = pools
        self.lines = lines
    }

    /// One pool over these servers, as `s1`, `s2` and so on.
    static func pool(_ addresses: String..., lines: [String] = []) -> Configuration {
        let servers = addresses.enumerated().map { Configuration.server("s\($0 + 1)", $1) }
        return Configuration(Pool(servers: servers, lines))
    }

    /// An entry of a pool's servers; `rest` is more of its map.
    static func server(_ name: String, _ address: String, _ rest: String = "") -> String {
        "{ name: \(name), address: \"\(address)\"\(rest.isEmpty ? "" : ", " + rest) }"
    }

    var text: String {
        var result = allLines.map { $0 + "\n" }.joined()
        result += "listeners:\n  - name: agents\n    address: \"127.0.0.1:0\"\n"
        for line in listenerLines { result += "    \(line)\n" }
        result += "    tls:\n      certificate: { chain: proxy.pem, key: proxy.key }\n      client_ca: ca.pem\n      crl: crl.pem\n"
        for line in tlsLines { result += "      \(line)\n" }
        if hasPlainListener {
            result += "  - name: plain\n    address: \"127.0.0.2:0\"\n"
            for line in plainLines { result += "    \(line)\n" }
        }
        result += "pools:\n"
        for pool in pools {
            result += "  \(pool.name):\n"
            for line in pool.lines { result += "    \(line)\n" }
            result += "    servers:\n"
            for server in pool.servers { result += "      - \(server)\n" }
        }
        result += "environments:\n"
        for row in environments { result += "  \(row)\n" }
        return result
    }

    private var allLines: [String] {
        let limits = "limits: { "
        let shares = "unverified_share: 100%, holder_share: 100%"
        if sharesSlots { return lines }
        guard lines.contains(where: { $0.hasPrefix(limits) }) else { return lines + [limits + shares + " }"] }
        return lines.map { $0.hasPrefix(limits) ? limits + shares + ", " + $0.dropFirst(limits.count) : $0 }
    }
}

extension Configuration.Pool {
    init(servers: [String], _ lines: [String]) { self.init("compilers", lines, servers: servers) }
}
