import StandIn
import TestKit
import Testing

/// What the runtime socket changes about listeners, seen from agents.
struct AdminSocketListenersTests {
    private func start(_ scene: Scene) throws -> (RuntimeSocket, ProxyProcess) {
        let server = try scene.server()
        scene.keep(server)
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line(), "limits: { worker_threads: 2 }"]
        let proxy = try scene.start(configuration)
        scene.keep(proxy)
        return (socket, proxy)
    }

    /// The result of a new connection and its request; nil: it was refused.
    private func status(_ scene: Scene, _ proxy: ProxyProcess) -> Int? {
        try? scene.connect(proxy).exchange(Requests.metadata()).status
    }

    @Test func aDisabledFrontendRefusesNewConnectionsUntilItIsEnabled() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let kept = try scene.connect(proxy)
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        #expect(try socket.ask("disable frontend agents") == "")
        #expect(try socket.stat("agents", "FRONTEND")["status"] == "PAUSED")
        #expect(waitUntil { status(scene, proxy) == nil })
        for _ in 1...8 { #expect(status(scene, proxy) == nil, "each worker's socket refuses") }
        #expect(try kept.exchange(Requests.metadata()).status == 200, "what is connected goes on")
        #expect(try socket.ask("disable frontend agents") == "All sockets are already disabled.\n")
        #expect(try socket.ask("enable frontend agents") == "")
        #expect(try socket.stat("agents", "FRONTEND")["status"] == "OPEN")
        #expect(waitUntil { status(scene, proxy) == 200 }, "at the same port")
    }

    @Test func itStaysDisabledOverAReload() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        #expect(try socket.ask("disable frontend agents") == "")
        #expect(waitUntil { status(scene, proxy) == nil })
        proxy.reload()
        #expect(proxy.waitForMessage { $0.contains("reloaded") } != nil)
        #expect(try socket.stat("agents", "FRONTEND")["status"] == "PAUSED")
        #expect(status(scene, proxy) == nil)
        #expect(try socket.ask("enable frontend agents") == "")
        #expect(waitUntil { status(scene, proxy) == 200 })
    }

    @Test func theBacklogOfARemovedListenerIsServed() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line(), "limits: { worker_threads: 2 }"]
        let proxy = try scene.start(configuration)
        let first = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        #expect(try first.exchange(Requests.metadata()).status == 403, "without a certificate")
        #expect(try socket.ask("set maxconn frontend plain 1") == "")
        let waiting = try (1...4).map { _ in try RawClient(proxy.port("plain"), address: "127.0.0.2") }
        for client in waiting { try client.send(Requests.metadata()) }
        configuration.hasPlainListener = false
        try scene.write(configuration)
        proxy.reload()
        #expect(proxy.waitForMessage { $0.contains("reloaded") } != nil)
        for client in waiting { #expect(try client.readResponse()?.status == 403) }
        #expect(waitUntil { (try? RawClient(proxy.port("plain"), address: "127.0.0.2")) == nil })
    }

    @Test func aFrontendThatIsShutDownGivesItsPortBack() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let kept = try scene.connect(proxy)
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        #expect(try socket.ask("shutdown frontend agents") == "")
        #expect(try socket.stat("agents", "FRONTEND")["status"] == "STOP")
        #expect(waitUntil { status(scene, proxy) == nil })
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        #expect(try socket.ask("enable frontend agents") == "Frontend was previously shut down, cannot enable.\n")
        let plain = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        #expect(try plain.exchange(Requests.metadata()).status == 403, "the other listener goes on, and knows nobody")
    }

    @Test func connectionsOverAFrontendsMaxconnWait() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        func connect(timeout: Duration = .seconds(10)) throws -> RawClient {
            try RawClient(proxy.port("plain"), address: "127.0.0.2", timeout: timeout)
        }
        let first = try connect()
        #expect(try first.exchange(Requests.metadata()).status == 403)
        #expect(try socket.ask("set maxconn frontend plain 1") == "")
        #expect(try socket.stat("plain", "FRONTEND")["slim"] == "1")
        let (second, third) = (try connect(), try connect(timeout: .milliseconds(300)))
        for client in [second, third] { try client.send(Requests.metadata()) }
        #expect(throws: StandInError.self) { try third.readResponse() }
        #expect(try socket.stat("plain", "FRONTEND")["scur"] == "1")
        third.close()
        first.close()
        #expect(try second.readResponse()?.status == 403)
        #expect(try socket.ask("set maxconn frontend plain 0") == "")
        #expect(try connect().exchange(Requests.metadata()).status == 403)
    }
}
