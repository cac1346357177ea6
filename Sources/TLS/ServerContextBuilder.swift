import COpenSSL
import Settings

/// From a listener's material to an SSL_CTX, without who is asked for verdicts.
enum ServerContextBuilder {
    /// Owned by the caller.
    static func build(
        _ material: ServerTLSMaterial, certificates: [ServedCertificate], offersHTTP2: Bool = false
    ) throws(OpenSSLError) -> OpaquePointer {
        let settings = material.settings
        let context = try ContextBasics.make(
            TLS_server_method(), settings.rules)
        do {
            for certificate in certificates { try certificate.install(in: context) }
            if let trust = material.trust { try trustClients(of: trust, in: context, settings.clientCertificate) }
            try setSessionContext(context, material.sessionContext)
            if material.ticketKeys != nil { try SessionTickets.allow(in: context) }
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        SSL_CTX_set_alpn_select_cb(context, offersHTTP2 ? selectAny : selectHTTP1, nil)
        return context
    }

    private static func trustClients(
        of trust: CertificateStore, in context: OpaquePointer, _ wanted: ListenerTLSSettings.ClientCertificate
    ) throws(OpenSSLError) {
        SSL_CTX_set_cert_store(context, try trust.makeStore())
        for authority in trust.authorities where SSL_CTX_add_client_CA(context, authority.pointer) != 1 {
            throw .taking("name the client CA")
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (wanted == .required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
    }

    /// - Parameter name: nil: no client certificates are asked for. Any session may be resumed then, one of HAProxy's too: the name is its own.
    private static func setSessionContext(_ context: OpaquePointer, _ name: SHA256Digest?) throws(OpenSSLError) {
        let bytes = name?.withBytes { Array($0) } ?? Array("haproxy".utf8)
        guard SSL_CTX_set_session_id_context(context, bytes, UInt32(bytes.count)) == 1 else { throw .taking("set the session context") }
    }

    /// RFC 7301: of what the client offers we speak HTTP/1.1 (and 1.0); where it offers neither, the handshake fails with
    /// no_application_protocol. Clients without ALPN never come here.
    private static let selectHTTP1: SSL_CTX_alpn_select_cb_func = { _, selected, selectedCount, offered, offeredCount, _ in
        ServerContextBuilder.select("\u{8}http/1.1\u{8}http/1.0", selected, selectedCount, offered, offeredCount)
    }

    /// Likewise, and HTTP/2 rather than those.
    private static let selectAny: SSL_CTX_alpn_select_cb_func = { _, selected, selectedCount, offered, offeredCount, _ in
        ServerContextBuilder.select("\u{2}h2\u{8}http/1.1\u{8}http/1.0", selected, selectedCount, offered, offeredCount)
    }

    private static func select(
        _ spoken: StaticString, _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ selectedCount: UnsafeMutablePointer<UInt8>?,
        _ offered: UnsafePointer<UInt8>?, _ offeredCount: UInt32
    ) -> Int32 {
        let result = selected?.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 1) {
            SSL_select_next_proto($0, selectedCount, spoken.utf8Start, UInt32(spoken.utf8CodeUnitCount), offered, offeredCount)
        }
        return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
