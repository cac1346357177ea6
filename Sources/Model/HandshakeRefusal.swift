/// Why an agent's certificate was refused in the TLS handshake: the contract's words (docs/outputs.md).
package enum HandshakeRefusal: String, Sendable, CaseIterable {
    case certificateRevoked = "certificate_revoked"
    case certificateExpired = "certificate_expired"
    case certificateNotYetValid = "certificate_not_yet_valid"
    case unknownCA = "unknown_ca"
    case crlExpired = "crl_expired"
    case crlMissing = "crl_missing"
    /// Anything else that is wrong with it or its chain.
    case certificateInvalid = "certificate_invalid"
    /// It has no common name that can be a certname.
    case unusableName = "unusable_name"
    /// One is required and none came.
    case noCertificate = "no_certificate"
}
