/// Which bytes of a word are neighbours, roughly? Each pair of neighbours, and each end with its byte, sets one of 128 bits. A word whose
/// set lacks a bit of a pattern's set cannot match the pattern, whatever its stars match; one that has them all may or may not.
/// A word of 40 bytes sets about 35 bits, so nearly every pattern that does not match is recognised by this alone.
struct PairSet: Sendable, Equatable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// What is before and after a word. Words that have this byte only set a bit more.
    private static let end: UInt8 = 0

    init() {}

    init(_ word: [UInt8]) { insert(word) }

    /// Of what every word has that matches.
    init(_ pattern: Pattern) {
        var before: UInt8? = PairSet.end
        for byte in pattern.bytes {
            let literal = Pattern.isLiteral(byte) ? byte : nil
            if let before, let literal { insert(before, literal) }
            before = literal
        }
        if let before { insert(before, PairSet.end) }
    }

    /// Adds another word's: the set is then that of both.
    mutating func insert(_ word: [UInt8]) {
        var before = PairSet.end
        for byte in word {
            insert(before, byte)
            before = byte
        }
        insert(before, PairSet.end)
    }

    @inline(__always) func isSubset(of other: PairSet) -> Bool { low & ~other.low | high & ~other.high == 0 }

    private mutating func insert(_ left: UInt8, _ right: UInt8) {
        // Multiplied by 2^16 over the golden ratio, the upper 7 bits.
        let bit = ((UInt16(left) << 8 | UInt16(right)) &* 40_503) >> 9
        if bit < 64 { low |= 1 << UInt64(bit) } else { high |= 1 << UInt64(bit - 64) }
    }
}
