/// The environments that agents asked for, the most used first.
enum StatsPageEnvironments {
    typealias Parts = StatsPageParts
    private static let shown = 200

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let all = report.environments
        let caption =
            all.count > shown
            ? "\(shown) of \(Parts.grouped(all.count)) environments: /metrics has all" : Parts.plural(all.count, "environment")
        let table = PageTable(
            id: "environments", caption: caption, columns: columns(view, now: report.process.now), view: view, key: \.name)
        return table.html(Array(table.sorted(all).prefix(shown)), none: "No request has named one yet.")
    }

    private static func columns(_ view: PageView, now: Int64) -> [PageColumn<EnvironmentReport>] {
        [
            PageColumn(
                "name", "Environment", order: { .text($0.name) },
                cell: { environment in
                    "<a class=\"view\" href=\"\(view.href("agents") { $0.environment = environment.name })\">\(environment.name)</a>"
                }),
            .text("pool", "Pool") { $0.pool ?? "–" },
            .count("requests", "Requests") { $0.traffic.requests },
            PageColumn("responses", "Responses", order: { .count($0.traffic.statuses[5]) }, cell: { Parts.responses($0.traffic) }),
            PageColumn(
                "rejected", "Rejected", .number, help: "Rejected by puppetfront, before or instead of a server's response",
                order: { .count($0.traffic.refused) }, cell: { Parts.fault($0.traffic.refused) }),
            PageColumn(
                "errors", "Errors", .number, help: "No connection; a broken, late or cut response", order: { .count(errors($0)) },
                cell: { Parts.fault(errors($0)) }),
            PageColumn(
                "mean", "Mean", .number, order: { .count(Parts.mean($0.traffic)) }, cell: { "\(Parts.duration(Parts.mean($0.traffic)))" }),
            PageColumn(
                "last", "Last request", .number, order: { .count($0.traffic.lastRequest) },
                cell: { Parts.ago($0.traffic.lastRequest == 0 ? nil : $0.traffic.lastRequest, now: now) }),
        ]
    }

    private static func errors(_ environment: EnvironmentReport) -> UInt64 {
        environment.traffic.connectErrors + environment.traffic.responseErrors + environment.traffic.serverAborts
    }
}
