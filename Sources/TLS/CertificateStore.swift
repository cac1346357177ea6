import COpenSSL
import Settings

/// Whom we trust: CA certificates and their CRLs, read once and shared by all workers (`TrustLoader` chooses them).
/// Invariant: where there are CRLs, each CA that needs one has one that its own key signed, and no list of a CA's name is signed by another
/// key. Replacing a CRL means a new store: OpenSSL cannot replace one.
struct CertificateStore: Sendable {
    let authorities: [Certificate]
    let lists: [RevocationList]
    let rules: TLSRules
    /// A hash of all CA certificates and CRLs: equal only where the same is trusted.
    let generation: SHA256Digest
    let caFile: String
    let crlFile: String?

    init(
        _ authorities: [Certificate], _ lists: [RevocationList], rules: TLSRules, caFile: String, crlFile: String?
    ) throws(TLSMaterialError) {
        self.authorities = authorities
        self.lists = lists
        self.rules = rules
        self.caFile = caFile
        self.crlFile = crlFile
        let all = authorities.flatMap(\.der) + lists.flatMap { $0.digest?.withBytes { Array($0) } ?? [] }
        guard lists.allSatisfy({ $0.digest != nil }), let digest = all.withUnsafeBytes({ SHA256Digest(of: $0, algorithm: EVP_sha256()) })
        else {
            throw TLSMaterialError(file: caFile, problem: OpenSSLError.taking("hash it").reason)
        }
        generation = digest
    }

    var files: [String] { [caFile] + (crlFile.map { [$0] } ?? []) }

    /// An X509_STORE of its own for one worker's context: its lock is taken for each lookup. Owned by the caller.
    func makeStore() throws(OpenSSLError) -> OpaquePointer {
        guard let store = X509_STORE_new() else { throw .taking("make a certificate store") }
        let flags = lists.isEmpty ? 0 : X509_V_FLAG_CRL_CHECK | (rules.crlCheck == .chain ? X509_V_FLAG_CRL_CHECK_ALL : 0)
        var complete = X509_STORE_set_flags(store, UInt(flags)) == 1
        for authority in authorities { complete = complete && X509_STORE_add_cert(store, authority.pointer) == 1 }
        for list in lists { complete = complete && X509_STORE_add_crl(store, list.pointer) == 1 }
        guard complete else {
            X509_STORE_free(store)
            throw .taking("fill the certificate store")
        }
        return store
    }

    /// The earliest end of the CRLs that apply to `chain`; `.max` if none has an end.
    func earliestListEnd(for chain: OpaquePointer) -> Int64 {
        let count = rules.crlCheck == .leaf ? min(1, pf_sk_X509_num(chain)) : pf_sk_X509_num(chain)
        var earliest = Int64.max
        for list in lists {
            guard let end = list.nextUpdate, end < earliest else { continue }
            for index in 0..<count {
                guard let certificate = pf_sk_X509_value(chain, index) else { continue }
                if X509_NAME_cmp(X509_get_issuer_name(certificate), list.issuerName) == 0 { earliest = end }
            }
        }
        return earliest
    }

    var parts: [MaterialFile] {
        let trusted = MaterialFile(.authorities, path: caFile, certificates: authorities)
        guard let crlFile, !lists.isEmpty else { return [trusted] }
        return [trusted, MaterialFile(.revocationLists, path: crlFile, lists: lists)]
    }

    var expiries: [Expiry] {
        authorities.compactMap { Expiry($0, file: caFile) } + lists.compactMap { Expiry($0, file: crlFile ?? caFile) }
    }

    // MARK: Is it good?

    /// Of each CA whose certificates could be accepted at all, in the file's order.
    func standings(_ purpose: TrustSelfTest.Purpose, now: Int64) -> [IssuerStanding] {
        authorities.compactMap { authority in
            if rules.crlCheck == .leaf, !lists.isEmpty, self.lists(of: authority).isEmpty { return nil }
            let issuesLeaves = !authorities.contains { $0 !== authority && !$0.isSameIssuer(as: authority) && authority.hasIssued($0) }
            guard let chain = chain(of: authority, now: now) else {
                let issuer = String(decoding: DistinguishedName.text(X509_get_issuer_name(authority.pointer)), as: UTF8.self)
                return IssuerStanding(
                    authority, issuesLeaves: issuesLeaves, terms: [],
                    fault: HandshakeFailure(
                        .unknownCA, reason: "the certificates of its issuers, up to a root, are not there (issuer \(issuer))"))
            }
            let speaking = (rules.crlCheck == .leaf ? [authority] : chain).flatMap(self.lists)
            let terms =
                chain.map { IssuerStanding.Term($0) }
                + speaking.map { IssuerStanding.Term($0, expiredCRL: rules.expiredCRL == .accept) }
            let test = TrustSelfTest(store: self, purpose: purpose, rules: rules)
            return IssuerStanding(
                authority, issuesLeaves: issuesLeaves, terms: terms,
                fault: test.fault(of: authority, at: IssuerStanding.validMoment(terms, now: now)))
        }
    }

    private func lists(of authority: Certificate) -> [RevocationList] { lists.filter { authority.isNamed($0.issuerName) } }

    /// The CA and its issuers up to a root; nil where the root is not there. Of two issuers the one that is valid now.
    private func chain(of authority: Certificate, now: Int64) -> [Certificate]? {
        var chain = [authority]
        while let last = chain.last, !last.hasIssued(last) {
            let issuers = authorities.filter { issuer in issuer.hasIssued(last) && !chain.contains { $0 === issuer } }
            guard let next = issuers.first(where: { $0.isValid(at: now) }) ?? issuers.first else { return nil }
            chain.append(next)
        }
        return chain
    }
}
