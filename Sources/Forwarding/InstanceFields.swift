import Model

/// What instances say to each other in fields of requests and responses. They are believed where the listener is for instances and the
/// certificate is of one (`sites.NAME.instances`), and dropped everywhere else.
///
///     X-Puppetfront-Via         the instances that the request has passed, by name, in order; the sender last
///     X-Puppetfront-Pool        the pool that the sender has decided for
///     X-Puppetfront-Id          the request's id, the same in every instance's log
///     X-Puppetfront-Source      the agent's address
///     X-Client-Verify, X-Client-DN, X-Client-Cert   the agent's certificate, which the sender has verified (as a Puppet Server gets them)
///     X-Puppetfront-Reason      of a response: the instance made it, for this reason
///
/// 102 (Processing) of a request that must not be sent twice: it goes to a server now (RFC 2518 section 10.1).
package enum InstanceFields {
    package static let via = Array("X-Puppetfront-Via: ".utf8)
    package static let pool = Array("X-Puppetfront-Pool: ".utf8)
    package static let id = Array("X-Puppetfront-Id: ".utf8)
    package static let source = Array("X-Puppetfront-Source: ".utf8)
    package static let reason = Array("X-Puppetfront-Reason: ".utf8)

    /// More instances than a request passes: it goes round in a circle.
    package static let mostHops = 4

    /// Reasons for which another instance may be asked: no server has seen the request. 403 (`not_authorized`) is for instances alone there:
    /// it does not know this one.
    package static func declines(_ reason: Reason) -> Bool {
        switch reason {
        case .queueFull, .overloaded, .noServer, .notAuthorized, .loopDetected, .connectFailed: true
        case .badRequest, .wrongCertname, .noRoute, .unverified, .revoked, .certificateRefused, .methodNotAllowed, .targetTooLong,
            .headTooLarge, .bodyTooLarge,
            .requestTimeout, .tooSlow, .perCertname, .queueTimeout, .badResponse, .responseTimeout, .cut, .clientGone:
            false
        }
    }
}

/// What an instance has said of a request, read from its fields.
package struct InstanceRequest: Sendable {
    /// Names, in order.
    package private(set) var via: [[UInt8]] = []
    package private(set) var pool: [UInt8] = []
    package private(set) var id: [UInt8] = []
    package private(set) var source: [UInt8] = []
    /// The value of X-Client-Cert; empty without a certificate.
    package private(set) var certificate: [UInt8] = []

    package init() {}

    /// - Parameter bytes: what `head` was parsed from
    package init(_ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>) {
        for index in 0..<head.fields.count {
            let field = head.fields[index]
            guard field.kind == .instance || field.kind == .identity else { continue }
            switch Self.name(bytes, field.name) {
            case "x-puppetfront-via": via = Self.text(bytes, field.value).split(separator: 0x2C).map { Self.trimmed($0) }
            case "x-puppetfront-pool": pool = Self.text(bytes, field.value)
            case "x-puppetfront-id": id = Self.text(bytes, field.value)
            case "x-puppetfront-source": source = Self.text(bytes, field.value)
            case "x-client-cert": certificate = Self.text(bytes, field.value)
            default: break
            }
        }
    }

    /// The reason in an instance's response; nil: it is a server's.
    package static func reason(_ head: borrowing ResponseHead, _ bytes: borrowing Span<UInt8>) -> Reason? {
        for index in 0..<head.fields.count where head.fields[index].kind == .instance {
            let field = head.fields[index]
            guard name(bytes, field.name) == "x-puppetfront-reason" else { continue }
            return Reason(rawValue: String(decoding: text(bytes, field.value), as: UTF8.self))
        }
        return nil
    }

    private static func name(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> String {
        String(decoding: text(bytes, range).map(ASCII.lowercased), as: UTF8.self)
    }

    private static func text(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> [UInt8] {
        guard range.upper <= bytes.count else { return [] }
        return bytes.extracting(range.range).withUnsafeBytes { Array($0) }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        return Array(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
