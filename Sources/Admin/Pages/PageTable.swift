/// What a row is ordered by.
enum SortValue: Comparable {
    case number(Double)
    case text(String)

    static func count(_ value: some BinaryInteger) -> SortValue { .number(Double(value)) }
    /// Rows without a value come first in ascending order.
    static func count(_ value: Int64?) -> SortValue { .number(value.map(Double.init) ?? -1) }
}

/// One column of a table: its heading and what each row has there.
struct PageColumn<Row> {
    enum Kind { case text, number }

    /// In the address.
    let key: String
    let title: String
    let kind: Kind
    /// What the title means, where it does not say so itself.
    let help: String
    /// nil: the table cannot be sorted by it.
    let order: ((Row) -> SortValue)?
    let cell: (Row) -> HTML

    init(
        _ key: String, _ title: String, _ kind: Kind = .text, help: String = "", order: ((Row) -> SortValue)?, cell: @escaping (Row) -> HTML
    ) {
        (self.key, self.title, self.kind, self.help, self.order, self.cell) = (key, title, kind, help, order, cell)
    }

    /// Text that is its own order.
    static func text(_ key: String, _ title: String, help: String = "", _ value: @escaping (Row) -> String) -> PageColumn {
        PageColumn(key, title, help: help, order: { .text(value($0)) }, cell: { "\(value($0))" })
    }

    /// A count, in groups of three digits.
    static func count(_ key: String, _ title: String, help: String = "", _ value: @escaping (Row) -> UInt64) -> PageColumn {
        PageColumn(key, title, .number, help: help, order: { .count(value($0)) }, cell: { "\(StatsPageParts.grouped(value($0)))" })
    }
}

/// A table of the page: headings that sort it, groups of rows, totals. The first column is each row's heading.
struct PageTable<Row> {
    struct Group {
        /// Above the rows; empty: none.
        var heading = ""
        var rows: [Row]
    }

    /// Its name in the address and its class; widths of columns go by it.
    let id: String
    let caption: String
    let columns: [PageColumn<Row>]
    let view: PageView
    /// What stays the same of a row while the page is renewed.
    var key: ((Row) -> String)?
    /// The order where the address names none; nil: as the rows come.
    var order: PageView.Sort?

    /// A column that the address names and that is not there counts as none.
    private var sort: PageView.Sort? {
        guard let wanted = view.sort(of: id), columns.contains(where: { $0.key == wanted.column && $0.order != nil }) else { return order }
        return wanted
    }

    /// In the order that the address asks for; rows that are alike stay in theirs.
    func sorted(_ rows: [Row]) -> [Row] {
        guard let sort, let value = columns.first(where: { $0.key == sort.column })?.order else { return rows }
        let keyed = rows.enumerated().map { (place: $0.offset, value: value($0.element), row: $0.element) }
        return keyed.sorted { left, right in
            if left.value == right.value { return left.place < right.place }
            return sort.isDescending ? left.value > right.value : left.value < right.value
        }.map(\.row)
    }

    /// - Parameters:
    ///   - rows: sorted already, or in the order that is theirs
    ///   - none: what is said where there are none
    func html(_ rows: [Row], none: String) -> HTML { html([Group(rows: rows)], none: none) }

    /// - Parameter totals: the cells of a last row, one for each column
    func html(_ groups: [Group], totals: [HTML] = [], none: String = "") -> HTML {
        var body: HTML = ""
        for group in groups {
            let heading: HTML =
                group.heading.isEmpty
                ? "" : "<tr class=\"group\"><th colspan=\"\(columns.count)\" scope=\"rowgroup\">\(group.heading)</th></tr>\n"
            var rows: HTML = ""
            for row in group.rows { rows += self.row(row) }
            if group.rows.isEmpty { rows += "<tr><td colspan=\"\(columns.count)\" class=\"none\">\(none)</td></tr>\n" }
            body += "<tbody>\(heading)\(rows)</tbody>\n"
        }
        return """
            <div class="wide" tabindex="0" role="group" aria-label="\(caption)"><table class="\(id)">
            <caption>\(caption)</caption>
            <thead><tr>\(headings)</tr></thead>
            \(body)\(footer(totals))</table></div>
            """
    }

    private var headings: HTML {
        var result: HTML = ""
        for column in columns {
            let isCurrent = sort?.column == column.key && column.order != nil
            let direction: HTML = isCurrent ? " aria-sort=\"\(sort?.isDescending == true ? "descending" : "ascending")\"" : ""
            let help: HTML = column.help.isEmpty ? "" : " title=\"\(column.help)\""
            result += "<th scope=\"col\"\(Self.numeric(column))\(direction)\(help)>\(title(column, isCurrent))</th>"
        }
        return result
    }

    /// A link to the same page in this column's order: numbers begin with the greatest, text with the first; a second time the reverse.
    private func title(_ column: PageColumn<Row>, _ isCurrent: Bool) -> HTML {
        guard column.order != nil else { return "\(column.title)" }
        let isDescending = isCurrent ? sort?.isDescending == false : column.kind == .number
        let section = id == "servers" ? "pools" : id
        let address = view.href(section) { $0.sort(id, by: .init(column: column.key, isDescending: isDescending)) }
        return "<a class=\"view sort\" href=\"\(address)\">\(column.title)</a>"
    }

    private func row(_ row: Row) -> HTML {
        var cells: HTML = ""
        for (index, column) in columns.enumerated() {
            cells +=
                index == 0
                ? "<th scope=\"row\">\(column.cell(row))</th>" : "<td\(Self.numeric(column))>\(column.cell(row))</td>"
        }
        return "<tr\(key.map { " data-key=\"\($0(row))\"" as HTML } ?? "")>\(cells)</tr>\n"
    }

    private func footer(_ totals: [HTML]) -> HTML {
        guard !totals.isEmpty else { return "" }
        var cells: HTML = ""
        for (index, total) in totals.enumerated() {
            cells += index == 0 ? "<th scope=\"row\">\(total)</th>" : "<td\(Self.numeric(columns[index]))>\(total)</td>"
        }
        return "<tfoot><tr>\(cells)</tr></tfoot>\n"
    }

    private static func numeric(_ column: PageColumn<Row>) -> HTML { column.kind == .number ? " class=\"n\"" : "" }
}
