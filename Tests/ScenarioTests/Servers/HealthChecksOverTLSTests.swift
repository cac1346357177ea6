import StandIn
import TestKit
import Testing

struct HealthChecksOverTLSTests {
    private static let check =
        "check: { request: \"GET /status/v1/simple\", expect: { status: 200, body: running }, inter: 50ms, timeout: 1s, rise: 1, fall: 1 }"

    @Test func anEndWithoutAGoodbyeInTLSIsNoFailure() throws {
        let scene = try Scene()
        let credential = try scene.authority.issue(CertificateProfile("server.test", names: ["localhost"]))
        let server = try ScriptedServer(tls: try .server(credential)) { head, reader in
            try reader.answer("running")
            return false
        }
        scene.keep(server)
        let proxy = try scene.start(
            .pool("localhost:\(server.port.number)", lines: [Self.check, "tls: { ca: ca.pem, crl: crl.pem, verify: hostname }"]))
        #expect(waitUntil { server.acceptedCount >= 5 })
        #expect(!proxy.messages.contains { $0.contains("DOWN") }, "\(proxy.messages)")
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }
}
