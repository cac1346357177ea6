import StandIn
import TestKit
import Testing

struct BalancesTests {
    @Test func roundRobinGoesByWeight() throws {
        let scene = try Scene()
        let (light, heavy) = (try scene.server("light"), try scene.server("heavy"))
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", ["balance: round-robin"],
                    servers: [
                        Configuration.server("light", light.address, "weight: 10"),
                        Configuration.server("heavy", heavy.address, "weight: 30"),
                    ])))
        let client = try scene.connect(proxy)
        for _ in 1...40 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect([light.requestCount, heavy.requestCount] == [10, 30])
    }

    @Test func leastConnectionsAvoidsTheBusyServer() throws {
        let scene = try Scene()
        let servers = try ["one", "two"].map { try scene.server($0) }
        let gate = Gate()
        defer { gate.open() }
        for server in servers {
            server.answer { request in
                if request.path.hasSuffix("slow") { gate.pass() }
                return nil
            }
        }
        let proxy = try scene.start(.pool(servers[0].address, servers[1].address))
        let slow = try scene.connect(proxy)
        try slow.send(Requests.metadata("slow"))
        #expect(waitUntil { gate.waitingCount == 1 })
        let idle = try #require(servers.first { $0.runningCount == 0 })
        let client = try scene.connect(proxy)
        for _ in 1...10 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(idle.requestCount == 10)
        gate.open()
        #expect(try slow.readResponse()?.status == 200)
    }

    @Test func weightZeroGetsNothing() throws {
        let scene = try Scene()
        let (none, all) = (try scene.server("none"), try scene.server("all"))
        let proxy = try scene.start(
            Configuration(
                .init(servers: [Configuration.server("none", none.address, "weight: 0"), Configuration.server("all", all.address)])))
        let client = try scene.connect(proxy)
        for _ in 1...10 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect([none.requestCount, all.requestCount] == [0, 10])
    }
}
