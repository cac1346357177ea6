import StandIn
import TestKit
import Testing

/// The last resort: a check that asks the wrong thing must not take the whole pool out.
struct UsesPoolsThatFailTheirChecksTests {
    private static let check = "check: { request: \"GET /wrong\", inter: 100ms, timeout: 500ms, rise: 1, fall: 1 }"

    private func server(_ scene: Scene, _ name: String) throws -> StandInServer {
        let server = try scene.server(name)
        server.answer { request in .text(request.path == "/wrong" ? 404 : 200, name) }
        return server
    }

    @Test func serversThatOnlyFailWhatTheCheckAsksAreUsedWhereNoOtherIsLeft() throws {
        let scene = try Scene()
        let servers = try ["s1", "s2"].map { try server(scene, $0) }
        let proxy = try scene.start(.pool(servers[0].address, servers[1].address, lines: [Self.check]))
        #expect(proxy.waitForMessage { $0.contains("Pool compilers has no server that passes its checks") } != nil)
        let client = try scene.connect(proxy)
        #expect(Set(try (1...4).map { _ in try client.exchange(Requests.metadata()).text }) == ["s1", "s2"])
    }

    @Test func aTierFurtherAwayGoesBeforeTheLastResort() throws {
        let scene = try Scene()
        let failing = try server(scene, "failing")
        let far = try scene.server("far")
        far.answer { _ in .text(200, "far") }
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", [Self.check],
                    servers: [Configuration.server("failing", failing.address), Configuration.server("far", far.address, "backup: true")])))
        #expect(proxy.waitForMessage { $0.contains("Server compilers/failing is DOWN") } != nil)
        let client = try scene.connect(proxy)
        for _ in 1...4 { #expect(try client.exchange(Requests.metadata()).text == "far") }
    }

    @Test func serversThatTakeNoConnectionAreNoResort() throws {
        let scene = try Scene()
        let closed = try LoopbackPort()
        let proxy = try scene.start(.pool(closed.text, lines: [Self.check]))
        #expect(proxy.waitForMessage { $0.contains("Pool compilers has no usable server") } != nil)
        let answer = try scene.connect(proxy).exchange(Requests.metadata())
        #expect(answer.status == 503 && answer.text.contains("no_server"))
    }

    @Test func aServerThatIsBusyIsNotTakenForDead() throws {
        let scene = try Scene()
        let server = try scene.server()
        let gate = Gate()
        defer { gate.open() }
        server.answer { request in
            if request.path == "/wrong" { gate.pass() }
            return .text(200, "served")
        }
        let check = "check: { request: \"GET /wrong\", inter: 300ms, timeout: 300ms, rise: 1, fall: 1 }"
        gate.open()
        let proxy = try scene.start(.pool(server.address, lines: [check]))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        gate.close()
        let isTold = try waitUntil {
            let status = try client.exchange(Requests.metadata()).status
            return status == 200 && proxy.messages.contains { $0.contains("is late, but requests are served") }
        }
        #expect(isTold)
        #expect(!proxy.messages.contains { $0.contains("is DOWN") })
    }
}
