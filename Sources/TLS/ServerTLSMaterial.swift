import COpenSSL
import Settings

/// Everything that a listener's TLS is made of, read from disk and checked once per (re)load, shared by all workers. Each worker builds its
/// own `ServerTLSContext` from it.
package final class ServerTLSMaterial: Sendable {
    package let settings: ListenerTLSSettings
    /// All files it was read from, for change detection; no doubles.
    package let files: [String]
    /// One sentence each: certificates and CRLs that have expired or soon will, with file and date.
    package let warnings: [String]
    package let expiries: [Expiry]
    /// A hash of CA certificates, CRLs and the rules they are used by. Equal: a certificate that was accepted would be again. nil: no
    /// client certificates are asked for.
    package let trustGeneration: SHA256Digest?
    /// Sessions are resumed only where this is the same: under the same trust, and where certificates are asked for the same way. nil: no
    /// client certificates are asked for.
    let sessionContext: SHA256Digest?
    /// nil: no session is resumed.
    let ticketKeys: TicketKeys?

    let certificates: [ServedCertificate]
    let trust: CertificateStore?

    private init(
        settings: ListenerTLSSettings, certificates: [ServedCertificate], trust: CertificateStore?, ticketKeys: TicketKeys?, now: Int64
    ) {
        self.settings = settings
        self.ticketKeys = ticketKeys
        self.certificates = certificates
        self.trust = trust
        var files: [String] = []
        let named =
            certificates.flatMap { [$0.files.chain, $0.files.key] } + (trust?.files ?? []) + [settings.ticketKeysInUse].compactMap { $0 }
        for file in named where !files.contains(file) { files.append(file) }
        self.files = files
        expiries = certificates.flatMap(\.expiries) + (trust?.expiries ?? [])
        warnings = expiries.compactMap { $0.warning(at: now) }
        trustGeneration = trust.flatMap { ServerTLSMaterial.generation($0, settings) }
        sessionContext = trustGeneration.flatMap { ServerTLSMaterial.digest($0, and: [settings.clientCertificate == .required ? 1 : 0]) }
    }

    /// Reads and checks everything: that each key fits its chain, that key types differ, that every CA has a CRL which it signed, and that
    /// OpenSSL accepts it all at the security level. Expired files are warned of, not refused.
    /// - Parameters:
    ///   - contents: what stands in the place of files
    ///   - ownTicketKeys: the process's, for tickets where the settings name no file
    package static func load(
        _ settings: ListenerTLSSettings, _ contents: FileContents = [:], ownTicketKeys: TicketKeys = TicketKeys()
    ) throws(TLSMaterialError) -> ServerTLSMaterial {
        try load(settings, contents, ownTicketKeys: ownTicketKeys, now: Timestamp.now())
    }

    static func load(
        _ settings: ListenerTLSSettings, _ contents: FileContents = [:], ownTicketKeys: TicketKeys = TicketKeys(), now: Int64
    ) throws(TLSMaterialError) -> ServerTLSMaterial {
        var certificates: [ServedCertificate] = []
        for files in settings.certificates {
            let certificate = try ServedCertificate(files, contents)
            if let other = certificates.first(where: { $0.key.type == certificate.key.type }) {
                throw TLSMaterialError(
                    file: files.chain,
                    problem: "is a second certificate with a key of type \(certificate.key.typeName), beside \(other.files.chain)")
            }
            certificates.append(certificate)
        }
        guard !certificates.isEmpty else { throw TLSMaterialError(file: "tls", problem: "names no certificate") }
        var trust: CertificateStore?
        if settings.clientCertificate != .none {
            guard let ca = settings.clientCA else { throw TLSMaterialError(file: "tls", problem: "client certificates need client_ca") }
            guard let crl = settings.crl else {
                throw TLSMaterialError(file: ca, problem: "client certificates need the CRLs of this CA (crl)")
            }
            trust = try CertificateStore(ca: ca, crl: crl, contents)
        }
        var ticketKeys = settings.sessionTickets ? ownTicketKeys : nil
        if let file = settings.ticketKeysInUse { ticketKeys = TicketKeys(try TicketKeyFile(file)) }
        let material = ServerTLSMaterial(settings: settings, certificates: certificates, trust: trust, ticketKeys: ticketKeys, now: now)
        try material.tryOut()
        return material
    }

    /// The name by which agents call this listener, since they verify it: the first certificate's common name, else the first of its names
    /// without a wildcard. nil: it has none.
    package var agentsName: String? { certificates.first?.chain.first?.hostName }

    /// What it was made of, for who asks.
    package var parts: [MaterialFile] { certificates.map(\.part) + (trust?.parts ?? []) }

    /// OpenSSL judges keys and signatures by the security level only when they are put into a context: do it once now, so that mistakes
    /// are told with their file.
    private func tryOut() throws(TLSMaterialError) {
        do {
            SSL_CTX_free(try ServerContextBuilder.build(self, certificates: []))
        } catch {
            throw TLSMaterialError(file: trust?.files[0] ?? certificates[0].files.chain, problem: error.reason)
        }
        for certificate in certificates {
            do {
                SSL_CTX_free(try ServerContextBuilder.build(self, certificates: [certificate]))
            } catch {
                throw TLSMaterialError(file: certificate.files.chain, problem: error.reason)
            }
        }
    }

    private static func generation(_ trust: CertificateStore, _ settings: ListenerTLSSettings) -> SHA256Digest? {
        let expired: UInt8 = settings.expiredCRL == .accept ? 1 : 0
        return digest(trust.generation, and: [expired, UInt8(clamping: settings.securityLevel)])
    }

    private static func digest(_ trust: SHA256Digest, and more: [UInt8]) -> SHA256Digest? {
        let bytes = trust.withBytes { Array($0) } + more
        return bytes.withUnsafeBytes { SHA256Digest(of: $0, algorithm: EVP_sha256()) }
    }
}
