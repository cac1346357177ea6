import COpenSSL
import Settings

/// Everything that speaking TLS to a pool's servers needs, read from disk and checked once per (re)load, shared by all workers.
package final class ClientTLSMaterial: Sendable {
    package let settings: UpstreamTLSSettings
    /// All files it was read from, for change detection; no doubles.
    package let files: [String]
    /// As `ServerTLSMaterial.warnings`.
    package let warnings: [String]
    package let expiries: [Expiry]

    /// nil: our side shows no certificate.
    let certificate: ServedCertificate?
    /// nil only with `verify: none`.
    let trust: CertificateStore?

    private init(settings: UpstreamTLSSettings, certificate: ServedCertificate?, trust: CertificateStore?, now: Int64) {
        self.settings = settings
        self.certificate = certificate
        self.trust = trust
        var files: [String] = []
        for file in (certificate.map { [$0.files.chain, $0.files.key] } ?? []) + (trust?.files ?? []) where !files.contains(file) {
            files.append(file)
        }
        self.files = files
        expiries = (certificate?.expiries ?? []) + (trust?.expiries ?? [])
        warnings = expiries.compactMap { $0.warning(at: now) }
    }

    /// Reads and checks everything, as `ServerTLSMaterial.load`. Without `crl` servers are not checked for revocation.
    package static func load(_ settings: UpstreamTLSSettings, _ contents: FileContents = [:]) throws(TLSMaterialError) -> ClientTLSMaterial
    {
        var certificate: ServedCertificate?
        if let files = settings.certificate { certificate = try ServedCertificate(files, contents) }
        var trust: CertificateStore?
        if let ca = settings.ca {
            trust = try CertificateStore(ca: ca, crl: settings.crl, contents)
        } else if settings.verify != .none {
            throw TLSMaterialError(file: "tls", problem: "verify: \(settings.verify.rawValue) needs ca")
        }
        let material = ClientTLSMaterial(settings: settings, certificate: certificate, trust: trust, now: Timestamp.now())
        do {
            _ = try ClientTLSContext(material)
        } catch {
            throw TLSMaterialError(file: certificate?.files.chain ?? settings.ca ?? "tls", problem: error.reason)
        }
        return material
    }

    /// What it was made of, for who asks.
    package var parts: [MaterialFile] { (certificate.map { [$0.part] } ?? []) + (trust?.parts ?? []) }
}
