/// What went wrong on a stand-in's side, as detailed as tests and the demo need it.
package enum StandInError: Error, CustomStringConvertible {
    /// A system call failed with that errno.
    case system(call: String, errno: Int32)
    /// A call of libcrypto failed: certificates, keys, requests.
    case crypto(String)
    /// The handshake or the session failed. `alert` is the number that the peer sent (RFC 8446 section 6), nil where it sent none.
    case tls(alert: UInt8?, reason: String)
    case timedOut
    /// The peer closed before the end of a message.
    case endOfStream
    /// The peer's bytes are not HTTP/1.1.
    case malformed(String)
    /// The run cannot continue with this response.
    case unexpectedStatus(Int, target: String)

    package var description: String {
        switch self {
        case .system(let call, let errno): "\(call) failed: errno \(errno)"
        case .crypto(let what): "OpenSSL: \(what)"
        case .tls(let alert?, let reason): "TLS alert \(alert): \(reason)"
        case .tls(nil, let reason): "TLS: \(reason)"
        case .timedOut: "timed out"
        case .endOfStream: "the peer closed too early"
        case .malformed(let what): "malformed: \(what)"
        case .unexpectedStatus(let status, let target): "\(status) for \(target)"
        }
    }
}
