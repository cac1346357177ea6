import COpenSSL
import Settings

/// The TLS files for a pool's servers, read from disk and verified once per (re)load, shared by all workers.
package final class ClientTLSMaterial: Sendable {
    package let settings: UpstreamTLSSettings
    /// All files that it was read from, for change detection; without duplicates.
    package let files: [String]
    /// As `ServerTLSMaterial.warnings`.
    package let warnings: [String]
    package let expiries: [Expiry]
    package let heldBack: [HeldBackFile]
    let standings: [IssuerStanding]

    /// nil: the proxy presents no certificate.
    let certificate: ServedCertificate?
    /// nil only with `verify: none`.
    let trust: CertificateStore?

    private init(
        settings: UpstreamTLSSettings, certificate: ServedCertificate?, trust loaded: TrustLoader.Loaded?, heldBack: [HeldBackFile],
        now: Int64
    ) {
        self.settings = settings
        self.certificate = certificate
        self.heldBack = heldBack
        trust = loaded?.store
        standings = loaded?.standings ?? []
        var files: [String] = []
        for file in (certificate.map { [$0.files.chain, $0.files.key] } ?? []) + (trust?.files ?? []) where !files.contains(file) {
            files.append(file)
        }
        self.files = files
        expiries = (certificate?.expiries ?? []) + (trust?.expiries ?? [])
        warnings =
            expiries.compactMap { $0.warning(at: now) } + (loaded?.warnings(at: now) ?? []) + heldBack.map(\.line)
    }

    /// Reads and checks everything, as `ServerTLSMaterial.load`. Without `crl` servers are not checked for revocation.
    package static func load(
        _ settings: UpstreamTLSSettings, _ contents: FileContents = [:], inForce: MaterialInForce = MaterialInForce()
    ) throws(TLSMaterialError) -> ClientTLSMaterial {
        try load(settings, contents, inForce: inForce, now: Timestamp.now())
    }

    static func load(
        _ settings: UpstreamTLSSettings, _ contents: FileContents = [:], inForce: MaterialInForce = MaterialInForce(), now: Int64
    ) throws(TLSMaterialError) -> ClientTLSMaterial {
        try ContextBasics.verifyCiphers(settings.rules)
        var heldBack: [HeldBackFile] = []
        var certificate: ServedCertificate?
        if let files = settings.certificate {
            let (chosen, held) = try ServedCertificate.load(files, contents, inForce: inForce, now: now)
            certificate = chosen
            heldBack += [held].compactMap { $0 }
        }
        var trust: TrustLoader.Loaded?
        if let ca = settings.ca {
            trust = try TrustLoader(
                settings: .init(ca: ca, crl: settings.crl), purpose: .servers, rules: settings.rules, contents: contents, inForce: inForce,
                now: now
            ).load()
            heldBack += trust?.heldBack ?? []
        } else if settings.verify != .none {
            throw TLSMaterialError(file: "tls", problem: "verify: \(settings.verify.rawValue) needs ca")
        }
        let material = ClientTLSMaterial(settings: settings, certificate: certificate, trust: trust, heldBack: heldBack, now: now)
        do {
            _ = try ClientTLSContext(material)
        } catch {
            throw TLSMaterialError(file: certificate?.files.chain ?? settings.ca ?? "tls", problem: error.reason)
        }
        return material
    }

    /// Its contents, for `show ssl` and the page.
    package var parts: [MaterialFile] { (certificate.map { [$0.part] } ?? []) + (trust?.parts ?? []) }
}
