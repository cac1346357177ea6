/// A parsed response head as offsets into the bytes it was parsed from. Reused from response to response, never copied.
public struct ResponseHead: Sendable, ~Copyable {
    public var status = 0
    /// The status line with its CRLF.
    public var statusLine: ByteRange = .empty
    public var version: HTTPVersion = .http11
    public var fields: [HeaderField] = []
    /// How the content ends, the request's method and the status taken into account (RFC 9112 section 6.3).
    public var framing: MessageFraming = .none
    /// Whether the server keeps the connection open after this response.
    public var keepAlive = true
    public var length = 0

    public init() { fields.reserveCapacity(32) }

    public mutating func reset() {
        status = 0
        statusLine = .empty
        version = .http11
        fields.empty()
        framing = .none
        keepAlive = true
        length = 0
    }

    public var isInterim: Bool { status >= 100 && status < 200 && status != 101 }

    public func first(_ kind: FieldKind) -> HeaderField? {
        for field in fields where field.kind == kind { return field }
        return nil
    }
}
