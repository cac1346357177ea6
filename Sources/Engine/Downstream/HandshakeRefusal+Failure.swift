import Model
import TLS

extension HandshakeRefusal {
    /// nil: the agent has gone.
    init?(_ kind: HandshakeFailure.Kind) {
        switch kind {
        case .certificateRevoked: self = .certificateRevoked
        case .certificateExpired: self = .certificateExpired
        case .certificateNotYetValid: self = .certificateNotYetValid
        case .certificateInvalid: self = .certificateInvalid
        case .unknownCA: self = .unknownCA
        case .crlExpired: self = .crlExpired
        case .crlNotYetValid: self = .crlNotYetValid
        case .crlMissing: self = .crlMissing
        case .unusableName: self = .unusableName
        case .noCertificate: self = .noCertificate
        case .noSharedCipher: self = .noSharedCipher
        case .unsupportedVersion: self = .unsupportedVersion
        case .noApplicationProtocol: self = .noApplicationProtocol
        case .refusedByPeer: self = .refusedByAgent
        case .timeout: self = .handshakeTimeout
        case .protocolError, .hostnameMismatch: self = .protocolError
        case .closed: return nil
        }
    }
}
