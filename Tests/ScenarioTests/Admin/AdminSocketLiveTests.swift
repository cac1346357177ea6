import StandIn
import TestKit
import Testing

/// What the runtime socket shows of this very moment: idle connections, queues, and where a request would go.
struct AdminSocketLiveTests {
    private func start(_ scene: Scene, _ server: StandInServer) throws -> (socket: RuntimeSocket, proxy: ProxyProcess) {
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        return (socket, try scene.start(configuration))
    }

    @Test func idleConnectionsAreCounted() throws {
        let scene = try Scene()
        let server = try scene.server()
        let (socket, proxy) = try start(scene, server)
        #expect(try socket.stat("compilers", "s1")["idle_conn_cur"] == "0")
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(try waitUntil { try socket.stat("compilers", "s1")["idle_conn_cur"] == "1" })
        #expect(try socket.stat("compilers", "s1")["srv_icur"] == "1")
        #expect(try socket.ask("show servers conn compilers").split(separator: "\n").last?.hasSuffix(" 0 0 1 0 1 0 -1 1") == true)
        for _ in 1...5 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(try waitUntil { try socket.stat("compilers", "s1")["idle_conn_cur"] == "1" }, "one is used again and again")
        server.dropConnections()
        #expect(try waitUntil { try socket.stat("compilers", "s1")["idle_conn_cur"] == "0" })
    }

    @Test func queuesAreShownByClassAndInExplanations() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration(.init("compilers", [], servers: [Configuration.server("s1", server.address, "maxconn: 1")]))
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        let explain = "explain POST /puppet/v3/catalog/agent.test?environment=production --certname agent.test"
        #expect(try socket.ask(explain).contains("\nserver       s1, tier 1: no check, 0 of 1 running\n"))
        let clients = try (1...3).map { _ in try scene.connect(proxy) }
        try clients[0].send(Requests.catalog())
        #expect(waitUntil { gate.waitingCount == 1 })
        try clients[1].send(Requests.catalog())
        try clients[2].send(Requests.metadata())
        #expect(try waitUntil { try socket.ask("show info").contains("\nRun_queue: 2\n") })
        let rows = try socket.ask("show queue").split(separator: "\n").dropFirst().map { $0.split(separator: " ").map(String.init) }
        #expect(
            rows.map { Array($0.prefix(3)) } == [
                ["compilers", "authority", "0"], ["compilers", "quick", "1"], ["compilers", "compile", "1"],
            ])
        #expect(rows.map { $0[4] } == ["2", "2", "2"])
        #expect(rows[0][3] == "-" && Int(rows[1][3]) != nil && Int(rows[2][3]) != nil, "\(rows)")
        let text = try socket.ask(explain)
        #expect(text.contains("\nnow          pool compilers has a usable server, 2 queued, the oldest for "), "\(text)")
        #expect(text.contains(" ms, avg_queue 2\nserver       s1, tier 1: no check, 1 of 1 running\n"), "\(text)")
        gate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
    }
}
