/// Rules for single ASCII bytes, and comparisons that ignore case.
public enum ASCII {
    @inlinable public static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inlinable public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// `\w` of Ruby and Clojure: letters, digits, underscore.
    @inlinable public static func isWord(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == 0x5F
    }

    @inlinable public static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// 0 to 15, nil for what is no hexadecimal digit.
    @inlinable public static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// Whether `bytes[range]` equals `lowercase` when its letters are folded. `lowercase` must be in lower case.
    @inlinable public static func equals(_ bytes: borrowing Span<UInt8>, _ range: ByteRange, folded lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount, range.upper <= bytes.count else { return false }
        let expected = UnsafeBufferPointer(start: lowercase.utf8Start, count: lowercase.utf8CodeUnitCount)
        for offset in 0..<range.count where lowercased(bytes[range.lower + offset]) != expected[offset] { return false }
        return true
    }
}
