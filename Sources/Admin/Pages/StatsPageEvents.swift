/// What changed: health, ejections, operators, reloads; the youngest first.
enum StatsPageEvents {
    private static let shown = 100

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let columns: [PageColumn<EventReport>] = [
            PageColumn("when", "When", order: nil, cell: { StatsPageParts.moment($0.time) }),
            PageColumn("what", "What", order: nil, cell: { "<span class=\"long\">\($0.text)</span>" }),
        ]
        return PageTable(id: "events", caption: "The youngest first", columns: columns, view: view)
            .html(Array(report.events.prefix(shown)), none: "Nothing has changed since the start.")
    }
}
