import Model

/// `METHOD SP target SP HTTP/1.x CRLF` (RFC 9112 section 3); in HTTP/1.0 the line may end with a line feed alone.
enum RequestLine {
    /// Parses the line at `position` into `head` and moves `position` past it. False where the line is not whole; method and target
    /// length are checked even then, since more bytes cannot change that result.
    @inline(__always)
    static func parse(
        _ bytes: borrowing Span<UInt8>, position: inout Int, targetLimit: Int, into head: inout RequestHead
    ) throws(RequestError) -> Bool {
        guard let methodEnd = try method(bytes, start: position, into: &head) else { return false }
        let target = methodEnd &+ 1
        let targetEnd = ByteScan.endOfTarget(bytes, from: target)
        guard targetEnd &- target <= targetLimit else { throw .targetTooLong }

        do throws(HeadDefect) {
            let end = try version(bytes, start: targetEnd, into: &head)
            let parts = try RequestTarget(bytes, ByteRange(target, targetEnd), method: head.method)
            head.target = parts.target
            head.host = parts.host
            head.isAbsoluteForm = !parts.host.isEmpty
            position = end
            return true
        } catch {
            guard ByteScan.hasLineFeed(bytes, from: position) else { return false }
            throw RequestError(error)
        }
    }

    /// The offset after the line's CRLF; after its line feed where `LineFeedSection` reads on.
    @inline(__always)
    private static func version(_ bytes: borrowing Span<UInt8>, start: Int, into head: inout RequestHead) throws(HeadDefect) -> Int {
        guard start < bytes.count, bytes[start] == ASCIIByte.space else { throw .target }
        guard bytes.count &- start >= 10 else { throw .version }
        switch ByteScan.word(bytes, at: start &+ 1) {
        case ASCIIByte.word("HTTP/1.1"): head.version = .http11
        case ASCIIByte.word("HTTP/1.0"): head.version = .http10
        default: throw .version
        }
        guard bytes[start &+ 9] == ASCIIByte.carriageReturn else {
            guard bytes[start &+ 9] == ASCIIByte.lineFeed, head.version == .http10 else { throw .version }
            head.hasBareLineFeeds = true
            return start &+ 10
        }
        guard bytes.count &- start >= 11, bytes[start &+ 10] == ASCIIByte.lineFeed else { throw .version }
        return start &+ 11
    }

    /// The offset of the space after the method, nil where it has not come.
    @inline(__always)
    private static func method(
        _ bytes: borrowing Span<UInt8>, start: Int, into head: inout RequestHead
    ) throws(RequestError) -> Int? {
        var name: UInt64 = 0
        var end = start
        while end < bytes.count, bytes[end] != ASCIIByte.space {
            let count = end &- start
            guard ASCIIByte.isToken(bytes[end]), count < HeadLimits.method else { throw .malformed(.method) }
            if count < 8 { name |= UInt64(bytes[end]) &<< UInt64(count &* 8) }
            end &+= 1
        }
        guard end < bytes.count else { return nil }
        guard end > start else { throw .malformed(.requestLine) }
        head.methodRange = ByteRange(start, end)
        head.method = end &- start <= 8 ? known(name) : .other
        guard head.method != .connect, head.method != .trace else { throw .methodNotAllowed }
        return end
    }

    /// Methods are case-sensitive (RFC 9110 section 9.1): `get` is another method than `GET`, and forwarded as such.
    @inline(__always)
    private static func known(_ name: UInt64) -> RequestMethod {
        switch name {
        case ASCIIByte.word("GET"): .get
        case ASCIIByte.word("PUT"): .put
        case ASCIIByte.word("POST"): .post
        case ASCIIByte.word("HEAD"): .head
        case ASCIIByte.word("PATCH"): .patch
        case ASCIIByte.word("TRACE"): .trace
        case ASCIIByte.word("DELETE"): .delete
        case ASCIIByte.word("OPTIONS"): .options
        case ASCIIByte.word("CONNECT"): .connect
        default: .other
        }
    }
}
