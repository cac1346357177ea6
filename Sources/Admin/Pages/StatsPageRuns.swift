/// Each certname's last run, the youngest first, as far as the filters show it.
enum StatsPageRuns {
    typealias Parts = StatsPageParts
    private static let shown = 100

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let found = report.certnames.filter { isShown($0, view) }
        let table = PageTable(
            id: "runs", caption: caption(found.count, of: report.certnames.count), columns: columns(view, now: report.process.now),
            view: view,
            key: \.certname, order: .init(column: "request", isDescending: true))
        let none = report.certnames.isEmpty ? "No agent with a certificate has sent a request yet." : "No agent that the filter shows."
        return table.html(Array(table.sorted(found).prefix(shown)), none: none)
    }

    static func hasFailed(_ run: CertnameReport) -> Bool { run.status == 0 || run.status >= 400 || run.reason != nil }

    private static func isShown(_ run: CertnameReport, _ view: PageView) -> Bool {
        view.shows(certname: run.certname) && view.shows(environment: run.environment) && view.shows(pool: run.pool)
            && (!view.failedOnly || hasFailed(run)) && (view.slow == 0 || run.catalogMilliseconds ?? 0 >= view.slow)
    }

    private static func caption(_ found: Int, of all: Int) -> String {
        let which = found == all ? Parts.plural(all, "agent") : "\(Parts.grouped(found)) of \(Parts.plural(all, "agent"))"
        return found > shown ? "\(which); \(shown) are shown" : which
    }

    private static func columns(_ view: PageView, now: Int64) -> [PageColumn<CertnameReport>] {
        [
            PageColumn("certname", "Agent", order: { .text($0.certname) }, cell: { link($0.certname, view) }),
            .text("environment", "Environment") { $0.environment },
            .text("pool", "Pool") { $0.pool },
            .text("server", "Server") { $0.server },
            PageColumn(
                "status", "Status", .number, help: "Of the last catalog, else of the last request", order: { .count(Int64($0.status)) },
                cell: { "\(Parts.status($0.status, hasFailed: hasFailed($0)))\($0.reason.map { Parts.small("\($0.rawValue)") } ?? "")" }),
            PageColumn(
                "took", "Took", .number, help: "The last catalog, the queue included", order: { .count($0.catalogMilliseconds) },
                cell: { "\(Parts.duration($0.catalogMilliseconds))" }),
            PageColumn(
                "catalog", "Last catalog", .number, order: { .count($0.lastCatalog) }, cell: { Parts.ago($0.lastCatalog, now: now) }),
            PageColumn("report", "Last report", .number, order: { .count($0.lastReport) }, cell: { Parts.ago($0.lastReport, now: now) }),
            PageColumn(
                "request", "Last request", .number, order: { .count($0.lastRequest) }, cell: { Parts.ago($0.lastRequest, now: now) }),
            .count("requests", "Requests") { $0.requests },
            .text("version", "Version", help: "Of the Puppet agent") { $0.agentVersion },
        ]
    }

    /// Opens the agent's last runs, or closes them.
    private static func link(_ certname: String, _ view: PageView) -> HTML {
        let isOpen = certname == view.agent
        let address = view.href(isOpen ? "runs" : "agent") { $0.agent = isOpen ? "" : certname }
        return "<a class=\"view\" href=\"\(address)\"\(isOpen ? " aria-current=\"true\"" as HTML : "")>\(certname)</a>"
    }

    /// Who a request is for, and whose certificate asked where that is another.
    static func agent(_ certname: String, client: String) -> HTML {
        if certname.isEmpty { return client.isEmpty ? "<span class=\"none\">no certificate</span>" : "\(client)" }
        return client == certname ? "\(certname)" : "\(certname)\(Parts.small(client.isEmpty ? "no certificate" : "by \(client)"))"
    }
}
