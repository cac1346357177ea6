import COpenSSL
import Settings

/// A chain and the key that fits its first certificate: what we show to the other side.
struct ServedCertificate: Sendable {
    let files: CertificateFiles
    /// The leaf first.
    let chain: [Certificate]
    let key: PrivateKey

    init(_ files: CertificateFiles, _ contents: FileContents) throws(TLSMaterialError) {
        self.files = files
        chain = try PEMFile(files.chain, contents).certificates()
        key = try PEMFile(files.key, contents).privateKey()
        guard X509_check_private_key(chain[0].pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw TLSMaterialError(
                file: files.key, problem: "is not the key of the first certificate in \(files.chain) (\(chain[0].subject))")
        }
    }

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
