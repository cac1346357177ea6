import COpenSSL
import Settings

/// Would OpenSSL accept a good certificate of a CA? Asked with one that names its issuer and is not signed: everything but its
/// signature is verified as in a handshake, the CRLs and those of its issuers too.
struct TrustSelfTest {
    /// Whose certificates: by OpenSSL's names of their purposes.
    enum Purpose: String {
        case agents = "ssl_client"
        case servers = "ssl_server"
    }

    private static let hour: Int64 = 3600

    let store: CertificateStore
    let purpose: Purpose
    let rules: TLSRules

    /// nil: it would be accepted.
    /// - Parameter moment: seconds since 1970
    func fault(of authority: Certificate, at moment: Int64) -> HandshakeFailure? {
        defer { ERR_clear_error() }
        guard let trusted = try? store.makeStore(), let sample = TrustSelfTest.sample(of: authority, at: moment),
            let verification = X509_STORE_CTX_new()
        else { return HandshakeFailure(.certificateInvalid, reason: "it cannot be tried") }
        defer {
            X509_STORE_CTX_free(verification)
            X509_free(sample)
            X509_STORE_free(trusted)
        }
        guard X509_STORE_CTX_init(verification, trusted, sample, nil) == 1,
            X509_STORE_CTX_set_default(verification, purpose.rawValue) == 1
        else { return HandshakeFailure(.certificateInvalid, reason: "it cannot be tried") }
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(verification), Int32(clamping: rules.securityLevel))
        X509_STORE_CTX_set_time(verification, 0, time_t(moment))
        X509_STORE_CTX_set_verify_cb(verification, rules.expiredCRL == .accept ? TrustSelfTest.acceptExpired : TrustSelfTest.acceptCurrent)
        guard X509_verify_cert(verification) != 1 else { return nil }
        let code = X509_STORE_CTX_get_error(verification)
        var reason = String(cString: X509_verify_cert_error_string(Int(code)))
        if X509_STORE_CTX_get_error_depth(verification) > 0, let culprit = X509_STORE_CTX_get_current_cert(verification) {
            reason += ": " + String(decoding: DistinguishedName.text(X509_get_subject_name(culprit)), as: UTF8.self)
        }
        return HandshakeFailure(HandshakeFailure.kind(verifyCode: code), reason: reason)
    }

    /// Owned by the caller. Its key is the CA's own, which is long enough if any is; its serial is one that no CA gives.
    private static func sample(of authority: Certificate, at moment: Int64) -> OpaquePointer? {
        guard let sample = X509_new(), let key = X509_get0_pubkey(authority.pointer) else { return nil }
        let serial = Array("puppetfront's try".utf8)
        let name = X509_NAME_dup(X509_get_subject_name(authority.pointer))
        defer { X509_NAME_free(name) }
        guard X509_set_version(sample, 2) == 1, X509_set_issuer_name(sample, name) == 1, X509_set_pubkey(sample, key) == 1,
            ASN1_STRING_set(X509_get_serialNumber(sample), serial, Int32(serial.count)) == 1,
            ASN1_TIME_set(X509_getm_notBefore(sample), time_t(moment - hour)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(sample), time_t(moment + hour)) != nil,
            pf_X509_claim_signature(sample, signatureAlgorithm(of: key)) == 1
        else {
            X509_free(sample)
            return nil
        }
        // Which of two CAs of one name, where the CA says it.
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, authority.pointer, sample, nil, nil, 0)
        if let field = X509V3_EXT_conf_nid(nil, &context, NID_authority_key_identifier, "keyid") {
            X509_add_ext(sample, field, -1)
            X509_EXTENSION_free(field)
        }
        return sample
    }

    /// One that goes with the key, and with every security level.
    private static func signatureAlgorithm(of key: OpaquePointer) -> Int32 {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: NID_sha512WithRSAEncryption
        case EVP_PKEY_EC: NID_ecdsa_with_SHA512
        case let other: other
        }
    }

    private static let acceptCurrent: @convention(c) (Int32, OpaquePointer?) -> Int32 = { accepted, verification in
        decide(accepted, verification, expiredCRL: false)
    }

    private static let acceptExpired: @convention(c) (Int32, OpaquePointer?) -> Int32 = { accepted, verification in
        decide(accepted, verification, expiredCRL: true)
    }

    /// Passes over the missing signature, and over names that the CA may not give: the sample has none of an agent's.
    private static func decide(_ accepted: Int32, _ verification: OpaquePointer?, expiredCRL: Bool) -> Int32 {
        guard accepted == 0, let verification else { return accepted }
        switch X509_STORE_CTX_get_error(verification) {
        case X509_V_ERR_CERT_SIGNATURE_FAILURE where X509_STORE_CTX_get_error_depth(verification) == 0: return 1
        case X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION: return 1
        default: return CRLLeniency.decide(accepted, verification, expiredCRL: expiredCRL)
        }
    }
}
