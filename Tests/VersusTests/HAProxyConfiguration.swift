/// A scenario as HAProxy's configuration: TCP mode, the tests of queues among the `use_backend` lines, keep-alive to the servers.
enum HAProxyConfiguration {
    static func text(_ scenario: Scenario, addresses: [String: String], listener: String, runtime: String) -> String {
        var lines = [
            "global",
            "    maxconn 2000",
            "    stats socket ipv4@\(runtime) level user",
            "defaults",
            "    mode tcp",
            "    option srvtcpka",
            "    timeout connect 5s",
            "    timeout client 1000s",
            "    timeout server 1000s",
            "    timeout check 10s",
            "frontend agents",
            "    bind \(listener)",
        ]
        for rule in scenario.rules { lines += useBackend(rule, scenario) }
        lines += useBackend(scenario.pools[0].name, if: [], scenario)
        for pool in scenario.pools { lines += backend(pool, addresses) }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func useBackend(_ rule: Scenario.Rule, _ scenario: Scenario) -> [String] {
        switch rule {
        case .crowded(let pool, let limit, let target): useBackend(target, if: ["avg_queue(\(pool)) gt \(limit)"], scenario)
        case .source(let addresses, let target): useBackend(target, if: ["src \(addresses.joined(separator: " "))"], scenario)
        }
    }

    /// A pool that overflows has the lines of the next one before its own, as long as that has a server: where it is crowded, and where
    /// it has no server itself.
    private static func useBackend(_ name: String, if conditions: [String], _ scenario: Scenario) -> [String] {
        var lines: [String] = []
        if let overflow = scenario.pools.first(where: { $0.name == name })?.overflow {
            for reason in ["avg_queue(\(name)) gt \(overflow.above)", "nbsrv(\(name)) eq 0"] {
                lines += useBackend(overflow.to, if: conditions + [reason, "nbsrv(\(overflow.to)) gt 0"], scenario)
            }
        }
        let test = conditions.map { "{ \($0) }" }.joined(separator: " ")
        return lines + [conditions.isEmpty ? "    default_backend \(name)" : "    use_backend \(name) if \(test)"]
    }

    private static func backend(_ pool: Scenario.Pool, _ addresses: [String: String]) -> [String] {
        var lines = [
            "backend \(pool.name)",
            "    balance \(pool.balance.haproxy)",
            "    timeout queue \(pool.queueTimeout)ms",
            "    option httpchk GET /status/v1/simple",
            "    http-check expect string running",
            "    default-server check inter 250ms fastinter 50ms downinter 50ms rise 2 fall 3",
        ]
        if pool.usesAllBackups { lines.append("    option allbackups") }
        for server in pool.servers {
            var line = "    server \(server.name) \(addresses[server.name, default: ""]) weight \(server.weight)"
            if let maxconn = server.maxconn { line += " maxconn \(maxconn)" }
            if server.isBackup { line += " backup" }
            lines.append(line)
        }
        return lines
    }
}
