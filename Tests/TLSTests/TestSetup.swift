import Model
import Settings
import Synchronization

@testable import TLS

/// A Puppet-like CA (root and intermediate), a server with two certificates, and agents' files in a folder.
final class TestSetup {
    let folder = TestFolder()
    let root: TestAuthority
    let intermediate: TestAuthority
    private let serverEC: TestCertificate
    private let serverRSA: TestCertificate
    /// Of the CRLs: what each CA revoked.
    var revokedByRoot: [Int] = []
    var revokedByIntermediate: [Int] = []
    var listsBegin = -3600
    var listsEnd = 86_400 * 365

    init(intermediateUntil: Int = 86_400 * 3650) {
        root = TestAuthority("Puppet Root CA", serial: 1)
        intermediate = TestAuthority("Puppet CA", serial: 2, issuer: root, until: intermediateUntil)
        var subject = TestSubject("puppet.example", serial: 3)
        subject.alternativeNames = "DNS:puppet.example,IP:192.0.2.7,IP:2001:db8::7"
        serverEC = intermediate.issue(subject)
        subject.serial = 4
        subject.key = .rsa
        serverRSA = intermediate.issue(subject)
        folder.write("ca.pem", root.certificate.pem + intermediate.certificate.pem)
    }

    var ca: String { "\(folder.path)/ca.pem" }

    func writeLists() -> String {
        folder.write(
            "crl.pem",
            root.crl(revoking: revokedByRoot, from: listsBegin, until: listsEnd)
                + intermediate.crl(revoking: revokedByIntermediate, from: listsBegin, until: listsEnd))
    }

    func files(_ name: String, _ certificate: TestCertificate, more: [UInt8] = []) -> CertificateFiles {
        CertificateFiles(
            chain: folder.write("\(name).pem", certificate.pem + more), key: folder.write("\(name).private.pem", certificate.key.pem))
    }

    func serverFiles() -> [CertificateFiles] { [files("server-ec", serverEC), files("server-rsa", serverRSA)] }

    func listener(_ change: (inout ListenerTLSSettings) -> Void = { _ in }) -> ListenerTLSSettings {
        var settings = ListenerTLSSettings(certificates: serverFiles(), clientCA: ca, crl: writeLists())
        change(&settings)
        return settings
    }

    func server(
        cache: VerifiedCertificateCache? = nil, clock: TestClock? = nil,
        _ change: (inout ListenerTLSSettings) -> Void = { _ in }
    ) throws -> ServerTLSContext {
        try ServerTLSContext(
            ServerTLSMaterial.load(listener(change)), identityFields: { name, der in name + Array(" \(der.count)".utf8) }, verified: cache,
            clock: { clock?.now ?? Timestamp.now() })
    }

    /// What the agent `name` uses; nil: no certificate.
    func client(_ certificate: TestCertificate? = nil, more: [UInt8] = [], _ change: (inout UpstreamTLSSettings) -> Void = { _ in }) throws
        -> ClientTLSContext
    {
        var settings = UpstreamTLSSettings(ca: ca, certificate: certificate.map { files("agent-\($0.serial)", $0, more: more) })
        change(&settings)
        return try ClientTLSContext(ClientTLSMaterial.load(settings))
    }

    func agent(_ certname: String = "agent.example", serial: Int = 100, _ change: (inout TestSubject) -> Void = { _ in }) -> TestCertificate
    {
        var subject = TestSubject(certname, serial: serial)
        change(&subject)
        return intermediate.issue(subject)
    }
}

/// Seconds that do not change until they are set.
final class TestClock: Sendable {
    private let seconds = Atomic(Timestamp.now())
    var now: Int64 { seconds.load(ordering: .relaxed) }
    func advance(_ by: Int64) { seconds.add(by, ordering: .relaxed) }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension HandshakeProgress {
    var failure: HandshakeFailure? {
        guard case .failed(let failure) = self else { return nil }
        return failure
    }
}
