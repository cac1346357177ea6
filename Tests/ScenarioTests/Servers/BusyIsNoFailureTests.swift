import StandIn
import TestKit
import Testing

/// What looks like a failing server and is none.
struct BusyIsNoFailureTests {
    /// Puppet Server responds so where its queue is full.
    @Test func a503WithRetryAfterEjectsNoServer() throws {
        let scene = try Scene()
        let (busy, proxy) = try start(scene, .answers503WithRetryAfter)
        let client = try scene.connect(proxy)
        for _ in 1...6 { #expect(try client.exchange(Requests.metadata()).status == 503) }
        #expect(waitUntil { proxy.log.count == 6 })
        #expect(proxy.log.allSatisfy { $0.server == "s1" && $0.reason == nil })
        #expect(busy.heads.count == 6)
        #expect(!proxy.messages.contains { $0.contains("is ejected") })
    }

    @Test func a503WithoutItDoes() throws {
        let scene = try Scene()
        let (busy, proxy) = try start(scene, .answers503)
        let client = try scene.connect(proxy)
        for _ in 1...2 { #expect(try client.exchange(Requests.metadata()).status == 503) }
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 is ejected") } != nil)
        #expect(try client.exchange(Requests.metadata()).status == 200, "the backup's")
        #expect(busy.heads.count == 2)
    }

    /// The other server's checks are the clock: ten of them, and none of the one in maintenance but what was under way.
    @Test func maintenanceIsNotChecked() throws {
        let scene = try Scene()
        let (first, second) = (try MisbehavingServer(.behavesWell), try MisbehavingServer(.behavesWell))
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(
            first.address, second.address, lines: ["check: { inter: 50ms, timeout: 5s, rise: 1, fall: 3 }"])
        configuration.lines = [socket.line("level: admin")]
        scene.keep(try scene.start(configuration))
        #expect(waitUntil { first.heads.count >= 3 && second.heads.count >= 3 }, "both are checked")

        #expect(try socket.ask("set server compilers/s1 state maint") == "")
        awaitChecks(2, of: second)
        let before = first.heads.count
        awaitChecks(10, of: second)
        #expect(first.heads.count == before)

        #expect(try socket.ask("set server compilers/s1 state ready") == "")
        #expect(waitUntil { first.heads.count >= before + 3 }, "checked again")
    }

    private func awaitChecks(_ count: Int, of server: MisbehavingServer) {
        let before = server.heads.count
        #expect(waitUntil { server.heads.count >= before + count })
    }

    private func start(_ scene: Scene, _ behaviour: Misbehaviour) throws -> (MisbehavingServer, ProxyProcess) {
        let server = try MisbehavingServer(behaviour)
        let other = try scene.server("other")
        scene.keep(other)
        let servers = [Configuration.server("s1", server.address), Configuration.server("other", other.address, "backup: true")]
        return (
            server,
            try scene.start(Configuration(.init("compilers", ["outlier: { failures: 2, eject: 60s, at_most: 100% }"], servers: servers)))
        )
    }
}
