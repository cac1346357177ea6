/// The globs of a condition: one of them has to match. Knows them as written, for the condition's words.
struct GlobList: Sendable {
    let words: [String]
    private let patterns: [Pattern]

    /// - Parameter ignoresCase: ASCII letters match in either case.
    init(_ globs: [String], ignoresCase: Bool = false) {
        words = globs
        patterns = globs.map { Pattern($0, ignoresCase: ignoresCase) }
    }

    func matches(_ word: [UInt8]) -> Bool {
        for pattern in patterns where pattern.matches(word) { return true }
        return false
    }
}
