import Model

/// The last requests that were refused, failed or cut, with the reason.
enum StatsPageFailures {
    typealias Parts = StatsPageParts
    private static let shown = 100
    private static let headings =
        ["When", "Reason", "#Status", "Certname", "Client", "Source", "Endpoint", "Environment", "Pool", "Server", "Target", "Request"]

    static func content(_ report: ServiceReport) -> HTML {
        var rows: HTML = ""
        for failure in report.failures.prefix(shown) { rows += row(failure, now: report.process.now) }
        if report.failures.isEmpty { rows += Parts.none(headings.count, "None since the start.") }
        let counts = Reason.allCases.compactMap { reason -> String? in
            guard let count = report.refusals[reason], count > 0 else { return nil }
            return "\(reason.rawValue) \(Parts.grouped(count))"
        }
        let total: HTML = counts.isEmpty ? "" : "<p>Since the start: \(counts.joined(separator: " · "))</p>"
        return "\(total)\(Parts.table("Recent failures", headings, "<tbody>\(rows)</tbody>"))"
    }

    private static func row(_ failure: FailureReport, now: Int64) -> HTML {
        """
        <tr>\(Parts.cell(Parts.ago(failure.time, now: now)))\(Parts.cell(failure.reason.rawValue))
        \(Parts.number(failure.status.map { "\($0)" } ?? "–"))
        \(Parts.cell(failure.certname))\(Parts.cell(failure.client))\(Parts.cell(failure.source))\(Parts.cell(failure.endpoint))
        \(Parts.cell(failure.environment))\(Parts.cell(failure.pool))\(Parts.cell(failure.server))<td class="long">\(failure.target)</td>
        \(Parts.cell(failure.id))</tr>
        """
    }
}
