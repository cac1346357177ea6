/// The last ten runs of the agent that the address names.
enum StatsPageAgent {
    typealias Parts = StatsPageParts

    /// - Parameter runs: the youngest first
    static func content(_ runs: [AgentRun], _ report: ServiceReport, _ view: PageView) -> HTML {
        let known = report.certnames.first { $0.certname == view.agent }
        let table = PageTable(
            id: "history", caption: "The last runs of \(view.agent)", columns: columns(now: report.process.now), view: view,
            key: { "\($0.endedAt)" })
        return """
            <section id="agent" class="panel">
            <h3>\(view.agent) <a class="view" href="\(view.href("runs") { $0.agent = "" })">Close</a></h3>
            <p class="facts">\(facts(known))</p>
            \(table.html(runs, none: "No run of this agent is known."))
            </section>
            """
    }

    private static func facts(_ run: CertnameReport?) -> String {
        guard let run else { return "No request with a certificate of that name since the start." }
        var facts = [Parts.plural(run.requests, "request")]
        if !run.agentVersion.isEmpty { facts.append("Puppet \(run.agentVersion)") }
        if !run.transaction.isEmpty { facts.append("last transaction \(run.transaction)") }
        return facts.joined(separator: " · ")
    }

    private static func columns(now: Int64) -> [PageColumn<AgentRun>] {
        [
            PageColumn(
                "when", "When", order: nil, cell: { "\(Parts.ago($0.time, now: now))\(Parts.small("\(Timestamps.text($0.time))"))" }),
            PageColumn("environment", "Environment", order: nil, cell: { "\($0.environment)" }),
            PageColumn("server", "Server", order: nil, cell: { server($0) }),
            PageColumn("catalog", "Catalog", order: nil, cell: { outcome($0.catalog, none: "not asked for") }),
            PageColumn("took", "Took", .number, help: "The catalog, the queue included", order: nil) {
                "\(Parts.duration($0.catalog?.milliseconds))"
            },
            PageColumn("queued", "Queued", .number, order: nil, cell: { "\(Parts.duration($0.catalog?.queueMilliseconds))" }),
            PageColumn("report", "Report", order: nil, cell: { outcome($0.report, none: "none yet") }),
            PageColumn("others", "Other failures", help: "Failed requests for facts, plugins and files", order: nil, cell: { others($0) }),
        ]
    }

    private static func server(_ run: AgentRun) -> HTML {
        guard let outcome = run.catalog ?? run.firstFailure ?? run.report else { return "–" }
        return "\(outcome.server.isEmpty ? "–" : outcome.server)\(Parts.small("\(outcome.pool)"))"
    }

    private static func outcome(_ outcome: AgentRun.Outcome?, none: String) -> HTML {
        guard let outcome else { return "<span class=\"none\">\(none)</span>" }
        let status = outcome.status == 0 ? "no response" : "\(outcome.status)"
        let reason: HTML = outcome.reason.map { " \($0.rawValue)" } ?? ""
        let text: HTML = outcome.text.isEmpty ? "" : Parts.small("\(outcome.text)")
        return "\(Parts.badge(outcome.hasFailed ? .bad : .good, status))\(reason)\(text)"
    }

    private static func others(_ run: AgentRun) -> HTML {
        guard run.otherFailures > 0, let first = run.firstFailure else { return "–" }
        let status = first.status == 0 ? "no response" : "\(first.status)"
        return
            "<span class=\"hot\">\(Parts.grouped(run.otherFailures))</span> first: \(first.endpoint) \(status) \(first.reason?.rawValue ?? "")\(first.text.isEmpty ? "" : Parts.small("\(first.text)"))"
    }
}
