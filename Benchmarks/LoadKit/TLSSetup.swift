import COpenSSL

/// OpenSSL contexts for a stand-in agent and a stand-in server. Any mistake ends the process.
package enum TLSSetup {
    /// An agent: it presents its certificate, verifies the server's and offers session tickets like a real agent. Received
    /// tickets go into `tickets`; resuming is up to the caller.
    package static func client(ca: String, certificate: String, key: String, tickets: UnsafeMutablePointer<TicketJar>) -> OpaquePointer {
        let context = make(TLS_client_method(), ca: ca, certificate: certificate, key: key)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        _ = pf_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE))
        SSL_CTX_set_ex_data(context, 0, tickets)
        SSL_CTX_sess_set_new_cb(context) { session, ticket in
            guard let jar = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), 0), let ticket else { return 0 }
            return jar.assumingMemoryBound(to: TicketJar.self).pointee.take(ticket) ? 1 : 0
        }
        return context
    }

    /// A compiler: it requests a certificate from every client, as Puppet Server does from a proxy. No tickets.
    package static func server(ca: String, certificate: String, key: String) -> OpaquePointer {
        let context = make(TLS_server_method(), ca: ca, certificate: certificate, key: key)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_num_tickets(context, 0)
        return context
    }

    private static func make(_ method: OpaquePointer?, ca: String, certificate: String, key: String) -> OpaquePointer {
        guard let context = SSL_CTX_new(method) else { fail(1, "SSL_CTX_new failed") }
        guard SSL_CTX_load_verify_locations(context, ca, nil) == 1 else { fail(64, "cannot read \(ca)") }
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else { fail(64, "cannot read \(certificate)") }
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else { fail(64, "\(key) does not fit") }
        _ = pf_SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)
        // Only what agents and Puppet Server prefer, so that all proxies encrypt alike.
        _ = SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384")
        _ = pf_SSL_CTX_set_mode(context, Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        pf_SSL_CTX_set_read_ahead(context, 1)
        SSL_CTX_set_default_read_buffer_len(context, 65536)
        return context
    }
}
