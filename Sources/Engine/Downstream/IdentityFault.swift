import Model
import TLS

/// Why a request on a kept connection is refused: its certificate was accepted in the handshake, and would not be now.
struct IdentityFault {
    let reason: Reason
    /// Empty where the reason says it.
    let cause: String
}

extension IdentityFault {
    init(_ failure: HandshakeFailure) {
        let refusal = HandshakeRefusal(failure.kind) ?? .certificateInvalid
        reason = refusal == .certificateRevoked ? .revoked : .certificateRefused
        cause = refusal == .certificateRevoked ? "" : "\(refusal.rawValue): \(failure.reason)"
    }
}
