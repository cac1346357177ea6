import Model

/// RFC 3986 section 2.1: `%` and two hexadecimal digits.
enum PercentCoding {
    /// The byte of the two digits at `index`; nil where they are not both there, before `end`, and hexadecimal.
    static func decode(_ bytes: borrowing Span<UInt8>, at index: Int, before end: Int) -> UInt8? {
        guard end - index >= 2, let high = ASCII.hexValue(bytes[index]), let low = ASCII.hexValue(bytes[index + 1]) else { return nil }
        return high << 4 | low
    }
}
