/// The environments that agents asked for, the most used first, and the routes that chose a pool for them.
enum StatsPageEnvironments {
    typealias Parts = StatsPageParts
    private static let shown = 200

    static func content(_ report: ServiceReport) -> HTML {
        let headings = ["Environment", "Pool", "#Requests", "#Refused", "#Broken"] + Parts.statusHeadings + ["#Mean", "Last request"]
        var rows: HTML = ""
        for environment in report.environments.prefix(shown) { rows += row(environment, now: report.process.now) }
        if report.environments.isEmpty { rows += Parts.none(headings.count, "No request has named one yet.") }
        let hidden = report.environments.count - shown
        if hidden > 0 { rows += Parts.none(headings.count, "\(hidden) more: see /metrics") }
        let table = Parts.table("Environments", headings, "<tbody>\(rows)</tbody>")
        return "\(table)\(routes(report))"
    }

    private static func row(_ environment: EnvironmentReport, now: Int64) -> HTML {
        let traffic = environment.traffic
        return """
            <tr>\(Parts.name(environment.name))\(Parts.cell(environment.pool ?? "–"))\(Parts.number(traffic.requests))\(Parts.fault(traffic.refused))
            \(Parts.fault(traffic.connectErrors + traffic.responseErrors + traffic.serverAborts))
            \(Parts.statuses(traffic))\(Parts.number(Parts.mean(traffic)))
            \(Parts.cell(traffic.lastRequest == 0 ? "–" : Parts.ago(traffic.lastRequest, now: now)))</tr>
            """
    }

    private static func routes(_ report: ServiceReport) -> HTML {
        var rows: HTML = ""
        for route in report.routes {
            rows += """
                <tr>\(Parts.name(route.name))\(Parts.cell(route.conditions))\(Parts.cell(route.pool))\(Parts.number(route.requests))</tr>
                """
        }
        return Parts.table("Routes, in the order they are tried", ["Route", "Asks", "Pool", "#Requests"], "<tbody>\(rows)</tbody>")
    }
}
