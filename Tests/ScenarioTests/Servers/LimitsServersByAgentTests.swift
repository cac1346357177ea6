import StandIn
import TestKit
import Testing

struct LimitsServersByAgentTests {
    @Test func anAgentSaysHowManyRequestsItsServerTakes() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let agent = try AgentPort("maxconn:1\n")
        let proxy = try scene.start(Configuration(.init(servers: [Configuration.server("s1", server.address, agent.setting)])))
        #expect(proxy.waitForMessage { $0.contains("Server compilers/s1 has maxconn 1 by its agent") } != nil)
        let clients = try (1...3).map { _ in try scene.connect(proxy) }
        for client in clients { try client.send(Requests.metadata()) }
        #expect(waitUntil { gate.waitingCount == 1 })
        agent.say("maxconn:2\n")
        #expect(waitUntil { gate.waitingCount == 2 })
        agent.say("maxconn:0\n")
        #expect(waitUntil { gate.waitingCount == 3 })
        gate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
        #expect(server.maximumRunningCount == 3)
    }
}
