/// The requests that run or are queued now, the oldest first.
enum StatsPageRequests {
    typealias Parts = StatsPageParts
    private static let shown = 100

    /// - Parameter sessions: nil: the workers did not say in time
    static func content(_ report: ServiceReport, _ sessions: SessionList?, _ view: PageView) -> HTML {
        guard let sessions else { return "<p class=\"none\">The workers are too busy to list their requests.</p>" }
        let found = sessions.sessions.filter { isShown($0, view) }
        let table = PageTable(
            id: "requests", caption: caption(found, sessions, view), columns: columns, view: view,
            key: { "\($0.id)/\($0.requestID)" }, order: .init(column: "age", isDescending: true))
        let none = view.hasFilter ? "No request that the filter shows." : "No request at the moment."
        return table.html(Array(table.sorted(found).prefix(shown)), none: none)
    }

    private static func isShown(_ session: SessionReport, _ view: PageView) -> Bool {
        view.shows(certname: session.certname.isEmpty ? session.client : session.certname) && view.shows(environment: session.environment)
            && view.shows(pool: session.pool) && session.requestMilliseconds >= view.slow && !session.requestID.isEmpty
    }

    private static func caption(_ found: [SessionReport], _ sessions: SessionList, _ view: PageView) -> String {
        let queued = found.count { $0.state == .queued }
        let omitted = sessions.omitted > 0 ? "; \(Parts.grouped(sessions.omitted)) younger ones are not listed" : ""
        let cut = found.count > shown ? "; \(shown) are shown" : ""
        return
            "\(Parts.grouped(found.count - queued)) running, \(Parts.grouped(queued)) queued\(view.hasFilter ? ", filtered" : "")\(cut)\(omitted)"
    }

    private static var columns: [PageColumn<SessionReport>] {
        [
            PageColumn(
                "certname", "Agent", order: { .text($0.certname.isEmpty ? $0.client : $0.certname) },
                cell: { StatsPageRuns.agent($0.certname, client: $0.client) }),
            PageColumn("state", "State", order: { .text($0.state.rawValue) }, cell: { state($0) }),
            PageColumn(
                "age", "Age", .number, help: "Since the request's first byte", order: { .count($0.requestMilliseconds) },
                cell: { "\(Parts.duration($0.requestMilliseconds))" }),
            .text("endpoint", "Endpoint") { $0.endpoint },
            .text("environment", "Environment") { $0.environment },
            .text("pool", "Pool") { $0.pool },
            PageColumn(
                "server", "Server", order: { .text($0.server) },
                cell: {
                    "\($0.server.isEmpty ? "–" : $0.server)\($0.retries > 0 ? Parts.small("\($0.retries == 1 ? "1 retry" : "\($0.retries) retries")") : "")"
                }),
            .text("source", "Source") { $0.source },
            PageColumn(
                "target", "Target", order: { .text($0.target) },
                cell: { "\(Parts.clipped("\($0.method) \($0.target)"))\(Parts.small("\($0.requestID)"))" }),
        ]
    }

    private static func state(_ session: SessionReport) -> HTML {
        switch session.state {
        case .queued: Parts.badge(.warning, "queued")
        case .reading: Parts.badge(.off, "receiving")
        case .connecting: Parts.badge(.off, "connecting")
        case .running: Parts.badge(.good, "running")
        case .responding: Parts.badge(.good, "responding")
        case .handshake, .idle, .closing: Parts.badge(.off, session.state.rawValue)
        }
    }
}
