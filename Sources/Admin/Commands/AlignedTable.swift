/// A table of words for people and for awk: columns are padded to the widest word, and separated by blanks. Words have none (`asWord`).
enum AlignedTable {
    /// - Parameter head: the first column's with `# ` before it
    static func text(head: [String], _ rows: [[String]]) -> String {
        var widths = head.map(\.count)
        for row in rows { for (column, word) in row.enumerated() { widths[column] = max(widths[column], word.count) } }
        return ([head] + rows).map { row in
            row.enumerated().map { column, word in
                column == row.count - 1 ? word : word + String(repeating: " ", count: widths[column] - word.count)
            }.joined(separator: " ") + "\n"
        }.joined()
    }
}
