/// Why a TLS handshake with an agent failed: the contract's words (docs/outputs.md).
package enum HandshakeRefusal: String, Sendable, CaseIterable {
    case certificateRevoked = "certificate_revoked"
    case certificateExpired = "certificate_expired"
    case certificateNotYetValid = "certificate_not_yet_valid"
    case unknownCA = "unknown_ca"
    case crlExpired = "crl_expired"
    case crlNotYetValid = "crl_not_yet_valid"
    case crlMissing = "crl_missing"
    /// Anything else that is wrong with it or its chain.
    case certificateInvalid = "certificate_invalid"
    /// It has no common name that can be a certname.
    case unusableName = "unusable_name"
    /// One is required and none came.
    case noCertificate = "no_certificate"
    case noSharedCipher = "no_shared_cipher"
    case unsupportedVersion = "unsupported_version"
    case noApplicationProtocol = "no_application_protocol"
    /// The agent refused this side, with an alert: most often it does not accept the listener's certificate.
    case refusedByAgent = "refused_by_agent"
    case handshakeTimeout = "handshake_timeout"
    /// No TLS, broken TLS, or anything else.
    case protocolError = "protocol_error"

    /// Whether the agent has shown a certificate that was not accepted.
    package var isAboutCertificate: Bool {
        switch self {
        case .certificateRevoked, .certificateExpired, .certificateNotYetValid, .unknownCA, .crlExpired, .crlNotYetValid, .crlMissing,
            .certificateInvalid, .unusableName:
            true
        case .noCertificate, .noSharedCipher, .unsupportedVersion, .noApplicationProtocol, .refusedByAgent, .handshakeTimeout,
            .protocolError:
            false
        }
    }
}
