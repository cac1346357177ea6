import Model

/// The last requests that were rejected, failed or cut, with the reason.
enum StatsPageFailures {
    typealias Parts = StatsPageParts
    private static let shown = 100

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let found = report.failures.filter { isShown($0, view) }
        let table = PageTable(
            id: "failures", caption: caption(found.count, of: report.failures.count), columns: columns(now: report.process.now), view: view,
            key: { $0.id.isEmpty ? "\($0.time)/\($0.source)" : $0.id })
        let none = report.failures.isEmpty ? "None since the start." : "No failure that the filter shows."
        return "\(totals(report))\(table.html(Array(table.sorted(found).prefix(shown)), none: none))"
    }

    private static func isShown(_ failure: FailureReport, _ view: PageView) -> Bool {
        view.shows(certname: failure.certname.isEmpty ? failure.client : failure.certname) && view.shows(environment: failure.environment)
            && view.shows(pool: failure.pool)
    }

    private static func caption(_ found: Int, of all: Int) -> String {
        found == all ? "The last \(Parts.grouped(all))" : "\(Parts.grouped(found)) of the last \(Parts.grouped(all))"
    }

    private static func totals(_ report: ServiceReport) -> HTML {
        let requests = line("Requests", Reason.allCases.map { ($0.rawValue, report.refusals[$0] ?? 0) })
        let handshakes = line("Refused handshakes", HandshakeRefusal.allCases.map { ($0.rawValue, report.handshakeRefusals[$0] ?? 0) })
        return "\(requests)\(handshakes)"
    }

    /// Those that occurred; nothing where none did.
    private static func line(_ name: String, _ counts: [(word: String, count: UInt64)]) -> HTML {
        let found = counts.filter { $0.count > 0 }.map { "\($0.word) \(Parts.grouped($0.count))" }
        return found.isEmpty ? "" : "<p class=\"facts\">\(name) since the start: \(found.joined(separator: " · "))</p>"
    }

    /// What exactly was wrong, or the server's own words.
    private static func cause(_ failure: FailureReport) -> HTML {
        let serial: HTML = failure.serial.isEmpty ? "" : Parts.small("serial \(failure.serial)")
        let text: HTML = failure.errorText.isEmpty ? "" : Parts.small("\(Parts.clipped(failure.errorText))")
        return "\(Parts.clipped(failure.cause))\(text)\(serial)"
    }

    private static func columns(now: Int64) -> [PageColumn<FailureReport>] {
        [
            PageColumn("when", "When", .number, order: { .count($0.time) }, cell: { Parts.ago($0.time, now: now) }),
            .text("reason", "Reason") { $0.reason.rawValue },
            PageColumn(
                "status", "Status", .number, order: { .count(Int64($0.status ?? 0)) }, cell: { "\($0.status.map { "\($0)" } ?? "none")" }),
            PageColumn(
                "certname", "Agent", order: { .text($0.certname.isEmpty ? $0.client : $0.certname) },
                cell: { StatsPageRuns.agent($0.certname, client: $0.client) }),
            PageColumn(
                "cause", "Cause", order: { .text($0.cause.isEmpty ? $0.errorText : $0.cause) }, cell: cause),
            .text("source", "Source") { $0.source },
            .text("endpoint", "Endpoint") { $0.endpoint },
            .text("environment", "Environment") { $0.environment },
            PageColumn(
                "pool", "Pool", order: { .text($0.pool) }, cell: { "\($0.pool)\($0.server.isEmpty ? "" : Parts.small("\($0.server)"))" }),
            PageColumn(
                "target", "Target", order: { .text($0.target) },
                cell: { "\(Parts.clipped($0.target))\(Parts.small("\($0.id)"))" }),
        ]
    }
}
