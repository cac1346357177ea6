/// The rules that choose a pool, in the order in which they are tried.
enum StatsPageRoutes {
    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let table = PageTable(
            id: "routes", caption: "In the order in which they are tried",
            columns: [
                PageColumn<RouteReport>.text("name", "Route") { $0.name }, .text("conditions", "Conditions") { $0.conditions },
                .text("pool", "Pool") { $0.pool }, .count("requests", "Requests") { $0.requests },
            ], view: view)
        return table.html(table.sorted(report.routes), none: "There is no route.")
    }
}
