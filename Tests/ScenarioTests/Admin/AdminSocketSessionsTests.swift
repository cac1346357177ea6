import StandIn
import TestKit
import Testing

/// Connections of agents, as the runtime socket lists and closes them.
struct AdminSocketSessionsTests {
    private func start(_ scene: Scene, _ server: StandInServer) throws -> (RuntimeSocket, ProxyProcess) {
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line(), "limits: { worker_threads: 2 }"]
        return (socket, try scene.start(configuration))
    }

    @Test func connectionsOfAllWorkersAreListed() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let (socket, proxy) = try start(scene, server)
        let clients = try (1...8).map { try scene.connect(proxy, as: "web\($0).test") }
        for (number, client) in clients.enumerated() { try client.send(Requests.metadata("f\(number)")) }
        #expect(waitUntil { gate.waitingCount == 8 })
        let lines = try socket.ask("show sess").split(separator: "\n")
        #expect(lines.count == 8)
        for number in 1...8 {
            let line = try #require(lines.first { $0.contains(" client=web\(number).test ") })
            #expect(line.contains(" proto=tcpv4 src=127.0.0.1:") && line.contains(" fe=agents be=compilers srv=s1 ts=00 "), "\(line)")
            #expect(line.contains("f\(number - 1)?environment=production\"") && line.contains(" state=running "), "\(line)")
        }
        gate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
        #expect(try waitUntil { try socket.ask("show sess").split(separator: "\n").allSatisfy { $0.contains(" be=<NONE> srv=<none> ") } })
        #expect(try socket.ask("show sess; show backend").hasSuffix("\n\n# name\ncompilers\n"), "the next command waits its turn")
    }

    @Test func oneIsShownAndShutDown() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let (socket, proxy) = try start(scene, server)
        let (one, two) = (try scene.connect(proxy, as: "one.test"), try scene.connect(proxy, as: "two.test"))
        for client in [one, two] { try client.send(Requests.metadata()) }
        #expect(waitUntil { gate.waitingCount == 2 })
        let line = try #require(try socket.ask("show sess").split(separator: "\n").first { $0.contains("client=one.test") })
        let id = line.prefix { $0 != ":" }
        let shown = try socket.ask("show sess \(id)")
        #expect(shown.hasPrefix("\(id): [") && shown.contains("\n  server=s1 addr=\(server.address) fd="), "\(shown)")
        #expect(try socket.ask("shutdown session \(id)") == "")
        #expect(one.isClosed())
        #expect(try socket.ask("show sess \(id)") == "Session not found.\n")
        #expect(try socket.ask("shutdown session \(id)") == "No such session (use 'show sess').\n")
        #expect(try socket.ask("show sess 0xff0000000001") == "Session not found.\n", "no such worker")
        gate.open()
        #expect(try two.readResponse()?.status == 200)
    }
}
