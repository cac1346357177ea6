import Model

/// A glob over a whole word: `*` matches any bytes, none included, `?` one byte. No other byte is special.
/// Matching backtracks to the last `*` only, so it costs at most pattern times word, both of which are bounded.
package struct Pattern: Sendable {
    /// As written; in lower case where `ignoresCase`.
    package let bytes: [UInt8]
    package let ignoresCase: Bool
    /// How many bytes are literal: of two patterns that match, the one with more is the more specific.
    package let literalCount: Int

    private static let star = UInt8(ascii: "*")
    private static let question = UInt8(ascii: "?")

    /// - Parameter ignoresCase: ASCII letters match in either case.
    package init(_ text: String, ignoresCase: Bool = false) {
        bytes = ignoresCase ? text.utf8.map(ASCII.lowercased) : Array(text.utf8)
        self.ignoresCase = ignoresCase
        literalCount = bytes.count(where: Pattern.isLiteral)
    }

    /// Whether a pattern's byte is literal.
    static func isLiteral(_ byte: UInt8) -> Bool { byte != star && byte != question }

    /// Whether it has no `*` and no `?`.
    package var isExact: Bool { literalCount == bytes.count }

    package func matches(_ word: [UInt8]) -> Bool {
        var position = 0
        var index = 0
        /// The position after the last star, and the word's byte from which it was tried.
        var retry: (position: Int, index: Int)?
        while index < word.count {
            if position < bytes.count, bytes[position] == Pattern.star {
                position += 1
                retry = (position, index)
            } else if position < bytes.count, isMatch(bytes[position], word[index]) {
                position += 1
                index += 1
            } else if let last = retry {
                position = last.position
                index = last.index + 1
                retry = (position, index)
            } else {
                return false
            }
        }
        while position < bytes.count, bytes[position] == Pattern.star { position += 1 }
        return position == bytes.count
    }

    private func isMatch(_ expected: UInt8, _ byte: UInt8) -> Bool {
        expected == Pattern.question || expected == (ignoresCase ? ASCII.lowercased(byte) : byte)
    }
}
