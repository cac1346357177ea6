import Admin
import CLinux
import Model

/// Heads of `admin.http`: the fields of a request that matter, and the response's. The page may use no style but its own and run nothing but
/// its own script, and no other site may frame it. Its forms send their origin: with a Referrer-Policy of `no-referrer` browsers
/// would make that `null`.
enum AdminHTTPHead {
    /// - Parameter now: seconds since 1970
    static func bytes(_ answer: AdminAnswer, keepsAlive: Bool, now: Int64) -> [UInt8] {
        var lines = [
            "HTTP/1.1 \(answer.status) \(StatusPhrase.standard(answer.status) ?? "Error")", "Date: \(Timestamps.field(now))",
            "Content-Type: \(answer.contentType)",
            "Content-Length: \(answer.body.count)", "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
            "Referrer-Policy: same-origin", "Content-Security-Policy: \(policy(answer.nonce))",
        ]
        lines += answer.fields.map { "\($0.name): \($0.value)" }
        lines.append("Connection: \(keepsAlive ? "keep-alive" : "close")")
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// - Parameters:
    ///   - start: where the head's bytes are
    ///   - source: the peer's address
    ///   - certname: of the verified client certificate
    static func request(_ head: borrowing RequestHead, at start: UnsafeRawPointer, from source: String, certname: [UInt8]?) -> AdminRequest
    {
        func text(_ range: ByteRange) -> String {
            String(decoding: UnsafeRawBufferPointer(start: start + range.lower, count: range.count), as: UTF8.self)
        }
        var request = AdminRequest(target: AdminTarget(text(head.target)))
        request.method =
            switch head.method {
            case .get: .get
            case .head: .head
            case .post: .post
            default: .other
            }
        request.source = source
        request.certname = certname.map { String(decoding: $0, as: UTF8.self) }
        request.host = text(head.host)
        for field in head.fields where field.kind == .other {
            switch text(field.name).lowercased() {
            case "origin": request.origin = text(field.value)
            case "sec-fetch-site": request.fetchSite = text(field.value)
            case "authorization": request.authorization = text(field.value)
            case "cookie": request.cookie = text(field.value)
            case "accept": request.accept = text(field.value)
            default: break
            }
        }
        return request
    }

    static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private static func policy(_ nonce: String?) -> String {
        let closed = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        guard let nonce else { return closed + "; form-action 'none'" }
        let own = "style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'"
        // The icon is an empty data: image, so that browsers ask for none.
        return closed + "; form-action 'self'; connect-src 'self'; img-src data:; \(own)"
    }

    /// 128 random bits in hexadecimal.
    static func random() -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        _ = getrandom(&bytes, bytes.count, 0)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
