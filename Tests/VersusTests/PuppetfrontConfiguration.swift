/// A scenario as puppetfront's configuration.
enum PuppetfrontConfiguration {
    static func text(_ scenario: Scenario, addresses: [String: String]) -> String {
        var lines = [
            "listeners:",
            "  - { name: agents, address: \"127.0.0.1:0\" }",
            "timeouts: { client: 1000s }",
            "defaults:",
            "  pool:",
            "    identity: none",
            "    panic: 0%",
            "    timeouts: { connect: 5s, response: 1000s }",
            "    check:",
            "      { request: \"GET /status/v1/simple\", expect: { body: running }, inter: 250ms, fastinter: 50ms, downinter: 50ms,",
            "        timeout: 10s, rise: 2, fall: 3 }",
            "pools:",
        ]
        for pool in scenario.pools { lines += entry(pool, addresses) }
        if !scenario.rules.isEmpty { lines.append("routes:") }
        for (number, rule) in scenario.rules.enumerated() { lines.append("  - \(route(rule, name: "rule\(number)"))") }
        lines.append("environments: { default: \(scenario.pools[0].name) }")
        return lines.map { $0 + "\n" }.joined()
    }

    private static func route(_ rule: Scenario.Rule, name: String) -> String {
        switch rule {
        case .crowded(let pool, let limit, let target):
            "{ name: \(name), when: { avg_queue: { \(pool): \(limit) } }, pool: \(target) }"
        case .source(let addresses, let target):
            "{ name: \(name), when: { source: [\(addresses.joined(separator: ", "))] }, pool: \(target) }"
        }
    }

    private static func entry(_ pool: Scenario.Pool, _ addresses: [String: String]) -> [String] {
        var lines = [
            "  \(pool.name):",
            "    balance: \(pool.balance.puppetfront)",
            "    backups: \(pool.usesAllBackups ? "all" : "first")",
            "    queue: { timeout: \(pool.queueTimeout)ms }",
        ]
        if let overflow = pool.overflow { lines.append("    overflow: { to: \(overflow.to), when: avg_queue > \(overflow.above) }") }
        lines.append("    servers:")
        for server in pool.servers {
            var line = "      - { name: \(server.name), address: \"\(addresses[server.name, default: ""])\", weight: \(server.weight)"
            if let maxconn = server.maxconn { line += ", maxconn: \(maxconn)" }
            if server.isBackup { line += ", backup: true" }
            lines.append(line + " }")
        }
        return lines
    }
}
