import COpenSSL

/// Whom we trust: CA certificates and their CRLs, read once and shared by all workers.
/// Invariant: where there are CRLs, each CA has one that its own key signed. Replacing a CRL means a new store: OpenSSL cannot replace one.
struct CertificateStore: Sendable {
    let authorities: [Certificate]
    let lists: [RevocationList]
    /// A hash of every byte of the CA certificates and CRLs: equal only where the same is trusted.
    let generation: SHA256Digest
    let files: [String]

    /// - Parameter crl: nil: nothing is checked for revocation
    init(ca: String, crl: String?, _ contents: FileContents) throws(TLSMaterialError) {
        authorities = try PEMFile(ca, contents).certificates()
        for authority in authorities where X509_check_ca(authority.pointer) == 0 {
            throw TLSMaterialError(file: ca, problem: "certificate \(authority.subject) is no CA's")
        }
        if let crl {
            lists = try PEMFile(crl, contents).revocationLists()
            for authority in authorities where !CertificateStore.isCovered(authority, by: lists) {
                throw TLSMaterialError(file: crl, problem: "holds no CRL that the CA \(authority.subject) signed")
            }
            // Sorts the entries now, while nobody else reads them.
            for list in lists { X509_CRL_get0_by_cert(list.pointer, nil, authorities[0].pointer) }
        } else {
            lists = []
        }
        files = [ca] + (crl.map { [$0] } ?? [])
        var all: [UInt8] = []
        for authority in authorities { all += authority.der }
        for list in lists { all += list.der }
        guard let digest = all.withUnsafeBytes({ SHA256Digest(of: $0, algorithm: EVP_sha256()) }) else {
            throw TLSMaterialError(file: ca, problem: OpenSSLError.taking("hash it").reason)
        }
        generation = digest
    }

    /// An X509_STORE of its own for one worker's context: its lock is taken for each lookup. Owned by the caller.
    func makeStore() throws(OpenSSLError) -> OpaquePointer {
        guard let store = X509_STORE_new() else { throw .taking("make a certificate store") }
        var complete = X509_STORE_set_flags(store, lists.isEmpty ? 0 : UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)) == 1
        for authority in authorities { complete = complete && X509_STORE_add_cert(store, authority.pointer) == 1 }
        for list in lists { complete = complete && X509_STORE_add_crl(store, list.pointer) == 1 }
        guard complete else {
            X509_STORE_free(store)
            throw .taking("fill the certificate store")
        }
        return store
    }

    /// The earliest end of the CRLs that speak for `chain`; `.max` where none says an end.
    func earliestListEnd(for chain: OpaquePointer) -> Int64 {
        var earliest = Int64.max
        for list in lists {
            guard let end = list.nextUpdate, end < earliest else { continue }
            for index in 0..<pf_sk_X509_num(chain) {
                guard let certificate = pf_sk_X509_value(chain, index) else { continue }
                if X509_NAME_cmp(X509_get_issuer_name(certificate), list.issuerName) == 0 { earliest = end }
            }
        }
        return earliest
    }

    var parts: [MaterialFile] {
        let trusted = MaterialFile(.authorities, path: files[0], certificates: authorities)
        return lists.isEmpty ? [trusted] : [trusted, MaterialFile(.revocationLists, path: files[files.count - 1], lists: lists)]
    }

    var expiries: [Expiry] {
        authorities.compactMap { Expiry($0, file: files[0]) } + lists.compactMap { Expiry($0, file: files[files.count - 1]) }
    }

    private static func isCovered(_ authority: Certificate, by lists: [RevocationList]) -> Bool {
        guard let key = X509_get0_pubkey(authority.pointer) else { return false }
        for list in lists where authority.isNamed(list.issuerName) {
            if X509_CRL_verify(list.pointer, key) == 1 { return true }
            ERR_clear_error()
        }
        return false
    }
}
