import StandIn
import TestKit
import Testing

struct StandInAuthorityTests {
    @Test func opensslAcceptsALeafAgainstBundleAndBothLists() throws {
        let folder = try TemporaryFolder()
        let authority = try StandInAuthority()
        let agent = try authority.issue(CertificateProfile("agent.test", extensions: [.role("database")]))
        try authority.writeTrust(to: folder.path)
        try folder.write(try agent.certificate.pem(), to: "leaf.pem")
        for purpose in ["sslclient", "sslserver"] {
            let result = try openssl(
                ["verify", "-x509_strict", "-crl_check_all", "-purpose", purpose, "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "leaf.pem"],
                in: folder)
            #expect(result.code == 0, "\(result.lines)")
        }
        #expect(agent.certificate.extensionText("1.3.6.1.4.1.34380.1.1.13") == "database")
    }

    @Test func aRevokedLeafIsOnTheNextList() throws {
        let folder = try TemporaryFolder()
        let authority = try StandInAuthority()
        let agent = try authority.issue("agent.test")
        #expect(authority.revoke("agent.test"))
        #expect(!authority.revoke("other.test"))
        try authority.writeTrust(to: folder.path)
        try folder.write(try agent.certificate.pem(), to: "leaf.pem")
        let result = try openssl(["verify", "-crl_check_all", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "leaf.pem"], in: folder)
        #expect(result.code != 0)
        #expect(result.lines.contains { $0.contains("certificate revoked") }, "\(result.lines)")
        #expect(authority.status(of: "agent.test") == "revoked")
    }

    @Test func expiredCertificatesAndListsAreMadeExpired() throws {
        let folder = try TemporaryFolder()
        let authority = try StandInAuthority()
        let old = try authority.issue(CertificateProfile("old.test", notAfter: -60))
        authority.setNextUpdate(-60)
        try authority.writeTrust(to: folder.path)
        try folder.write(try old.certificate.pem(), to: "leaf.pem")
        let certificate = try openssl(["verify", "-CAfile", "ca.pem", "leaf.pem"], in: folder)
        #expect(certificate.lines.contains { $0.contains("certificate has expired") }, "\(certificate.lines)")
        let fresh = try authority.issue("fresh.test")
        try folder.write(try fresh.certificate.pem(), to: "fresh.pem")
        let list = try openssl(["verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "fresh.pem"], in: folder)
        #expect(list.lines.contains { $0.contains("CRL has expired") }, "\(list.lines)")
    }

    @Test func aRequestIsSignedOnlyWithItsKey() throws {
        let authority = try StandInAuthority()
        let key = try KeyPair()
        let request = try CertificateRequest(certname: "new.test", key: key)
        #expect(request.isProven)
        #expect(try authority.sign(request).commonName == "new.test")
        try authority.hold(CertificateRequest(certname: "waits.test", key: key))
        #expect(authority.status(of: "waits.test") == "requested")
        #expect(try authority.signPending("waits.test"))
        #expect(authority.status(of: "waits.test") == "signed")
        #expect(try !authority.signPending("waits.test"))
    }

    @Test func keysAreWrittenForTheirOwnerAlone() throws {
        let folder = try TemporaryFolder()
        let authority = try StandInAuthority()
        let files = try authority.issue("proxy.test").write(to: folder.path)
        let result = try ChildProcess(["/usr/bin/stat", "-c", "%a", files.key, files.chain])
        #expect(result.waitForEnd() == 0)
        #expect(waitUntil { result.outputLines == ["600", "644"] }, "\(result.outputLines)")
    }

    private func openssl(_ arguments: [String], in folder: TemporaryFolder) throws -> (code: Int32?, lines: [String]) {
        let child = try ChildProcess(["/bin/sh", "-c", "cd \"$0\" && exec openssl \"$@\"", folder.path] + arguments)
        let code = child.waitForEnd()
        _ = waitUntil(within: .seconds(1)) { !(child.outputLines + child.errorLines).isEmpty }
        return (code, child.outputLines + child.errorLines)
    }
}
