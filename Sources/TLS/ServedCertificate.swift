import COpenSSL
import Settings

/// A chain and the key that fits its first certificate: what is sent to the peer.
struct ServedCertificate: Sendable {
    let files: CertificateFiles
    /// The leaf first.
    let chain: [Certificate]
    let key: PrivateKey
    /// What must be valid for it to be accepted: the leaf, and of the rest what leads from it towards the root.
    private let path: [Certificate]

    init(_ files: CertificateFiles, _ contents: FileContents) throws(TLSMaterialError) {
        self.files = files
        chain = try PEMFile(files.chain, contents).certificates()
        key = try PEMFile(files.key, contents).privateKey()
        path = chain.dropFirst().reduce([chain[0]]) { path, next in
            !next.hasIssued(next) && next.hasIssued(path[path.count - 1]) ? path + [next] : path
        }
        guard X509_check_private_key(chain[0].pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw TLSMaterialError(
                file: files.key, problem: "is not the key of the first certificate in \(files.chain) (\(chain[0].subject))")
        }
    }

    /// What stands in the files, or what is in force where that is valid now and the files' is not.
    static func load(
        _ files: CertificateFiles, _ contents: FileContents, inForce: MaterialInForce, now: Int64
    ) throws(TLSMaterialError) -> (ServedCertificate, HeldBackFile?) {
        let fresh = try ServedCertificate(files, contents)
        guard let fault = fresh.path.first(where: { !$0.isValid(at: now) }), let before = inForce.served[files], before.isValid(at: now)
        else { return (fresh, nil) }
        let begin = fresh.path.compactMap(\.notBefore).max() ?? now
        let isEarly = fault.notBefore ?? .max > now
        let what = isEarly ? "is not valid before \(Timestamp.text(begin))" : "expired on \(Timestamp.text(fault.notAfter ?? 0))"
        return (
            before,
            HeldBackFile(
                file: files.chain, reason: "certificate \(fault.subject) \(what); the one in force stays\(isEarly ? " until then" : "")",
                activatesAt: isEarly ? begin : nil)
        )
    }

    /// - Parameter now: seconds since 1970
    func isValid(at now: Int64) -> Bool { path.allSatisfy { $0.isValid(at: now) } }

    /// Makes `context` serve it. The context gets a key of its own, since OpenSSL 3.0 takes a lock of the key for each signature.
    func install(in context: OpaquePointer) throws(OpenSSLError) {
        guard let ownKey = EVP_PKEY_dup(key.pointer) else { throw .taking("copy the private key") }
        defer { EVP_PKEY_free(ownKey) }
        guard let rest = pf_sk_X509_new() else { throw .taking("build the chain") }
        defer { pf_sk_X509_free(rest) }
        for certificate in chain.dropFirst() where pf_sk_X509_push(rest, certificate.pointer) <= 0 { throw .taking("build the chain") }
        guard SSL_CTX_use_cert_and_key(context, chain[0].pointer, ownKey, rest, 1) == 1 else { throw .taking("use the certificate") }
    }

    var part: MaterialFile { MaterialFile(.certificate, path: files.chain, certificates: chain, key: key) }

    var expiries: [Expiry] { chain.compactMap { Expiry($0, file: files.chain) } }
}
