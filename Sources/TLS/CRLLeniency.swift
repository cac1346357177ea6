import COpenSSL
import Settings

/// What a verification passes over: a CRL from up to five minutes ahead, as agents do, since the CA's clock is not ours; and, with
/// `crl_expired: accept`, one that has ended. Every other error stands.
enum CRLLeniency {
    typealias Callback = @convention(c) (Int32, OpaquePointer?) -> Int32

    static func callback(_ rules: TLSRules) -> Callback { rules.expiredCRL == .accept ? acceptExpired : acceptCurrent }

    private static let acceptCurrent: Callback = { decide($0, $1, expiredCRL: false) }
    private static let acceptExpired: Callback = { decide($0, $1, expiredCRL: true) }

    static func decide(_ accepted: Int32, _ verification: OpaquePointer?, expiredCRL: Bool) -> Int32 {
        guard accepted == 0, let verification else { return accepted }
        switch X509_STORE_CTX_get_error(verification) {
        case X509_V_ERR_CRL_HAS_EXPIRED where expiredCRL: break
        case X509_V_ERR_CRL_NOT_YET_VALID where hasAlmostBegun(verification): break
        default: return accepted
        }
        X509_STORE_CTX_set_error(verification, X509_V_OK)
        return 1
    }

    private static func hasAlmostBegun(_ verification: OpaquePointer) -> Bool {
        guard let list = X509_STORE_CTX_get0_current_crl(verification) else { return false }
        // The judge's clock where it has set one.
        let set = X509_STORE_CTX_get0_param(verification).map { Int64(X509_VERIFY_PARAM_get_time($0)) } ?? 0
        let now = set == 0 ? Timestamp.now() : set
        return Timestamp.seconds(X509_CRL_get0_lastUpdate(list)).map { $0 <= now + RevocationList.tolerance } ?? false
    }
}
