/// A parsed request head as offsets into the bytes it was parsed from. Reused from request to request: the field array keeps its room.
/// There are no copies: one would cost what the parse costs.
public struct RequestHead: Sendable, ~Copyable {
    public var method: RequestMethod = .other
    public var methodRange: ByteRange = .empty
    /// The target in origin-form as it will be forwarded: path and query, `*` for OPTIONS. Absolute-form is already cut to it.
    public var target: ByteRange = .empty
    public var version: HTTPVersion = .http11
    public var fields: [HeaderField] = []
    /// The host that counts: the absolute-form's, else Host's value; empty in HTTP/1.0 without Host.
    public var host: ByteRange = .empty
    /// True where the target came in absolute-form: the Host field is then rewritten from `host`.
    public var isAbsoluteForm = false
    public var framing: MessageFraming = .none
    /// What the client wants: Connection: close, or HTTP/1.0 without keep-alive, say false.
    public var keepAlive = true
    public var expectsContinue = false
    /// The lines end with a line feed alone: HTTP/1.0 without content, which some monitors send. Forwarded with CRLF.
    public var hasBareLineFeeds = false
    /// Bytes of the head in all, the empty line included.
    public var length = 0

    public init() { fields.reserveCapacity(32) }

    public mutating func reset() {
        method = .other
        methodRange = .empty
        target = .empty
        version = .http11
        fields.empty()
        host = .empty
        isAbsoluteForm = false
        framing = .none
        keepAlive = true
        expectsContinue = false
        hasBareLineFeeds = false
        length = 0
    }

    /// The first field of that kind.
    public func first(_ kind: FieldKind) -> HeaderField? {
        for field in fields where field.kind == kind { return field }
        return nil
    }
}

public enum RequestMethod: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, options, patch, connect, trace, other

    /// As on the wire; empty for `other`.
    public var word: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other: ""
        }
    }

    /// Compared with case (RFC 9110 section 9.1); `other` for every word that is not known.
    public init(word: String) { self = RequestMethod.allCases.first { $0.word == word && $0 != .other } ?? .other }
}
