/// A certificate with its key: the identity of a stand-in.
package struct Credential: Sendable {
    package let certificate: Certificate
    package let key: KeyPair
    /// What is sent after the certificate in a handshake: the intermediate.
    package let chain: [Certificate]

    package init(certificate: Certificate, key: KeyPair, chain: [Certificate]) {
        self.certificate = certificate
        self.key = key
        self.chain = chain
    }

    package var certname: String { certificate.commonName }

    /// Writes `NAME.pem` (the certificate and its intermediate) and `NAME.key` (0600) into `folder`.
    @discardableResult
    package func write(to folder: String, as name: String? = nil) throws -> CredentialFiles {
        let base = "\(folder)/\(name ?? certname)"
        let files = CredentialFiles(chain: base + ".pem", key: base + ".key")
        try PrivateFile.write(try ([certificate] + chain).map { try $0.pem() }.joined(), to: files.chain, mode: 0o644)
        try PrivateFile.write(try key.pem(), to: files.key, mode: 0o600)
        return files
    }
}

/// Where a credential was written.
package struct CredentialFiles: Sendable {
    package let chain: String
    package let key: String
}
