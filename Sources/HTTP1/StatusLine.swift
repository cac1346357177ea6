import Model

/// `HTTP/1.x SP ddd [SP reason] CRLF` (RFC 9112 section 4). The reason phrase may be anything that a field value may be, and may be
/// missing with its space, as some servers send it. Status 100 to 999: what is above 599 is left to the client (RFC 9110 section 15).
enum StatusLine {
    /// Parses the line at `position` into `head` and moves `position` past it. False where the line is not whole.
    @inline(__always)
    static func parse(_ bytes: borrowing Span<UInt8>, position: inout Int, into head: inout ResponseHead) throws(HeadDefect) -> Bool {
        do {
            position = try line(bytes, start: position, into: &head)
            return true
        } catch {
            guard ByteScan.hasLineFeed(bytes, from: position) else { return false }
            throw error
        }
    }

    /// `HTTP/1.x ddd`
    static let shortest = 12

    @inline(__always)
    private static func line(_ bytes: borrowing Span<UInt8>, start: Int, into head: inout ResponseHead) throws(HeadDefect) -> Int {
        guard bytes.count &- start >= shortest &+ 2 else { throw .statusLine }
        switch ByteScan.word(bytes, at: start) {
        case ASCIIByte.word("HTTP/1.1"): head.version = .http11
        case ASCIIByte.word("HTTP/1.0"): head.version = .http10
        default: throw .statusLine
        }
        guard bytes[start &+ 8] == ASCIIByte.space, let status = Decimal.parse(bytes, (start &+ 9)..<(start &+ shortest)) else {
            throw .statusLine
        }
        guard status >= 100 else { throw .statusLine }
        let reason = start &+ shortest
        guard bytes[reason] == ASCIIByte.space || bytes[reason] == ASCIIByte.carriageReturn else { throw .statusLine }
        let end = ByteScan.endOfText(bytes, from: reason)
        guard bytes.count &- end >= 2, bytes[end] == ASCIIByte.carriageReturn, bytes[end &+ 1] == ASCIIByte.lineFeed else {
            throw .lineEnd
        }
        head.status = Int(status)
        head.statusLine = ByteRange(start, end &+ 2)
        return end &+ 2
    }
}
