import Foundation
import StandIn
import TestKit
import Testing

struct SendsIdentityFieldsTests {
    @Test func puppetServerGetsTheVerifiedCertificate() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let agent = try scene.authority.issue(CertificateProfile("agent.test", extensions: [.role("database")]))
        let client = try RawClient(proxy.port(), tls: .client(agent, caPEM: scene.authority.caPEM()))
        #expect(try client.exchange(Requests.catalog()).status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.head.all("X-Client-Verify") == ["SUCCESS"])
        #expect(seen.head.all("X-Client-DN") == ["CN=agent.test"])
        let encoded = try #require(seen.head.first("X-Client-Cert"))
        #expect(seen.head.all("X-Client-Cert").count == 1)
        #expect(encoded.hasPrefix("-----BEGIN%20CERTIFICATE-----%0A"))
        #expect(encoded.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.~%".contains($0)) }, "\(encoded)")
        #expect(encoded.removingPercentEncoding == (try agent.certificate.pem()))
        #expect(seen.head.first("Host") == "puppet.test:8140")
        #expect(seen.head.all("X-Forwarded-For") == ["127.0.0.1"])
        #expect(seen.head.first("Via") != nil)
    }

    @Test func aPoolMayTakeNone() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address, lines: ["identity: none"]))
        let client = try scene.connect(proxy)
        _ = try client.exchange(
            Requests.get("/puppet/v3/environments", fields: ["X-Client-Verify: SUCCESS", "X-Client-DN: CN=forged.test"]))
        let seen = try #require(server.requests.first)
        #expect(!seen.head.fields.contains { $0.name.lowercased().hasPrefix("x-client") })
    }

    @Test func theProxyShowsItsOwnCertificateToServers() throws {
        let scene = try Scene()
        let server = try scene.server { options in
            options.tls = try .server(
                scene.authority.issue(CertificateProfile("server.test", names: ["localhost"])), clients: .required,
                caPEM: scene.authority.caPEM())
        }
        let proxy = try scene.start(
            .pool(
                "localhost:\(server.port.number)",
                lines: [
                    "check: { inter: 200ms, timeout: 5s }",
                    "tls: { ca: ca.pem, crl: crl.pem, certificate: { chain: proxy.pem, key: proxy.key }, verify: hostname }",
                ]))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.catalog()).status == 200)
        #expect(server.requests.first?.peer == "puppet.test")
    }
}
