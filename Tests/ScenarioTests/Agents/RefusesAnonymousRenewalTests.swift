import Foundation
import StandIn
import TestKit
import Testing

/// A CA that does not read the identity fields would renew the proxy's own certificate.
struct RefusesAnonymousRenewalTests {
    private static let renewal = Requests.make("POST", "/puppet-ca/v1/certificate_renewal", body: "")

    @Test(arguments: ["headers", "none"]) func withoutACertificateNoServerSeesIt(identity: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address, lines: ["identity: \(identity)"]))
        let clients = [try scene.connect(proxy, as: nil), try RawClient(proxy.port("plain"), address: "127.0.0.2")]
        for (number, client) in clients.enumerated() {
            let response = try client.exchange(Self.renewal)
            #expect(response.status == 403 && response.text.hasPrefix("unverified"), "\(response.text)")
            #expect(waitUntil { proxy.log.count > number })
            let line = try #require(proxy.log.last)
            #expect(line.reason == "unverified" && line.termination == "PR--" && line.string("route") == "environments.default", "\(line)")
        }
        #expect(server.requestCount == 0)
    }

    @Test func theCertificateGoesAlongEvenWithoutIdentityFields() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { _ in .text(200, "renewed") }
        let proxy = try scene.start(.pool(server.address, lines: ["identity: none"]))
        let agent = try scene.authority.issue("agent.test")
        let client = try RawClient(proxy.port(), tls: .client(agent, caPEM: scene.authority.caPEM()))
        let forged = Requests.make(
            "POST", "/puppet-ca/v1/certificate_renewal", fields: ["X-Client-Cert: forged", "X-Client-Verify: SUCCESS"], body: "")
        #expect(try client.exchange(forged).text == "renewed")
        #expect(try client.exchange(Requests.metadata()).status == 200)
        let renewal = try #require(server.requests.first)
        #expect(renewal.head.all("X-Client-Cert").map { $0.removingPercentEncoding } == [try agent.certificate.pem()])
        #expect(renewal.head.all("X-Client-Verify").isEmpty && renewal.head.all("X-Client-DN").isEmpty)
        let other = try #require(server.requests.last)
        #expect(!other.head.fields.contains { $0.name.lowercased().hasPrefix("x-client") })
    }

    @Test func withIdentityFieldsItIsAnyOtherRequest() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { _ in .text(200, "renewed") }
        let proxy = try scene.start(.pool(server.address))
        #expect(try scene.connect(proxy).exchange(Self.renewal).status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.head.all("X-Client-Verify") == ["SUCCESS"] && seen.head.all("X-Client-Cert").count == 1)
    }
}
