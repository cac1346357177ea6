import COpenSSL
import Settings

/// Settings that the contexts of both sides share.
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
    /// Bytes of the peer's Certificate message, which is buffered before it is verified; Puppet's has some 3 KiB.
    private static let largestCertificateMessage = 32 << 10

    /// A new SSL_CTX, owned by the caller. No compression, renegotiation, early data, session cache, nor tickets (`SessionTickets`); the server's cipher order;
    /// the chain is sent as its file has it. Whatever the system's openssl.cnf says about these is overridden.
    static func make(_ method: OpaquePointer?, _ rules: TLSRules) throws(OpenSSLError) -> OpaquePointer {
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
        SSL_CTX_set_security_level(context, Int32(clamping: rules.securityLevel))
        SSL_CTX_set_verify_depth(context, deepestChain)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, largestCertificateMessage, nil)
        let ciphers = ciphers(rules)
        guard pf_SSL_CTX_set_min_proto_version(context, rules.minimumVersion == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1,
            pf_SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1,
            SSL_CTX_set_cipher_list(context, ciphers.list) == 1, SSL_CTX_set_ciphersuites(context, ciphers.suites) == 1,
            pf_SSL_CTX_set1_groups_list(context, groups) == 1
        else {
            SSL_CTX_free(context)
            throw .taking("set TLS versions and ciphers")
        }
        return context
    }

    /// TLS 1.2's, and TLS 1.3's, which OpenSSL has apart; all names of the latter begin with `TLS_`.
    private static func ciphers(_ rules: TLSRules) -> (list: String, suites: String) {
        let words = rules.ciphers?.split(separator: ":") ?? []
        let (list, suites) = (words.filter { !$0.hasPrefix("TLS_") }, words.filter { $0.hasPrefix("TLS_") })
        return (
            list.isEmpty ? cipherList : list.joined(separator: ":"), suites.isEmpty ? cipherSuites : suites.joined(separator: ":")
        )
    }

    /// OpenSSL passes over names that it does not know; here they are mistakes.
    static func verifyCiphers(_ rules: TLSRules) throws(TLSMaterialError) {
        guard let named = rules.ciphers else { return }
        guard let context = SSL_CTX_new(TLS_method()) else {
            throw TLSMaterialError(file: "tls", problem: OpenSSLError.taking("try ciphers").reason)
        }
        defer {
            SSL_CTX_free(context)
            ERR_clear_error()
        }
        for word in named.split(separator: ":", omittingEmptySubsequences: false) {
            let name = String(word.drop { "!+-".contains($0) })
            let isKnown =
                name.hasPrefix("TLS_")
                ? SSL_CTX_set_ciphersuites(context, name) == 1
                : name.hasPrefix("@") || !name.isEmpty && SSL_CTX_set_cipher_list(context, name) == 1
            guard isKnown else { throw TLSMaterialError(file: "tls", problem: "ciphers: OpenSSL knows none of the name \"\(word)\"") }
        }
    }
}
