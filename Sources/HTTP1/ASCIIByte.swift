/// The bytes that HTTP/1.1's grammar names, and its token alphabet.
enum ASCIIByte {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let colon: UInt8 = 0x3A

    @inline(__always)
    static func isWhiteSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// RFC 9110 section 5.6.2: letters, digits and `!#$%&'*+-.^_`|~`.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // One bit a character: the first word for 0x00-0x3F, the second for 0x40-0x7F.
        let word: UInt64 = byte < 0x40 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 0x80 && word &>> UInt64(byte & 0x3F) & 1 == 1
    }

    /// Up to eight characters as a number, the first one lowest: what `ByteScan.word` reads at these characters.
    @inline(__always)
    static func word(_ text: StaticString) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<min(text.utf8CodeUnitCount, 8) { word |= UInt64(text.utf8Start[index]) &<< UInt64(index &* 8) }
        return word
    }
}
