import Model

/// Bytes → `ResponseHead` (RFC 9112). One a server connection, reused from response to response. The same states and the same
/// promises as `RequestParser`.
package struct ResponseParser: Sendable {
    /// Bytes of a head in all.
    private let limit: Int
    private var hasStatusLine = false
    private var position = 0
    private var scanned = 0

    package init(limit: Int = 65536) {
        self.limit = limit
    }

    /// `bytes` always starts at the message's first byte. After `needMore` it must be called again with the same bytes, more after
    /// them, and the same `head`. `requestMethod` is that of the request: a response to HEAD has no content.
    package mutating func parse(
        _ bytes: borrowing Span<UInt8>, requestMethod: RequestMethod, into head: inout ResponseHead
    ) throws(ResponseError) -> ParseProgress {
        if scanned == 0 { head.reset() }
        do {
            let progress = try parseHead(bytes, requestMethod: requestMethod, into: &head)
            if progress == .complete { reset() }
            return progress
        } catch {
            reset()
            throw error
        }
    }

    /// Forgets a head that was begun.
    package mutating func reset() {
        hasStatusLine = false
        position = 0
        scanned = 0
    }

    @inline(__always)
    private mutating func parseHead(
        _ bytes: borrowing Span<UInt8>, requestMethod: RequestMethod, into head: inout ResponseHead
    ) throws(ResponseError) -> ParseProgress {
        let window = bytes.extracting(first: limit)
        let isWorthParsing = scanned == 0 || ByteScan.hasLineFeed(window, from: scanned)
        scanned = window.count
        do throws(HeadDefect) {
            if isWorthParsing, try parseLines(window, into: &head) {
                head.length = position
                try conclude(window, requestMethod: requestMethod, head: &head)
                return .complete
            }
        } catch {
            throw ResponseError(error)
        }
        guard bytes.count < limit else { throw .headTooLarge }
        return .needMore
    }

    @inline(__always)
    private mutating func parseLines(_ window: borrowing Span<UInt8>, into head: inout ResponseHead) throws(HeadDefect) -> Bool {
        if !hasStatusLine {
            guard try StatusLine.parse(window, position: &position, into: &head) else { return false }
            hasStatusLine = true
        }
        return try FieldSection.parse(window, position: &position, fields: &head.fields, limit: HeadLimits.fieldCount)
    }

    /// RFC 9112 section 6.3, and 9.3 for the connection.
    @inline(__always)
    private func conclude(
        _ bytes: borrowing Span<UInt8>, requestMethod: RequestMethod, head: inout ResponseHead
    ) throws(HeadDefect) {
        let facts = try FieldFacts(bytes, fields: &head.fields)
        let isModern = head.version == .http11
        guard head.status != 101 else { throw .switchedProtocols }
        guard isModern || !facts.isChunked else { throw .transferEncoding }
        head.keepAlive = !facts.wantsClose && (isModern || facts.wantsKeepAlive)
        if requestMethod == .head || head.status < 200 || head.status == 204 || head.status == 304 {
            head.framing = .none
        } else if facts.isChunked {
            head.framing = .chunked
        } else if let length = facts.contentLength {
            head.framing = .contentLength(length)
        } else {
            head.framing = .untilClose
            head.keepAlive = false
        }
    }
}
