import COpenSSL

/// One worker's side of a listener's TLS: an SSL_CTX of its own, since workers contend on a shared one. Never changed: a reload makes a new one,
/// and sessions that run keep theirs alive.
package final class ServerTLSContext {
    package let material: ServerTLSMaterial
    let pointer: OpaquePointer
    /// nil: client certificates are not asked for.
    let judge: CertificateJudge?

    /// - Parameters:
    ///   - identityFields: makes a connection's ready-made header lines from RFC 2253 DN and certificate in DER
    ///   - offersHTTP2: to clients that offer ALPN
    ///   - verified: this worker's own; emptied here where it was filled under other CAs or CRLs. nil: every certificate is verified each time.
    package convenience init(
        _ material: ServerTLSMaterial, identityFields: @escaping @Sendable (_ distinguishedName: [UInt8], _ der: [UInt8]) -> [UInt8],
        verified: VerifiedCertificateCache?, offersHTTP2: Bool = false
    ) throws(OpenSSLError) {
        try self.init(
            material, identityFields: identityFields, verified: verified, offersHTTP2: offersHTTP2, clock: Timestamp.now)
    }

    /// - Parameter clock: seconds since 1970
    init(
        _ material: ServerTLSMaterial, identityFields: @escaping @Sendable (_ distinguishedName: [UInt8], _ der: [UInt8]) -> [UInt8],
        verified: VerifiedCertificateCache?, offersHTTP2: Bool = false, clock: @escaping @Sendable () -> Int64
    ) throws(OpenSSLError) {
        self.material = material
        if let trust = material.trust, let generation = material.trustGeneration {
            judge = try CertificateJudge(
                trust: trust, generation: generation, cache: verified, identityFields: identityFields, clock: clock)
        } else {
            judge = nil
        }
        pointer = try ServerContextBuilder.build(material, certificates: material.certificates, offersHTTP2: offersHTTP2)
        SSL_CTX_set_cert_verify_callback(pointer, ServerTLSContext.verify, nil)
    }

    deinit { SSL_CTX_free(pointer) }

    /// The verdict about a certificate outside of its handshake; nil: this context asks for none, or OpenSSL has no memory.
    /// - Parameters:
    ///   - intermediates: what the agent sent with it; nil: nothing
    func verdict(_ leaf: OpaquePointer, intermediates: OpaquePointer?) -> CertificateJudge.Verdict? {
        guard let judge, let verification = X509_STORE_CTX_new() else { return nil }
        defer { X509_STORE_CTX_free(verification) }
        guard X509_STORE_CTX_init(verification, SSL_CTX_get_cert_store(pointer), leaf, intermediates) == 1,
            X509_STORE_CTX_set_default(verification, "ssl_client") == 1,
            X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(verification), SSL_CTX_get0_param(pointer)) == 1
        else {
            ERR_clear_error()
            return nil
        }
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(verification), SSL_CTX_get_security_level(pointer))
        return judge.judge(verification)
    }

    private static let verify: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { verification, _ in
        guard let verification, let ssl = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let session = TLSSession.of(OpaquePointer(ssl))
        else { return 0 }
        return session.verifyPeer(verification) ? 1 : 0
    }
}
