import Model

/// A JSON string after its opening quote, decoded byte by byte (RFC 8259 section 7). Keeps at most `longest` bytes.
struct JSONStringDecoder: Sendable {
    enum Step { case more, ended, broken }

    var bytes: [UInt8] = []
    /// The string was longer than what is kept.
    private(set) var isCut = false
    private var isEscaped = false
    /// Digits of `\uXXXX` still to come.
    private var digits = 0
    private var unit: UInt16 = 0
    /// The first half of a surrogate pair.
    private var high: UInt16?

    static let longest = 1024

    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        isCut = false
        isEscaped = false
        digits = 0
        unit = 0
        high = nil
    }

    mutating func take(_ byte: UInt8) -> Step {
        if digits > 0 { return takeDigit(byte) }
        if isEscaped { return takeEscape(byte) }
        switch byte {
        case UInt8(ascii: "\\"):
            isEscaped = true
        case UInt8(ascii: "\""):
            endPair()
            return .ended
        case 0..<0x20:
            return .broken
        default:
            endPair()
            append(byte)
        }
        return .more
    }

    /// `word` in ASCII.
    func equals(_ word: StaticString) -> Bool {
        guard !isCut, bytes.count == word.utf8CodeUnitCount else { return false }
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        for index in 0..<bytes.count where bytes[index] != expected[index] { return false }
        return true
    }

    private mutating func append(_ byte: UInt8) {
        if bytes.count < JSONStringDecoder.longest { bytes.append(byte) } else { isCut = true }
    }

    private mutating func takeEscape(_ byte: UInt8) -> Step {
        isEscaped = false
        if byte == UInt8(ascii: "u") {
            digits = 4
            unit = 0
            return .more
        }
        endPair()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): append(byte)
        case UInt8(ascii: "b"): append(0x08)
        case UInt8(ascii: "f"): append(0x0C)
        case UInt8(ascii: "n"): append(0x0A)
        case UInt8(ascii: "r"): append(0x0D)
        case UInt8(ascii: "t"): append(0x09)
        default: return .broken
        }
        return .more
    }

    private mutating func takeDigit(_ byte: UInt8) -> Step {
        guard let digit = ASCII.hexValue(byte) else { return .broken }
        unit = unit << 4 | UInt16(digit)
        digits -= 1
        if digits == 0 { takeUnit() }
        return .more
    }

    private mutating func takeUnit() {
        if let first = high, unit >> 10 == 0x37 {
            high = nil
            append(scalar: 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(unit & 0x3FF)))
            return
        }
        endPair()
        switch unit >> 10 {
        case 0x36: high = unit
        case 0x37: append(scalar: 0xFFFD)
        default: append(scalar: UInt32(unit))
        }
    }

    /// A first half without its second is a replacement character.
    private mutating func endPair() {
        guard high != nil else { return }
        high = nil
        append(scalar: 0xFFFD)
    }

    private mutating func append(scalar: UInt32) {
        guard let scalar = Unicode.Scalar(scalar) else { return }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
    }
}
