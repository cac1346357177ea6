import Model

/// The log's termination state, HAProxy's four letters, from why and where an exchange ended.
package enum TerminationLetters {
    /// Two letters as docs/outputs.md lists them, then `--`.
    /// - Parameter state: where the exchange was when it failed
    package static func of(_ failure: Reason?, byTimeout: Bool, in state: ExchangeStateMachine.State) -> StaticString {
        switch failure {
        case nil: "----"
        case .badRequest, .wrongCertname, .revoked, .certificateRefused, .unverified, .notAuthorized, .noRoute, .methodNotAllowed,
            .targetTooLong, .headTooLarge, .bodyTooLarge, .perCertname, .loopDetected:
            "PR--"
        case .requestTimeout: state == .readingHead ? "cR--" : "cD--"
        case .tooSlow: "cD--"
        case .queueFull, .overloaded: "SQ--"
        case .queueTimeout: "sQ--"
        case .noServer: "SC--"
        case .connectFailed: byTimeout ? "sC--" : "SC--"
        case .badResponse: "SH--"
        case .responseTimeout: "sH--"
        case .cut: byTimeout ? "sD--" : "SD--"
        case .clientGone:
            switch state {
            case .idle, .readingHead: "CR--"
            case .seeking, .queued: "CQ--"
            case .connecting: "CC--"
            case .awaitingResponse: "CH--"
            case .readingContent, .forwarding, .delivering, .responding, .ended: "CD--"
            }
        }
    }
}
