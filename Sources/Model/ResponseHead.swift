/// A parsed response head as offsets into the bytes it was parsed from. Reused from response to response.
package struct ResponseHead: Sendable {
    package var status = 0
    /// The status line with its CRLF.
    package var statusLine: ByteRange = .empty
    package var version: HTTPVersion = .http11
    package var fields: [HeaderField] = []
    /// How the content ends, the request's method and the status taken into account (RFC 9112 section 6.3).
    package var framing: MessageFraming = .none
    /// Whether the server keeps the connection open after this response.
    package var keepAlive = true
    package var length = 0

    package init() { fields.reserveCapacity(32) }

    package mutating func reset() {
        status = 0
        statusLine = .empty
        version = .http11
        fields.removeAll(keepingCapacity: true)
        framing = .none
        keepAlive = true
        length = 0
    }

    package var isInterim: Bool { status >= 100 && status < 200 && status != 101 }

    package func first(_ kind: FieldKind) -> HeaderField? {
        for field in fields where field.kind == kind { return field }
        return nil
    }
}
