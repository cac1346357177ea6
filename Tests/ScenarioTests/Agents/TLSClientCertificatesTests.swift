import StandIn
import TestKit
import Testing

struct TLSClientCertificatesTests {
    /// What the handshake's alerts are called in RFC 8446 section 6.
    @Test(arguments: [("expired", [45]), ("revoked", [44]), ("unknownAuthority", [48]), ("notYetValid", [42, 45, 46])])
    func aCertificateThatDoesNotVerifyIsRefusedInTheHandshake(_ defect: String, _ alerts: [UInt8]) throws {
        let scene = try Scene()
        let server = try scene.server()
        let credential: Credential
        switch defect {
        case "expired": credential = try scene.authority.issue(CertificateProfile("bad.test", notAfter: -60))
        case "notYetValid": credential = try scene.authority.issue(CertificateProfile("bad.test", notBefore: 3600))
        case "revoked":
            credential = try scene.authority.issue("bad.test")
            scene.authority.revoke("bad.test")
            try scene.authority.writeTrust(to: scene.folder.path)
        default: credential = try StandInAuthority(name: "stranger").issue("bad.test")
        }
        let proxy = try scene.start(.pool(server.address))
        for version in [nil, Int32(0x0303)] {
            do {
                let client = try RawClient(proxy.port(), tls: .client(credential, caPEM: scene.authority.caPEM(), version: version))
                _ = try client.exchange(Requests.metadata())
                Issue.record("served")
            } catch StandInError.tls(let alert, _) {
                #expect(alert.map(alerts.contains) == true, "alert \(String(describing: alert))")
            }
        }
        #expect(server.requestCount == 0)
        #expect(proxy.waitForMessage { $0.contains("bad.test") } != nil, "one line says who and why: \(proxy.messages)")
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    @Test func noneIsWelcomeWhereItIsOptional() throws {
        let scene = try Scene()
        let ca = try scene.server { $0.authority = scene.authority }
        let proxy = try scene.start(.pool(ca.address))
        let client = try scene.connect(proxy, as: nil)
        #expect(try client.exchange(Requests.get("/puppet-ca/v1/certificate/ca")).status == 200)
        #expect(ca.requests.first?.head.all("X-Client-Verify") == ["NONE"])
    }

    @Test func noneIsRefusedWhereItIsRequired() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.tlsLines = ["client_certificate: required"]
        let proxy = try scene.start(configuration)
        do {
            _ = try scene.connect(proxy, as: nil).exchange(Requests.metadata())
            Issue.record("served")
        } catch StandInError.tls(let alert, _) {
            #expect(alert == 116 || alert == 40, "certificate_required, under TLS 1.2 handshake_failure")
        }
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    @Test(arguments: [("refuse", false), ("accept", true)])
    func anExpiredListIsTreatedAsConfigured(_ word: String, _ isServed: Bool) throws {
        let scene = try Scene()
        let server = try scene.server()
        scene.authority.setNextUpdate(-60)
        try scene.authority.writeTrust(to: scene.folder.path)
        var configuration = Configuration.pool(server.address)
        configuration.tlsLines = ["crl_expired: \(word)"]
        let proxy = try scene.start(configuration)
        let status = try? scene.connect(proxy).exchange(Requests.metadata()).status
        #expect(status == (isServed ? 200 : nil))
    }

    @Test(arguments: [KeyPair.Algorithm.ec, .rsa(bits: 2048)])
    func agentsOfEitherKeyAreServed(_ algorithm: KeyPair.Algorithm) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let agent = try scene.authority.issue(CertificateProfile("agent.test", algorithm: algorithm))
        for version in [nil, Int32(0x0303)] {
            let client = try RawClient(proxy.port(), tls: .client(agent, caPEM: scene.authority.caPEM(), version: version))
            #expect(try client.exchange(Requests.catalog()).status == 200)
        }
        #expect(proxy.waitForLog { $0.string("tls")?.contains("1.2") == true } != nil)
    }

    @Test func plainTextOnTheTLSPortIsNoService() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try RawClient(proxy.port())
        try client.send(Requests.metadata())
        #expect((try? client.readResponse())??.status != 200)
        #expect(server.requestCount == 0)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }
}
