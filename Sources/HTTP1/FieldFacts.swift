import Model

/// What the fields of a head say about framing and the connection. The same for requests and responses; their parsers draw the
/// conclusions.
///
/// Stricter than RFC 9112 section 6.3 lets a recipient be: a Content-Length that is repeated or a list is refused even where the
/// values agree, and so is every Transfer-Encoding but `chunked` alone, since no other coding can be forwarded hop by hop.
struct FieldFacts {
    var host = ByteRange.empty
    var hostCount = 0
    var contentLength: UInt64?
    var isChunked = false
    var wantsClose = false
    var wantsKeepAlive = false
    var expectsContinue = false
    private var optionCount = 0

    /// Marks the fields that a Connection field names as `.connectionNamed`, too.
    init(_ bytes: borrowing Span<UInt8>, fields: inout [HeaderField]) throws(HeadDefect) {
        for index in 0..<fields.count where KindSet.affectingFraming.contains(fields[index].kind) {
            let value = fields[index].value
            switch fields[index].kind {
            case .host:
                host = value
                hostCount += 1
            case .contentLength:
                guard contentLength == nil, let length = Decimal.parse(bytes, value.range), length <= UInt64(Int.max) else {
                    throw .contentLength
                }
                contentLength = length
            case .transferEncoding:
                guard !isChunked, ASCII.equals(bytes, value, folded: "chunked") else { throw .transferEncoding }
                isChunked = true
            case .connection:
                try readConnection(bytes, value: value, fields: &fields)
            case .expect:
                if ASCII.equals(bytes, value, folded: "100-continue") { expectsContinue = true }
            default:
                break
            }
        }
        guard !isChunked || contentLength == nil else { throw .twoFramings }
    }

    private mutating func readConnection(
        _ bytes: borrowing Span<UInt8>, value: ByteRange, fields: inout [HeaderField]
    ) throws(HeadDefect) {
        var start = value.lower
        while start < value.upper {
            var end = start
            while end < value.upper, bytes[end] != 0x2C { end += 1 }
            let next = end + 1
            while start < end, ASCIIByte.isWhiteSpace(bytes[start]) { start += 1 }
            while end > start, ASCIIByte.isWhiteSpace(bytes[end - 1]) { end -= 1 }
            if start < end {
                optionCount += 1
                guard optionCount <= HeadLimits.connectionOptions else { throw .connection }
                try readOption(bytes, option: ByteRange(start, end), fields: &fields)
            }
            start = next
        }
    }

    private mutating func readOption(
        _ bytes: borrowing Span<UInt8>, option: ByteRange, fields: inout [HeaderField]
    ) throws(HeadDefect) {
        for index in option.range where !ASCIIByte.isToken(bytes[index]) { throw .connection }
        if ASCII.equals(bytes, option, folded: "close") {
            wantsClose = true
        } else if ASCII.equals(bytes, option, folded: "keep-alive") {
            wantsKeepAlive = true
        } else {
            FieldFacts.markNamed(bytes, option: option, fields: &fields)
        }
    }

    /// Host, Content-Length and Expect are meant for the server, and the server must see what was checked here: naming
    /// them in Connection changes nothing. Fields that never pass keep the kind that says why.
    private static func markNamed(_ bytes: borrowing Span<UInt8>, option: ByteRange, fields: inout [HeaderField]) {
        for index in fields.indices where fields[index].name.count == option.count {
            guard equalFolded(bytes, fields[index].name, option) else { continue }
            switch fields[index].kind {
            case .host, .contentLength, .expect, .identity, .instance: break
            case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade, .trailer: break
            case .proxyAuthenticate, .proxyAuthorization, .connectionNamed: break
            case .other, .contentType, .contentEncoding, .via, .puppetVersion, .puppetCompilerName, .retryAfter, .server, .date:
                fields[index].kind = .connectionNamed
            }
        }
    }

    private static func equalFolded(_ bytes: borrowing Span<UInt8>, _ left: ByteRange, _ right: ByteRange) -> Bool {
        for offset in 0..<left.count
        where ASCII.lowercased(bytes[left.lower + offset]) != ASCII.lowercased(bytes[right.lower + offset]) { return false }
        return true
    }
}
