import Settings

/// What this instance announces, and the sites.
enum AnycastCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput
    typealias Result = AdminCommands.CommandResult

    static let all: [Command] = [
        Command(Signature("show anycast", [], "what this instance announces, and why")) { input in
            guard let report = input.host.anycast else { return .refused("This instance's site has no anycast.\n") }
            return .text(text(report))
        },
        Command(Signature("show anycast state", [], "announced, unfit or withdrawn (puppetfront anycast exabgp asks this)")) { input in
            guard let state = input.host.stateForExaBGP() else { return .refused("This instance's site has no anycast.\n") }
            return .text("\(state.rawValue)\n")
        },
        Command(
            Signature("set anycast", [.value("auto|on|off")], "on: announce whatever servers do; off: withdraw", level: .admin)
        ) { input in
            guard let override = input.words.first.flatMap(AnycastOverride.init(rawValue:)) else {
                return .refused("'set anycast' expects 'auto', 'on' or 'off'.\n")
            }
            return .perform([.setAnycast(override)])
        },
        Command(Signature("show sites", [], "each site's instances and servers")) { .text(sites($0.host.report())) },
    ]

    private static func text(_ report: AnycastReport) -> String {
        var lines = [
            "state: \(report.state.rawValue) for \(report.seconds)s", "reason: \(report.reason)", "set: \(report.override.rawValue)",
            "via: \(report.via)", "in_force: \(report.isConfirmed ? "yes" : "not confirmed")",
            "taken_for: \(report.believed?.rawValue ?? "unknown")", "hold_down: \(report.heldDown.map { "\($0)s" } ?? "-")",
            "changes: \(report.changes)",
        ]
        if let fault = report.fault { lines.append("fault: \(fault)") }
        for (pool, count) in report.usable { lines.append("pool \(pool): \(count) usable, \(report.minServers) needed") }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func sites(_ report: ServiceReport) -> String {
        let head = ["# site", "order", "instances", "instances_usable", "servers", "servers_usable", "running", "queued"]
        let rows = report.sites.map { site in
            [
                site.name, site.order.replacing(" ", with: "-"), "\(site.instances)", "\(site.usableInstances)", "\(site.servers)",
                "\(site.usableServers)", "\(site.running)", "\(site.queued)",
            ]
        }
        return AlignedTable.text(head: head, rows)
    }
}
