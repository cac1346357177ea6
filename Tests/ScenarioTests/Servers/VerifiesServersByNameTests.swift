import StandIn
import TestKit
import Testing

/// Servers with two names in their certificate, as most sites have them, and with Jetty's comparison of SNI with Host.
struct VerifiesServersByNameTests {
    private static let check = "check: { inter: 50ms, timeout: 1s, rise: 1, fall: 1 }"
    private let scene: Scene

    init() throws { scene = try Scene() }

    private func server(_ name: String = "server.test", names: [String] = ["localhost"], addresses: [String] = []) throws -> StandInServer {
        let credential = try scene.authority.issue(CertificateProfile(name, names: names, addresses: addresses))
        let server = try scene.server { $0.tls = try .server(credential) }
        scene.keep(server)
        return server
    }

    private func tls(_ more: String = "") -> String { "tls: { ca: ca.pem, crl: crl.pem\(more.isEmpty ? "" : ", " + more) }" }

    @Test func noNameIsSentUnlessAskedForSoJettyTakesTheAgentsHost() throws {
        let server = try server()
        let proxy = try scene.start(.pool("localhost:\(server.port.number)", lines: [Self.check, tls()]))
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(waitUntil { server.acceptedCount >= 4 })
        #expect(!proxy.messages.contains { $0.contains("DOWN") }, "\(proxy.messages)")
    }

    /// The check fails as requests would, instead of staying green.
    @Test func aNameThatJettyDoesNotTakeIsSeenByTheCheck() throws {
        let server = try server()
        let lines = [Self.check, tls("sni: host"), "panic: 0%"]
        let proxy = try scene.start(.pool("localhost:\(server.port.number)", lines: lines))
        #expect(proxy.waitForMessage { $0.contains("compilers/s1 is DOWN, reason: Layer7 wrong status, code: 400") } != nil)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 503)
        #expect(server.requestCount == 0)
    }

    @Test func theAgentsNameIsTakenWhereItIsInTheCertificate() throws {
        let server = try server("localhost", names: ["puppet.test"])
        let proxy = try scene.start(.pool("localhost:\(server.port.number)", lines: [Self.check, tls("sni: puppet.test")]))
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(waitUntil { server.acceptedCount >= 4 })
        #expect(!proxy.messages.contains { $0.contains("DOWN") }, "\(proxy.messages)")
    }

    @Test(arguments: [("", "puppet.test"), (", host: \"other.test:1234\"", "other.test:1234")])
    func aCheckSendsTheAgentsHost(_ setting: String, _ host: String) throws {
        let server = try MisbehavingServer(.behavesWell)
        let proxy = try scene.start(.pool(server.address, lines: ["check: { inter: 50ms\(setting) }"]))
        #expect(waitUntil { server.heads.count >= 2 })
        #expect(!proxy.messages.contains { $0.contains("DOWN") }, "\(proxy.messages)")
        #expect(server.heads.allSatisfy { $0.all("Host") == [host] }, "\(server.heads.map(\.fields))")
    }

    /// One pool: a server verified by its own name, one by its IP address, one that speaks plain HTTP.
    @Test func eachServerHasItsOwnName() throws {
        let named = try server("named.test", names: ["other.test"])
        let addressed = try server("addressed.test", addresses: ["127.0.0.1"])
        let plain = try scene.server("plain")
        let entries = [
            Configuration.server("named", named.address, "tls: { verify_name: named.test }"),
            Configuration.server("addressed", addressed.address), Configuration.server("plain", plain.address, "tls: none"),
        ]
        let proxy = try scene.start(Configuration(.init("compilers", ["balance: round-robin", Self.check, tls()], servers: entries)))
        let client = try scene.connect(proxy)
        for _ in 1...6 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect([named, addressed, plain].map(\.requestCount) == [2, 2, 2])
        #expect(!proxy.messages.contains { $0.contains("DOWN") }, "\(proxy.messages)")
    }

    @Test func anotherServersNameIsRefused() throws {
        let server = try server("named.test", names: ["other.test"])
        let entry = Configuration.server("s1", server.address, "tls: { verify_name: third.test }")
        let proxy = try scene.start(Configuration(.init("compilers", [Self.check, tls()], servers: [entry])))
        #expect(proxy.waitForMessage { $0.contains("compilers/s1 is DOWN, reason: Layer6 invalid response") } != nil)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 503)
        #expect(server.requestCount == 0)
    }

    /// Port, TLS and whether at all, by server.
    @Test func eachServerIsCheckedInItsOwnWay() throws {
        let checked = try MisbehavingServer(.behavesWell)
        let unchecked = try MisbehavingServer(.answers503)
        let server = try server("localhost", names: ["puppet.test"])
        let entries = [
            Configuration.server("s1", "localhost:\(server.port.number)", "check: { port: \(checked.port.number), tls: false }"),
            Configuration.server("s2", unchecked.address, "check: none"),
        ]
        let proxy = try scene.start(Configuration(.init("compilers", [Self.check, tls()], servers: entries)))
        #expect(waitUntil { checked.heads.count >= 3 })
        checked.behaviour = .answers503
        #expect(proxy.waitForMessage { $0.contains("compilers/s1 is DOWN, reason: Layer7 wrong status, code: 503") } != nil)
        #expect(server.acceptedCount == 0)
        #expect(unchecked.acceptedCount == 0)
        #expect(!proxy.messages.contains { $0.contains("compilers/s2 is DOWN") }, "\(proxy.messages)")
    }
}
