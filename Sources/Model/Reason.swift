/// Why a request was rejected, failed or cut: the documented reasons, their statuses and the log's termination states.
package enum Reason: String, Sendable, CaseIterable {
    case badRequest = "bad_request"
    case wrongCertname = "wrong_certname"
    case revoked
    case certificateRefused = "certificate_refused"
    case unverified
    case notAuthorized = "not_authorized"
    case noRoute = "no_route"
    case loopDetected = "loop_detected"
    case methodNotAllowed = "method_not_allowed"
    case targetTooLong = "target_too_long"
    case headTooLarge = "head_too_large"
    case bodyTooLarge = "body_too_large"
    case requestTimeout = "request_timeout"
    case tooSlow = "too_slow"
    case perCertname = "per_certname"
    case queueFull = "queue_full"
    case overloaded
    case queueTimeout = "queue_timeout"
    case noServer = "no_server"
    case connectFailed = "connect_failed"
    case badResponse = "bad_response"
    case responseTimeout = "response_timeout"
    case cut
    case clientGone = "client_gone"

    /// Whether the same request may well be served a while later: its response may have Retry-After.
    package var isTemporary: Bool {
        switch self {
        case .perCertname, .queueFull, .overloaded, .queueTimeout, .noServer, .connectFailed: true
        case .badRequest, .wrongCertname, .revoked, .certificateRefused, .unverified, .notAuthorized, .noRoute, .loopDetected,
            .methodNotAllowed, .targetTooLong, .headTooLarge, .bodyTooLarge, .requestTimeout, .tooSlow, .badResponse, .responseTimeout,
            .cut, .clientGone:
            false
        }
    }

    /// What follows on the client's connection cannot be relied on, or is not wanted.
    package var endsConnection: Bool {
        switch self {
        case .badRequest, .headTooLarge, .bodyTooLarge, .targetTooLong, .methodNotAllowed, .revoked, .certificateRefused: true
        default: false
        }
    }

    /// The status that the client gets; nil where no response is sent.
    package var status: Int? {
        switch self {
        case .badRequest: 400
        case .wrongCertname, .revoked, .certificateRefused, .unverified, .notAuthorized: 403
        case .noRoute: 404
        case .methodNotAllowed: 405
        case .requestTimeout, .tooSlow: 408
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .perCertname: 429
        case .headTooLarge: 431
        case .badResponse: 502
        case .queueFull, .overloaded, .queueTimeout, .noServer, .connectFailed: 503
        case .responseTimeout: 504
        case .loopDetected: 508
        case .cut, .clientGone: nil
        }
    }
}
