/// What the log told of changes: health, ejections, operators, reloads.
enum StatsPageEvents {
    typealias Parts = StatsPageParts
    private static let shown = 100

    static func content(_ report: ServiceReport) -> HTML {
        var rows: HTML = ""
        for event in report.events.prefix(shown) {
            rows += "<tr>\(Parts.cell(Parts.moment(event.time)))<td class=\"long\">\(event.text)</td></tr>\n"
        }
        if report.events.isEmpty { rows += Parts.none(2, "Nothing has changed since the start.") }
        return Parts.table("The youngest first", ["When", "What"], "<tbody>\(rows)</tbody>")
    }
}
