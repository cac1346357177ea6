/// A parsed request head as offsets into the bytes it was parsed from. Reused from request to request: the field array keeps its room.
package struct RequestHead: Sendable {
    package var method: RequestMethod = .other
    package var methodRange: ByteRange = .empty
    /// The target in origin-form as it will be forwarded: path and query, `*` for OPTIONS. Absolute-form is already cut to it.
    package var target: ByteRange = .empty
    package var version: HTTPVersion = .http11
    package var fields: [HeaderField] = []
    /// The host that counts: the absolute-form's, else Host's value; empty in HTTP/1.0 without Host.
    package var host: ByteRange = .empty
    /// True where the target came in absolute-form: the Host field is then rewritten from `host`.
    package var isAbsoluteForm = false
    package var framing: MessageFraming = .none
    /// What the client wants: Connection: close, or HTTP/1.0 without keep-alive, say false.
    package var keepAlive = true
    package var expectsContinue = false
    /// Bytes of the head in all, the empty line included.
    package var length = 0

    package init() { fields.reserveCapacity(32) }

    package mutating func reset() {
        method = .other
        methodRange = .empty
        target = .empty
        version = .http11
        fields.removeAll(keepingCapacity: true)
        host = .empty
        isAbsoluteForm = false
        framing = .none
        keepAlive = true
        expectsContinue = false
        length = 0
    }

    /// The first field of that kind.
    package func first(_ kind: FieldKind) -> HeaderField? {
        for field in fields where field.kind == kind { return field }
        return nil
    }
}

package enum RequestMethod: UInt8, Sendable {
    case get, head, post, put, delete, options, patch, connect, trace, other
}
