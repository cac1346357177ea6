import Model

/// Whether a Content-Type makes Puppet Server read a catalog's body as a form. ring compares the type with case and by its beginning;
/// what another reader would take for a form, and ring would not, is refused.
enum FormContentType: Equatable {
    case form, otherType
    case refused(Ambiguity)

    init(_ value: borrowing Span<UInt8>) {
        let type: StaticString = "application/x-www-form-urlencoded"
        let count = type.utf8CodeUnitCount
        guard value.count >= count, ASCII.equals(value, ByteRange(0, count), folded: type) else {
            self = .otherType
            return
        }
        for index in 0..<count where value[index] != ASCII.lowercased(value[index]) {
            self = .refused(.formTypeCase)
            return
        }
        self = FormContentType.hasASCIICharset(value, from: count) ? .form : .refused(.formCharset)
    }

    /// Empty or `identity`.
    static func isIdentity(_ contentEncoding: borrowing Span<UInt8>) -> Bool {
        contentEncoding.isEmpty || ASCII.equals(contentEncoding, ByteRange(0, contentEncoding.count), folded: "identity")
    }

    /// True where no character set is named or one in which ASCII is ASCII.
    private static func hasASCIICharset(_ value: borrowing Span<UInt8>, from start: Int) -> Bool {
        let name: StaticString = "charset"
        var index = start
        while value.count - index >= name.utf8CodeUnitCount {
            guard ASCII.equals(value, ByteRange(index, index + name.utf8CodeUnitCount), folded: name) else {
                index += 1
                continue
            }
            index += name.utf8CodeUnitCount
            guard isASCIICharset(value, from: index) else { return false }
        }
        return true
    }

    /// `=NAME` or `="NAME"`, then the end or a semicolon; white space is let pass.
    private static func isASCIICharset(_ value: borrowing Span<UInt8>, from start: Int) -> Bool {
        var begin = start
        while begin < value.count, isPadding(value[begin]) || value[begin] == UInt8(ascii: "=") { begin += 1 }
        var end = begin
        while end < value.count, value[end] != UInt8(ascii: ";"), !isPadding(value[end]) { end += 1 }
        let range = ByteRange(begin, end)
        return ASCII.equals(value, range, folded: "utf-8") || ASCII.equals(value, range, folded: "us-ascii")
            || ASCII.equals(value, range, folded: "iso-8859-1")
    }

    private static func isPadding(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: "\"") }
}
