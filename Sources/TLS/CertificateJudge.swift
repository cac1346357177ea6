import COpenSSL
import Model
import Settings

/// Verifies an agent's certificate for one worker's context: from the cache if the same certificate was verified recently, else by
/// OpenSSL's full verification (chain, purpose, dates, CRLs of every CA).
final class CertificateJudge {
    enum Verdict {
        case accepted(ClientIdentity)
        case refused(HandshakeFailure)
    }

    private let trust: CertificateStore
    private let generation: SHA256Digest
    private let leniency: CRLLeniency.Callback
    private let acceptsExpiredLists: Bool
    private let identityFields: @Sendable (_ distinguishedName: [UInt8], _ der: [UInt8]) -> [UInt8]
    private let cache: VerifiedCertificateCache?
    private let clock: @Sendable () -> Int64
    private let sha256: OpaquePointer

    init(
        trust: CertificateStore, generation: SHA256Digest, cache: VerifiedCertificateCache?,
        identityFields: @escaping @Sendable (_ distinguishedName: [UInt8], _ der: [UInt8]) -> [UInt8],
        clock: @escaping @Sendable () -> Int64
    ) throws(OpenSSLError) {
        guard let sha256 = EVP_MD_fetch(nil, "SHA256", nil) else { throw .taking("find SHA-256") }
        self.sha256 = sha256
        self.trust = trust
        self.generation = generation
        leniency = CRLLeniency.callback(trust.rules)
        acceptsExpiredLists = trust.rules.expiredCRL == .accept
        self.identityFields = identityFields
        self.cache = cache
        self.clock = clock
        cache?.bind(to: generation)
    }

    deinit { EVP_MD_free(sha256) }

    /// Certificates that the peer sent with its leaf (real agents send the CA's) make no difference to the cache: an entry means
    /// that the leaf verifies with trusted certificates alone, and OpenSSL looks for issuers among the trusted ones first.
    /// - Parameter verification: ready for `X509_verify_cert`; its error code is set for OpenSSL's alert
    func judge(_ verification: OpaquePointer) -> Verdict {
        guard let leaf = X509_STORE_CTX_get0_cert(verification) else {
            X509_STORE_CTX_set_error(verification, X509_V_ERR_UNSPECIFIED)
            return .refused(HandshakeFailure(.certificateInvalid, reason: "no certificate to verify"))
        }
        let now = clock()
        let der = DER.encode { i2d_X509(leaf, $0) }
        let name = cache != nil ? der.withUnsafeBytes { SHA256Digest(of: $0, algorithm: sha256) } : nil
        if let name, let known = cache?.identity(for: name, under: generation, now: now) {
            X509_STORE_CTX_set_error(verification, X509_V_OK)
            return .accepted(known)
        }
        X509_STORE_CTX_set_time(verification, 0, time_t(now))
        X509_STORE_CTX_set_verify_cb(verification, leniency)
        guard X509_verify_cert(verification) == 1 else { return refuse(verification, leaf) }
        guard let identity = PeerCertificate.identity(of: leaf, der: der, identityFields: identityFields) else {
            X509_STORE_CTX_set_error(verification, X509_V_ERR_CERT_REJECTED)
            return refuse(verification, leaf)
        }
        if let name, let chain = X509_STORE_CTX_get0_chain(verification), X509_STORE_CTX_get_num_untrusted(verification) <= 1 {
            cache?.insert(identity, for: name, under: generation, now: now, until: end(of: chain))
        }
        return .accepted(identity)
    }

    /// The first second at which one of the chain's certificates or CRLs has expired; in the past if a date cannot be read.
    private func end(of chain: OpaquePointer) -> Int64 {
        var end = acceptsExpiredLists ? Int64.max : trust.earliestListEnd(for: chain)
        for index in 0..<pf_sk_X509_num(chain) {
            guard let certificate = pf_sk_X509_value(chain, index) else { continue }
            end = min(end, Timestamp.seconds(X509_get0_notAfter(certificate)) ?? .min)
        }
        return end
    }

    private func refuse(_ verification: OpaquePointer, _ leaf: OpaquePointer) -> Verdict {
        var code = X509_STORE_CTX_get_error(verification)
        if code == X509_V_OK {
            code = X509_V_ERR_UNSPECIFIED
            X509_STORE_CTX_set_error(verification, code)
        }
        ERR_clear_error()
        let kind = HandshakeFailure.kind(verifyCode: code)
        var reason = kind == .unusableName ? "no usable common name" : String(cString: X509_verify_cert_error_string(Int(code)))
        if X509_STORE_CTX_get_error_depth(verification) > 0, let culprit = X509_STORE_CTX_get_current_cert(verification) {
            reason += ": " + String(decoding: DistinguishedName.text(X509_get_subject_name(culprit)), as: UTF8.self)
        }
        let certname = DistinguishedName.commonName(X509_get_subject_name(leaf)).map { String(decoding: $0, as: UTF8.self) }
        let serial = String(decoding: PeerCertificate.serial(of: leaf), as: UTF8.self)
        return .refused(HandshakeFailure(kind, certname: certname, serial: serial, reason: reason))
    }
}
