import StandIn
import TestKit
import Testing

struct HealthChecksTests {
    private static let check =
        "check: { request: \"GET /status/v1/simple\", expect: { status: 200, body: running }, inter: 100ms, timeout: 200ms, rise: 1, fall: 2 }"

    // A reset right after the accept may already be seen by connect(2), or only by the read.
    @Test(arguments: [
        (Misbehaviour.acceptsAndNeverAnswers, "Layer7 timeout"), (.answers503, "Layer7 wrong status, code: 503"),
        (.resetsAfterRequest, "Layer7 invalid response"), (.resetsAfterAccept, "Layer"),
        (.answersGarbage, "Layer7 invalid response"), (.stallsAfterHead, "Layer7 timeout"), (.cutsInBody, "Layer7 invalid response"),
    ])
    func eachFailureIsReportedOnceAndSoIsTheRecovery(_ behaviour: Misbehaviour, _ words: String) throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.behavesWell)
        // Panic is another test's: see UsesPoolsThatFailTheirChecksTests.
        let proxy = try scene.start(.pool(server.address, lines: [Self.check, "panic: 0%"]))
        let client = try scene.connect(proxy)
        #expect(try waitUntil { try client.exchange(Requests.metadata()).status == 200 })
        server.behaviour = behaviour
        let down = try #require(proxy.waitForMessage { $0.contains("Server compilers/s1 is DOWN") })
        #expect(down.contains("reason: \(words)"), "\(down)")
        let answer = try client.exchange(Requests.metadata())
        #expect(answer.status == 503)
        #expect(proxy.waitForLog { $0.reason == "no_server" && $0.termination == "SC--" } != nil)
        server.behaviour = .behavesWell
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is UP") } != nil)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(proxy.messages.filter { $0.contains("is DOWN") }.count == 1)
    }

    @Test func aRefusedConnectionIsReportedAsSuch() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address, lines: [Self.check]))
        // The first check decides at once: only those after it find the port closed.
        #expect(waitUntil { server.acceptedCount > 1 })
        server.stop()
        let down = try #require(proxy.waitForMessage { $0.contains("Server compilers/s1 is DOWN") })
        #expect(down.contains("Layer4 connection problem"), "\(down)")
        try server.start()
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is UP") } != nil)
    }

    @Test(arguments: ["otherAuthority", "otherName", "expired"])
    func aWrongCertificateIsReportedAsSuch(_ defect: String) throws {
        let scene = try Scene()
        let stranger = try StandInAuthority(name: "stranger")
        let credential =
            switch defect {
            case "otherAuthority": try stranger.issue(CertificateProfile("server.test", names: ["localhost"]))
            case "otherName": try scene.authority.issue(CertificateProfile("server.test", names: ["elsewhere.test"]))
            default: try scene.authority.issue(CertificateProfile("server.test", names: ["localhost"], notAfter: -60))
            }
        let server = try scene.server { $0.tls = try .server(credential) }
        let proxy = try scene.start(
            .pool("localhost:\(server.port.number)", lines: [Self.check, "tls: { ca: ca.pem, crl: crl.pem, verify: hostname }"]))
        let line = try #require(proxy.waitForMessage { $0.contains("compilers/s1") && $0.contains("Layer6 invalid response") })
        let words = ["otherAuthority": ["issuer", "self", "unable"], "otherName": ["name", "host"], "expired": ["expired"]][defect] ?? []
        #expect(words.contains { line.lowercased().contains($0) }, "\(line)")
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 503)
    }

    @Test func aServerKnownByNameIsCheckedAtOnceToo() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.answers503)
        let proxy = try scene.start(
            .pool("localhost:\(server.port.number)", lines: ["check: { inter: 60s, timeout: 10s }"]))
        #expect(proxy.waitForMessage { $0.contains("compilers/s1 is DOWN, reason: Layer7 wrong status") } != nil)
    }

    @Test func aShorterIntervalCountsFromTheReloadOn() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address, lines: ["check: { inter: 1h, timeout: 10s }"]))
        #expect(waitUntil { server.acceptedCount == 1 })
        try scene.write(.pool(server.address, lines: ["check: { inter: 100ms, timeout: 10s }"]))
        proxy.reload()
        #expect(waitUntil { server.acceptedCount > 3 })
    }

    @Test func aServerStartsByItsFirstCheckAlone() throws {
        let scene = try Scene()
        let bad = try MisbehavingServer(.answers503)
        let good = try scene.server("good")
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", ["balance: round-robin", "check: { inter: 60s, timeout: 1s, rise: 3, fall: 3 }"],
                    servers: [Configuration.server("bad", bad.address), Configuration.server("good", good.address)])))
        let client = try scene.connect(proxy)
        #expect(waitUntil { !bad.heads.isEmpty })
        #expect(proxy.waitForMessage { $0.contains("compilers/bad is DOWN") } != nil)
        for _ in 1...6 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(bad.heads.count == 1)
    }
}
