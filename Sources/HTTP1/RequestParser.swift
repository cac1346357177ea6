import Model

/// Bytes → `RequestHead` (RFC 9112). One a connection, reused from request to request.
///
/// States: before the request line → in the fields → (complete or refused) → before the request line. Between two calls it remembers
/// where the line begins that was not whole; what has been checked is not checked again. The result does not depend on how the bytes
/// were split into calls, and no head is reported whole before it is: nothing of it may be acted on earlier.
package struct RequestParser: Sendable {
    private let limits: HeadLimits
    private var hasRequestLine = false
    /// Start of the line to be parsed next.
    private var position = 0
    /// Up to here no line feed has been left unparsed.
    private var scanned = 0

    package init(limits: HeadLimits) {
        self.limits = limits
    }

    /// `bytes` always starts at the message's first byte, the empty lines before it included. After `needMore` it must be called
    /// again with the same bytes, more after them, and the same `head`. On `complete`, offsets in `head` count from `bytes[0]`.
    package mutating func parse(_ bytes: borrowing Span<UInt8>, into head: inout RequestHead) throws(RequestError) -> ParseProgress {
        if scanned == 0 { head.reset() }
        do {
            let progress = try parseHead(bytes, into: &head)
            if progress == .complete { reset() }
            return progress
        } catch {
            reset()
            throw error
        }
    }

    /// Forgets a head that was begun.
    package mutating func reset() {
        hasRequestLine = false
        position = 0
        scanned = 0
    }

    @inline(__always)
    private mutating func parseHead(_ bytes: borrowing Span<UInt8>, into head: inout RequestHead) throws(RequestError) -> ParseProgress {
        let window = bytes.extracting(first: limits.head)
        let isWorthParsing = scanned == 0 || !hasRequestLine || ByteScan.hasLineFeed(window, from: scanned)
        scanned = window.count
        if isWorthParsing, try parseLines(window, into: &head) {
            head.length = position
            do {
                try conclude(window, head: &head)
            } catch {
                throw RequestError(error)
            }
            return .complete
        }
        guard bytes.count < limits.head else { throw .headTooLarge }
        return .needMore
    }

    /// True where the empty line has been reached.
    @inline(__always)
    private mutating func parseLines(_ window: borrowing Span<UInt8>, into head: inout RequestHead) throws(RequestError) -> Bool {
        if !hasRequestLine {
            guard try skipEmptyLines(window) else { return false }
            guard try RequestLine.parse(window, position: &position, targetLimit: limits.target, into: &head) else { return false }
            hasRequestLine = true
        }
        do {
            if head.hasBareLineFeeds {
                return try LineFeedSection.parse(window, position: &position, fields: &head.fields, limit: HeadLimits.fieldCount)
            }
            return try FieldSection.parse(window, position: &position, fields: &head.fields, limit: HeadLimits.fieldCount)
        } catch {
            throw RequestError(error)
        }
    }

    /// False where only the beginning of an empty line is there.
    @inline(__always)
    private mutating func skipEmptyLines(_ window: borrowing Span<UInt8>) throws(RequestError) -> Bool {
        while position < window.count, window[position] == ASCIIByte.carriageReturn {
            guard position &+ 1 < window.count else { return false }
            guard window[position &+ 1] == ASCIIByte.lineFeed, position < HeadLimits.leadingEmptyLines &* 2 else {
                throw .malformed(.requestLine)
            }
            position &+= 2
        }
        return position < window.count
    }

    /// What the whole head means: Host, framing, connection.
    @inline(__always)
    private func conclude(_ bytes: borrowing Span<UInt8>, head: inout RequestHead) throws(HeadDefect) {
        let facts = try FieldFacts(bytes, fields: &head.fields)
        let isModern = head.version == .http11
        guard facts.hostCount == 1 || (facts.hostCount == 0 && !isModern) else { throw .host }
        guard facts.hostCount == 0 || HostRule.isValid(bytes, facts.host) else { throw .host }
        guard isModern || !facts.isChunked else { throw .transferEncoding }
        if head.hasBareLineFeeds { try LineFeedSection.conclude(head, facts) }
        if !head.isAbsoluteForm { head.host = facts.host }
        if facts.isChunked {
            head.framing = .chunked
        } else if let length = facts.contentLength {
            head.framing = .contentLength(length)
        }
        head.keepAlive = !facts.wantsClose && (isModern || facts.wantsKeepAlive) && !head.hasBareLineFeeds
        // RFC 9110 section 10.1.1: in HTTP/1.0 the expectation is to be ignored.
        head.expectsContinue = facts.expectsContinue && isModern
    }
}
