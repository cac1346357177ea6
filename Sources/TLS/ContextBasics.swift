import COpenSSL

/// What both sides' contexts have in common.
enum ContextBasics {
    /// ECDHE with AEAD first; an ECDSA certificate before RSA, and AES-128 before AES-256, because they cost less. CBC with SHA-2 ends the list
    /// for the oldest TLS 1.2 agents.
    private static let cipherList =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"
        + "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384"
    private static let cipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    private static let groups = "X25519:P-256:P-384:P-521"
    /// Root, intermediates, leaf: Puppet has three.
    private static let deepestChain: Int32 = 8
    /// Bytes of the other side's Certificate message, which is held before anything is known about it; Puppet's has some 3 KiB.
    private static let largestCertificateMessage = 32 << 10

    /// A new SSL_CTX, owned by the caller. No compression, renegotiation, early data, session cache, nor tickets (`SessionTickets`); the server's cipher order;
    /// the chain is sent as its file has it. Whatever the system's openssl.cnf says about these is overridden.
    static func make(_ method: OpaquePointer?, minimumVersion: Int32, securityLevel: Int32) throws(OpenSSLError) -> OpaquePointer {
        guard let context = SSL_CTX_new(method) else { throw .taking("make a TLS context") }
        pf_SSL_CTX_set_strict_options(context)
        let modes =
            SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
            | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN
        _ = pf_SSL_CTX_set_mode(context, Int(modes))
        pf_SSL_CTX_set_read_ahead(context, 1)
        _ = pf_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_OFF))
        SSL_CTX_set_num_tickets(context, 0)
        SSL_CTX_set_max_early_data(context, 0)
        SSL_CTX_set_security_level(context, securityLevel)
        SSL_CTX_set_verify_depth(context, deepestChain)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, largestCertificateMessage, nil)
        guard pf_SSL_CTX_set_min_proto_version(context, minimumVersion) == 1,
            pf_SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1,
            SSL_CTX_set_cipher_list(context, cipherList) == 1, SSL_CTX_set_ciphersuites(context, cipherSuites) == 1,
            pf_SSL_CTX_set1_groups_list(context, groups) == 1
        else {
            SSL_CTX_free(context)
            throw .taking("set TLS versions and ciphers")
        }
        return context
    }
}
