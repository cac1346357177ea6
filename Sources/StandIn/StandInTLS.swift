import COpenSSL
import Foundation

/// One side's TLS settings: an OpenSSL context that its connections share. Immutable once made, and OpenSSL locks what it shares,
/// so any thread may use it.
package final class StandInTLS: @unchecked Sendable {
    package enum PeerCertificate: Sendable {
        /// Not requested (servers), not verified (clients).
        case ignored
        /// Servers only: requested, and verified if the client sends one.
        case optional
        case required
    }

    let context: OpaquePointer
    let isServer: Bool
    /// The certificate that this side presents.
    let certificate: Certificate?

    /// - Parameters:
    ///   - credential: the certificate that this side presents; nil for an agent without one
    ///   - caPEM: the CAs that the peer is verified with; nil: it is not verified
    package static func server(
        _ credential: Credential, clients: PeerCertificate = .ignored, caPEM: String? = nil
    ) throws(StandInError) -> StandInTLS {
        try StandInTLS(isServer: true, credential: credential, peer: clients, caPEM: caPEM, version: nil)
    }

    /// A client that verifies the server's chain (not its name) if `caPEM` is given.
    /// - Parameter version: the only version offered, such as `TLS1_2_VERSION`; nil: 1.2 and 1.3
    package static func client(
        _ credential: Credential? = nil, caPEM: String? = nil, version: Int32? = nil
    ) throws(StandInError) -> StandInTLS {
        try StandInTLS(isServer: false, credential: credential, peer: caPEM == nil ? .ignored : .required, caPEM: caPEM, version: version)
    }

    private init(
        isServer: Bool, credential: Credential?, peer: PeerCertificate, caPEM: String?, version: Int32?
    ) throws(StandInError) {
        guard let made = SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw OpenSSLFailure.crypto("SSL_CTX_new")
        }
        context = made
        self.isServer = isServer
        certificate = credential?.certificate
        _ = pf_SSL_CTX_set_min_proto_version(made, version ?? TLS1_2_VERSION)
        if let version { _ = pf_SSL_CTX_set_max_proto_version(made, version) }
        if let credential {
            guard SSL_CTX_use_certificate(made, credential.certificate.pointer) == 1,
                SSL_CTX_use_PrivateKey(made, credential.key.pointer) == 1
            else { throw OpenSSLFailure.crypto("credential") }
            for link in credential.chain { _ = pf_SSL_CTX_add1_chain_cert(made, link.pointer) }
        }
        if let caPEM { try StandInTLS.trust(caPEM, in: made) }
        let mode =
            switch peer {
            case .ignored: SSL_VERIFY_NONE
            case .optional: SSL_VERIFY_PEER
            case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
            }
        SSL_CTX_set_verify(made, mode, nil)
        _ = pf_SSL_CTX_set_session_cache_mode(made, 0)
    }

    deinit { SSL_CTX_free(context) }

    /// Adds every certificate of a PEM bundle to the context's store.
    private static func trust(_ bundle: String, in context: OpaquePointer) throws(StandInError) {
        let marker = "-----BEGIN CERTIFICATE-----"
        let parts = bundle.components(separatedBy: marker).dropFirst()
        guard !parts.isEmpty, let store = SSL_CTX_get_cert_store(context) else { throw .crypto("no CA certificate") }
        for part in parts {
            let certificate = try Certificate(pem: marker + part)
            guard X509_STORE_add_cert(store, certificate.pointer) == 1 else { throw OpenSSLFailure.crypto("X509_STORE_add_cert") }
        }
    }
}
