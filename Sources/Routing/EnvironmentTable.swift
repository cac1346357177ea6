import Settings

/// The `environments` table: an exact name before a glob, of globs the one with more literal characters, then the file's order.
struct EnvironmentTable: Sendable {
    /// Row numbers by name.
    private let exact: [[UInt8]: Int]
    /// Most specific first.
    private let globs: [(pattern: Pattern, row: Int)]
    /// Of each glob: most are passed over by this alone.
    private let pairs: [PairSet]

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
        pairs = self.globs.map { PairSet($0.pattern) }
    }

    /// The row for an environment; nil where none matches, and for a request without one (empty).
    func row(for environment: [UInt8]) -> Int? {
        if environment.isEmpty { return nil }
        if let row = exact[environment] { return row }
        if globs.isEmpty { return nil }
        let word = PairSet(environment)
        for index in pairs.indices where pairs[index].isSubset(of: word) && globs[index].pattern.matches(environment) {
            return globs[index].row
        }
        return nil
    }
}
