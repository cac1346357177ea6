import Settings

/// The `environments` table: an exact name before a glob, of globs the one with more literal characters, then the file's order.
struct EnvironmentTable: Sendable {
    /// Row numbers by name.
    private let exact: [[UInt8]: Int]
    /// Most specific first.
    private let globs: [(pattern: Pattern, row: Int)]

    init(_ rows: [EnvironmentRow]) {
        var exact: [[UInt8]: Int] = [:]
        var globs: [(pattern: Pattern, row: Int)] = []
        for (row, entry) in rows.enumerated() {
            let pattern = Pattern(entry.pattern)
            if !pattern.isExact {
                globs.append((pattern, row))
            } else if exact[pattern.bytes] == nil {
                exact[pattern.bytes] = row
            }
        }
        self.exact = exact
        self.globs = globs.sorted { ($1.pattern.literalCount, $0.row) < ($0.pattern.literalCount, $1.row) }
    }

    /// The row for an environment; nil where none matches, and for a request without one (empty).
    func row(for environment: [UInt8]) -> Int? {
        if environment.isEmpty { return nil }
        if let row = exact[environment] { return row }
        for (pattern, row) in globs where pattern.matches(environment) { return row }
        return nil
    }
}
