import Admin
import CLinux
import Forwarding

/// The head of an answer of `admin.http`. The page may show nothing but its own style and run nothing but its own script, and no other
/// site may frame it.
enum AdminHTTPHead {
    /// - Parameter now: seconds since 1970
    static func bytes(_ answer: AdminAnswer, keepsAlive: Bool, now: Int64) -> [UInt8] {
        var lines = [
            "HTTP/1.1 \(answer.status) \(LocalResponse.phrase(answer.status))", "Date: \(Timestamps.field(now))",
            "Content-Type: \(answer.contentType)",
            "Content-Length: \(answer.body.count)", "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
            "Referrer-Policy: no-referrer", "Content-Security-Policy: \(policy(answer.nonce))",
        ]
        if answer.status == 405 { lines.append("Allow: GET, HEAD") }
        lines.append("Connection: \(keepsAlive ? "keep-alive" : "close")")
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private static func policy(_ nonce: String?) -> String {
        let closed = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
        guard let nonce else { return closed + "; form-action 'none'" }
        let own = "style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'"
        // The icon is an empty data: image, so that browsers ask for none.
        return closed + "; form-action 'self'; connect-src 'self'; img-src data:; \(own)"
    }

    /// 128 random bits.
    static func nonce() -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        _ = getrandom(&bytes, bytes.count, 0)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
