import Model
import TLS

extension HandshakeRefusal {
    /// nil: it did not fail for the agent's certificate.
    init?(_ kind: HandshakeFailure.Kind) {
        switch kind {
        case .certificateRevoked: self = .certificateRevoked
        case .certificateExpired: self = .certificateExpired
        case .certificateNotYetValid: self = .certificateNotYetValid
        case .certificateInvalid: self = .certificateInvalid
        case .unknownCA: self = .unknownCA
        case .crlExpired: self = .crlExpired
        case .crlMissing: self = .crlMissing
        case .unusableName: self = .unusableName
        case .noCertificate: self = .noCertificate
        case .noSharedCipher, .unsupportedVersion, .noApplicationProtocol, .hostnameMismatch, .refusedByPeer, .closed, .protocolError:
            return nil
        }
    }
}
