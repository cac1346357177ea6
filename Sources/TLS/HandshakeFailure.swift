import COpenSSL

/// Why a handshake failed, for one log line.
package struct HandshakeFailure: Error, Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case noSharedCipher, unsupportedVersion, noApplicationProtocol
        /// The peer's certificate, or one of its chain.
        case certificateExpired, certificateNotYetValid, certificateRevoked, certificateInvalid, unknownCA, hostnameMismatch
        case crlMissing, crlExpired, crlNotYetValid
        /// One was required and none came.
        case noCertificate
        /// The certificate verified, but has no common name that can be used as a certname.
        case unusableName
        /// The peer rejected the handshake with an alert.
        case refusedByPeer
        /// The connection ended during the handshake.
        case closed
        /// The peer took too long.
        case timeout
        /// No TLS, broken TLS, or anything else.
        case protocolError
    }

    package let kind: Kind
    /// Of the rejected leaf, as written there (unverified!), without control bytes.
    package let certname: String?
    /// Of the rejected leaf; upper-case hexadecimal.
    package let serial: String?
    /// For the operator: one line.
    package let reason: String

    package init(_ kind: Kind, certname: String? = nil, serial: String? = nil, reason: String) {
        self.kind = kind
        self.certname = certname
        self.serial = serial
        self.reason = reason
    }

    /// - Parameter code: an `X509_V_ERR_…`
    static func kind(verifyCode code: Int32) -> Kind {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: .certificateExpired
        case X509_V_ERR_CERT_NOT_YET_VALID: .certificateNotYetValid
        case X509_V_ERR_CERT_REVOKED: .certificateRevoked
        case X509_V_ERR_CRL_HAS_EXPIRED: .crlExpired
        case X509_V_ERR_CRL_NOT_YET_VALID: .crlNotYetValid
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER: .crlMissing
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            .unknownCA
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .hostnameMismatch
        case X509_V_ERR_CERT_REJECTED: .unusableName
        default: .certificateInvalid
        }
    }

    /// - Parameter code: an `SSL_R_…`; 1000 and more are the alerts that the peer sent (`SSL_AD_REASON_OFFSET`).
    static func kind(reasonCode code: Int32) -> Kind {
        switch code {
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS,
            SSL_R_NO_CIPHERS_AVAILABLE:
            .noSharedCipher
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_WRONG_SSL_VERSION: .unsupportedVersion
        case SSL_R_NO_APPLICATION_PROTOCOL: .noApplicationProtocol
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: .noCertificate
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: .closed
        case SSL_AD_REASON_OFFSET...: .refusedByPeer
        default: .protocolError
        }
    }
}

/// The progress of a handshake. In every case the gathered bytes (an alert, too) must be sent.
package enum HandshakeProgress: Sendable, Equatable {
    case done
    /// Call again when ciphertext may have arrived.
    case wantsRead
    /// Call again when the gather buffer has room.
    case wantsWrite
    /// If an alert is due, it was gathered; send it and close.
    case failed(HandshakeFailure)
}
