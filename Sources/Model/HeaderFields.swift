/// One field line of a head, as offsets: `name:value CRLF`.
public struct HeaderField: Sendable {
    /// The whole line with its CRLF.
    public var line: ByteRange
    public var name: ByteRange
    /// The value without the white space around it.
    public var value: ByteRange
    public var kind: FieldKind

    @inlinable public init(line: ByteRange, name: ByteRange, value: ByteRange, kind: FieldKind) {
        self.line = line
        self.name = name
        self.value = value
        self.kind = kind
    }
}

/// The fields that the proxy must know by name; found once, while parsing.
public enum FieldKind: UInt8, Sendable {
    case other
    // Hop-by-hop (RFC 9110 section 7.6.1): never forwarded.
    case connection, keepAlive, proxyConnection, te, transferEncoding, upgrade, trailer
    case proxyAuthenticate, proxyAuthorization
    /// Named by a Connection field of the same head; set by the parser in a second pass. Never forwarded.
    case connectionNamed
    // Framing and routing.
    case host, contentLength, expect, contentType, contentEncoding
    /// Equals a field of ours after `_` → `-` and case folding: X-Client-Verify, X-Client-DN, X-Client-Cert, X-Forwarded-*,
    /// Forwarded, X-SSL-*, X-Real-IP. Dropped from requests.
    case identity
    /// X-Puppetfront-*: what instances say to each other. Believed where a listener is for instances, and never forwarded.
    case instance
    case via
    case puppetVersion, puppetCompilerName, retryAfter, server, date
}

/// How a message's content ends (RFC 9112 section 6).
public enum MessageFraming: Sendable, Equatable {
    case none
    case contentLength(UInt64)
    case chunked
    /// Responses only: the content ends where the connection does.
    case untilClose
}

public enum HTTPVersion: UInt8, Sendable {
    case http10, http11
    /// As the client's side made an HTTP/1.1 head of it.
    case http2
}
