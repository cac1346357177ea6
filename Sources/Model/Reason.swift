/// Why a request was refused, failed or cut: the contract's words, their statuses and the log's termination states.
package enum Reason: String, Sendable, CaseIterable {
    case badRequest = "bad_request"
    case wrongCertname = "wrong_certname"
    case revoked
    case noRoute = "no_route"
    case methodNotAllowed = "method_not_allowed"
    case targetTooLong = "target_too_long"
    case headTooLarge = "head_too_large"
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

    /// Whether the same request may well be served a while later: its answer may say Retry-After.
    package var isTemporary: Bool {
        switch self {
        case .perCertname, .queueFull, .overloaded, .queueTimeout, .noServer, .connectFailed: true
        case .badRequest, .wrongCertname, .revoked, .noRoute, .methodNotAllowed, .targetTooLong, .headTooLarge, .requestTimeout, .tooSlow,
            .badResponse, .responseTimeout, .cut, .clientGone:
            false
        }
    }

    /// The status that the client gets; nil where no answer is sent.
    package var status: Int? {
        switch self {
        case .badRequest: 400
        case .wrongCertname, .revoked: 403
        case .noRoute: 404
        case .methodNotAllowed: 405
        case .requestTimeout, .tooSlow: 408
        case .targetTooLong: 414
        case .perCertname: 429
        case .headTooLarge: 431
        case .badResponse: 502
        case .queueFull, .overloaded, .queueTimeout, .noServer, .connectFailed: 503
        case .responseTimeout: 504
        case .cut, .clientGone: nil
        }
    }
}
