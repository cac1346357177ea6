/// Reads application/x-www-form-urlencoded bytes that grow: each call is given all bytes so far, from the start, and goes on where the
/// last one ended, so that a body in many small pieces costs as much as one in a single piece.
struct FormBody: Sendable {
    private(set) var fields = FormFields()
    /// Where the pair that is not yet ended begins.
    private var pairStart = 0
    /// Up to here there is no `&` since `pairStart`.
    private var scanned = 0
    private var isEnded = false

    mutating func reset() {
        fields.reset()
        pairStart = 0
        scanned = 0
        isEnded = false
    }

    /// Takes the pairs that have ended. With `isWhole` the last one has, too.
    mutating func scan(_ bytes: borrowing Span<UInt8>, _ end: Int, isWhole: Bool) {
        guard !isEnded else { return }
        while let ampersand = FormBody.ampersand(bytes, scanned..<end) {
            take(bytes, ampersand)
            pairStart = ampersand + 1
            scanned = pairStart
        }
        scanned = max(scanned, end)
        guard isWhole else { return }
        take(bytes, end)
        isEnded = true
    }

    private mutating func take(_ bytes: borrowing Span<UInt8>, _ end: Int) {
        if pairStart < end { fields.take(bytes, pairStart..<end) }
    }

    /// The first `&` in the range. Facts are one value of hundreds of kilobytes: eight bytes at a time.
    private static func ampersand(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        let raw = bytes.bytes
        while range.upperBound - index >= 8 {
            let word = raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) ^ 0x2626_2626_2626_2626
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        while index < range.upperBound {
            if bytes[index] == UInt8(ascii: "&") { return index }
            index += 1
        }
        return nil
    }
}
