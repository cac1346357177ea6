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

    /// Of the client CAs.
    let standings: [IssuerStanding]
    package let heldBack: [HeldBackFile]

    let certificates: [ServedCertificate]
    let trust: CertificateStore?

    private init(
        settings: ListenerTLSSettings, certificates: [ServedCertificate], trust loaded: TrustLoader.Loaded?, ticketKeys: TicketKeys?,
        heldBack: [HeldBackFile], now: Int64
    ) {
        self.settings = settings
        self.ticketKeys = ticketKeys
        self.certificates = certificates
        self.heldBack = heldBack
        trust = loaded?.store
        standings = loaded?.standings ?? []
        var files: [String] = []
        let named =
            certificates.flatMap { [$0.files.chain, $0.files.key] } + (trust?.files ?? []) + [settings.ticketKeysInUse].compactMap { $0 }
        for file in named where !files.contains(file) { files.append(file) }
        self.files = files
        expiries = certificates.flatMap(\.expiries) + (trust?.expiries ?? [])
        warnings =
            expiries.compactMap { $0.warning(at: now) } + (loaded?.warnings(at: now) ?? []) + heldBack.map(\.line)
        trustGeneration = trust.flatMap { ServerTLSMaterial.generation($0) }
        sessionContext = trustGeneration.flatMap { ServerTLSMaterial.digest($0, and: [settings.clientCertificate == .required ? 1 : 0]) }
    }

    /// Why agents cannot come in now: none of the certificates that are served is valid, or no client CA's
    /// would be accepted. nil: they can.
    /// - Parameter now: seconds since 1970
    package func fault(at now: Int64) -> String? {
        if !certificates.contains(where: { $0.isValid(at: now) }) { return "none of the listener's certificates is valid now" }
        var first: String?
        for standing in standings where standing.issuesLeaves {
            guard case .refused(_, let reason, _) = standing.verdict(at: now) else { return nil }
            first = first ?? reason
        }
        return first.map { "no agent's certificate is accepted: \($0)" }
    }

    /// As `fault`, with the clock's time.
    package var faultNow: String? { fault(at: Timestamp.now()) }

    /// As `faultNow`, but for CAs that are revoked: that is meant.
    package var mistakeNow: String? {
        let now = Timestamp.now()
        let isMeant = standings.contains { standing in
            guard standing.issuesLeaves, case .refused(.certificateRevoked, _, _) = standing.verdict(at: now) else { return false }
            return true
        }
        return isMeant ? nil : fault(at: now)
    }

    /// Reads and checks everything: that each key fits its chain, that key types differ, that every CA has a CRL which it signed, that
    /// OpenSSL accepts it all at the security level, and that a good certificate would be accepted now. What would not, and what takes
    /// revocations back, is held back where something older is in force; else it is warned of.
    /// - Parameters:
    ///   - contents: what stands in the place of files
    ///   - ownTicketKeys: the process's, for tickets where the settings name no file
    package static func load(
        _ settings: ListenerTLSSettings, _ contents: FileContents = [:], ownTicketKeys: TicketKeys = TicketKeys(),
        inForce: MaterialInForce = MaterialInForce()
    ) throws(TLSMaterialError) -> ServerTLSMaterial {
        try load(settings, contents, ownTicketKeys: ownTicketKeys, inForce: inForce, now: Timestamp.now())
    }

    static func load(
        _ settings: ListenerTLSSettings, _ contents: FileContents = [:], ownTicketKeys: TicketKeys = TicketKeys(),
        inForce: MaterialInForce = MaterialInForce(), now: Int64
    ) throws(TLSMaterialError) -> ServerTLSMaterial {
        try ContextBasics.verifyCiphers(settings.rules)
        var heldBack: [HeldBackFile] = []
        var certificates: [ServedCertificate] = []
        for files in settings.certificates {
            let (certificate, held) = try ServedCertificate.load(files, contents, inForce: inForce, now: now)
            heldBack += [held].compactMap { $0 }
            if let other = certificates.first(where: { $0.key.type == certificate.key.type }) {
                throw TLSMaterialError(
                    file: files.chain,
                    problem: "is a second certificate with a key of type \(certificate.key.typeName), as \(other.files.chain) is")
            }
            certificates.append(certificate)
        }
        guard !certificates.isEmpty else { throw TLSMaterialError(file: "tls", problem: "names no certificate") }
        var trust: TrustLoader.Loaded?
        if settings.clientCertificate != .none {
            guard let ca = settings.clientCA else { throw TLSMaterialError(file: "tls", problem: "client certificates need client_ca") }
            guard settings.crl != nil || !settings.needsCRL else {
                throw TLSMaterialError(file: ca, problem: "client certificates need the CRLs of this CA (crl)")
            }
            trust = try TrustLoader(
                settings: .init(ca: ca, crl: settings.crl), purpose: .agents, rules: settings.rules, contents: contents, inForce: inForce,
                now: now
            ).load()
            heldBack += trust?.heldBack ?? []
        }
        var ticketKeys = settings.sessionTickets ? ownTicketKeys : nil
        if let file = settings.ticketKeysInUse { ticketKeys = TicketKeys(try TicketKeyFile(file)) }
        let material = ServerTLSMaterial(
            settings: settings, certificates: certificates, trust: trust, ticketKeys: ticketKeys, heldBack: heldBack, now: now)
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

    private static func generation(_ trust: CertificateStore) -> SHA256Digest? {
        let (rules, yes, no) = (trust.rules, UInt8(1), UInt8(0))
        let choices = [rules.expiredCRL == .accept ? yes : no, UInt8(clamping: rules.securityLevel), rules.crlCheck == .leaf ? yes : no]
        return digest(trust.generation, and: choices)
    }

    private static func digest(_ trust: SHA256Digest, and more: [UInt8]) -> SHA256Digest? {
        let bytes = trust.withBytes { Array($0) } + more
        return bytes.withUnsafeBytes { SHA256Digest(of: $0, algorithm: EVP_sha256()) }
    }
}
