/// Text that came from outside: whatever the bytes, the result stays within its field and within its line.
extension LineWriter {
    /// What `append(json:)` makes of `count` bytes at most; `append(haproxy:)` makes less.
    static func escapedBound(_ count: Int) -> Int { 6 * count + 2 }

    /// A JSON string (RFC 8259) with its quotes, always valid UTF-8. Control characters (DEL and C1 too, since terminals obey them) are
    /// escaped; each maximal part of an invalid sequence becomes U+FFFD, as the Unicode standard's chapter 3.9 advises.
    mutating func append(json bytes: [UInt8]) {
        append(UInt8(ascii: "\""))
        let span = bytes.span
        if LineWriter.isPlain(span) { append(span) } else { appendEscaped(span) }
        append(UInt8(ascii: "\""))
    }

    /// A key with a JSON string as its value; null where that is empty.
    @inline(__always) mutating func append(_ key: StaticString, text value: [UInt8]) {
        append(key)
        if value.isEmpty { append("null") } else { append(json: value) }
    }

    /// A key with a number as its value.
    @inline(__always) mutating func append(_ key: StaticString, number value: UInt64?) {
        append(key)
        if let value { append(decimal: value) } else { append("null") }
    }

    /// A field of HAProxy's log: `"`, `#` and all that is not printable ASCII become `#` and two hexadecimal digits, as HAProxy does for
    /// `%r`; a space too where `isWord`, so that fields stay fields.
    mutating func append(haproxy bytes: [UInt8], isWord: Bool) {
        let span = bytes.span
        for index in span.indices {
            let byte = span[index]
            if byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x23 || byte == 0x20 && !isWord {
                append(byte)
            } else {
                append(0x23)
                append(LineWriter.hex(byte >> 4, upper: true))
                append(LineWriter.hex(byte & 15, upper: true))
            }
        }
    }

    private static func isPlain(_ bytes: borrowing Span<UInt8>) -> Bool {
        let whole = bytes.count & ~7
        var index = 0
        while index < whole {
            if needsCare(bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)) { return false }
            index += 8
        }
        if index < bytes.count, bytes.count >= 8 {
            return !needsCare(bytes.bytes.unsafeLoadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        }
        while index < bytes.count {
            if needsCare(bytes[index]) { return false }
            index += 1
        }
        return true
    }

    /// Eight bytes at once: a byte's highest bit is set where it was set before, or where a subtraction borrowed. A byte after one that needs care
    /// may be taken for another such, which changes nothing.
    @inline(__always) private static func needsCare(_ word: UInt64) -> Bool {
        func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
        let isBelowSpace = word &- each(0x20)
        let isQuote = (word ^ each(0x22)) &- each(1)
        let isBackslash = (word ^ each(0x5C)) &- each(1)
        let isDelete = (word ^ each(0x7F)) &- each(1)
        return (word | isBelowSpace | isQuote | isBackslash | isDelete) & each(0x80) != 0
    }

    @inline(__always) private static func needsCare(_ byte: UInt8) -> Bool { byte < 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C }

    private mutating func appendEscaped(_ bytes: borrowing Span<UInt8>) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                if LineWriter.needsCare(byte) { appendEscape(byte) } else { append(byte) }
                index += 1
                continue
            }
            let (length, isValid) = LineWriter.sequence(bytes, at: index)
            if !isValid {
                append("\\ufffd")
            } else if byte == 0xC2, bytes[index + 1] < 0xA0 {
                appendEscape(bytes[index + 1])
            } else {
                for offset in 0..<length { append(bytes[index + offset]) }
            }
            index += length
        }
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(0x5C)
        switch byte {
        case 0x22, 0x5C: append(byte)
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0x09: append(UInt8(ascii: "t"))
        default:
            append("u00")
            append(LineWriter.hex(byte >> 4, upper: false))
            append(LineWriter.hex(byte & 15, upper: false))
        }
    }

    /// The UTF-8 sequence at `start`, whose first byte is 0x80 or more: its length, or that of the part that could have begun one
    /// (Unicode standard, table 3-7).
    private static func sequence(_ bytes: borrowing Span<UInt8>, at start: Int) -> (length: Int, isValid: Bool) {
        let lead = bytes[start]
        var second: ClosedRange<UInt8> = 0x80...0xBF
        let length: Int
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if lead == 0xE0 { second = 0xA0...0xBF } else if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            length = 4
            if lead == 0xF0 { second = 0x90...0xBF } else if lead == 0xF4 { second = 0x80...0x8F }
        default: return (1, false)
        }
        for offset in 1..<length {
            guard start + offset < bytes.count, (offset == 1 ? second : 0x80...0xBF).contains(bytes[start + offset]) else {
                return (offset, false)
            }
        }
        return (length, true)
    }

    private static func hex(_ digit: UInt8, upper: Bool) -> UInt8 {
        digit < 10 ? 0x30 &+ digit : (upper ? 0x37 : 0x57) &+ digit
    }
}
