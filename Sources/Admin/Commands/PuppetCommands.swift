/// Puppetfront's own commands: routes, environments, agents and where a request would go.
enum PuppetCommands {
    typealias Command = AdminCommands.Command
    typealias Signature = AdminCommands.Signature
    typealias Input = AdminCommands.CommandInput

    static let all: [Command] = [
        Command(Signature("show routes", [], "rules in the order they are tried")) { input in
            .text(input.host.report().routes.map { "\($0.name) -> \($0.pool) requests=\($0.requests) \($0.conditions)\n" }.joined())
        },
        Command(Signature("show environments", [], "requests by environment")) { .text(environments($0.host.report())) },
        Command(Signature("show certnames", [.optional([.value("glob")])], "each agent's last run")) { input in
            .text(certnames(input.host.report(), glob: input.words.first))
        },
        Command(
            Signature(
                "explain",
                [
                    .rest(
                        "<method> <path> [--certname <name>] [--source <ip>] [--trusted <key>=<value>]… [--listener <name>] "
                            + "[--server-name <name>] [--agent-version <version>]")
                ],
                "which rule takes a request where")
        ) { input in
            guard !input.words.isEmpty else {
                return .refused(
                    "usage: explain METHOD PATH [--certname NAME] [--source ADDRESS] [--trusted KEY=VALUE]… [--listener NAME] "
                        + "[--server-name NAME] [--agent-version VERSION]\n")
            }
            return .reply(input.host.explain(input.words))
        },
    ]

    private static func environments(_ report: ServiceReport) -> String {
        "# name pool requests 2xx 3xx 4xx 5xx failed\n"
            + report.environments.map { environment in
                let traffic = environment.traffic
                let failed = traffic.refused + traffic.connectErrors + traffic.responseErrors + traffic.serverAborts
                return "\(environment.name) \((environment.pool ?? "").asWord) \(traffic.requests) \(traffic.statuses[2]) "
                    + "\(traffic.statuses[3]) \(traffic.statuses[4]) \(traffic.statuses[5]) \(failed)\n"
            }.joined()
    }

    private static func certnames(_ report: ServiceReport, glob: String?) -> String {
        let head = [
            "# certname", "last_request", "last_catalog", "catalog_ms", "status", "environment", "pool", "server", "last_report",
            "requests", "agent", "transaction",
        ]
        let found = report.certnames.filter { run in glob.map { Glob.matches(run.certname, $0) } ?? true }
        let rows = found.map { run in
            [
                run.certname.asWord, Timestamps.text(run.lastRequest), run.lastCatalog.map(Timestamps.text) ?? "-",
                run.catalogMilliseconds.map(String.init) ?? "-", "\(run.status)", run.environment.asWord, run.pool.asWord,
                run.server.asWord, run.lastReport.map(Timestamps.text) ?? "-", "\(run.requests)", run.agentVersion.asWord,
                run.transaction.asWord,
            ]
        }
        return AlignedTable.text(head: head, rows)
    }
}
