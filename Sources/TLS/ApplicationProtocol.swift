/// What is spoken over TLS, as ALPN chose it (RFC 7301).
package enum ApplicationProtocol: Sendable {
    /// `http/1.1` or `http/1.0`.
    case http1
    /// `h2`.
    case http2
}
