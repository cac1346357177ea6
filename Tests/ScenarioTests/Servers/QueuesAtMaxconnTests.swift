import StandIn
import TestKit
import Testing

struct QueuesAtMaxconnTests {
    @Test func noMoreThanMaxconnRunAndTheRestWaitInOrder() throws {
        let scene = try Scene()
        let server = try scene.server()
        let gate = Gate()
        server.answer { request in
            gate.pass()
            return .text(200, request.path)
        }
        let proxy = try scene.start(
            Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 2")])))
        var clients: [RawClient] = []
        for number in 1...6 {
            let client = try scene.connect(proxy)
            try client.send(Requests.metadata("f\(number)"))
            clients.append(client)
        }
        #expect(waitUntil { gate.waitingCount == 2 })
        gate.open()
        for (number, client) in clients.enumerated() {
            #expect(try client.readResponse()?.text == "/puppet/v3/file_metadata/modules/m/f\(number + 1)")
        }
        #expect(server.maximumRunningCount == 2)
        #expect(waitUntil { proxy.log.count == 6 })
        #expect(proxy.log.allSatisfy { $0.status == 200 && $0.termination == "----" })
        #expect(proxy.log.contains { ($0.double("queue_ms") ?? 0) > 0 })
    }

    @Test func aRequestThatWaitsTooLongGets503() throws {
        let scene = try Scene()
        let (server, gate) = try busyServer(scene)
        defer { gate.open() }
        let proxy = try scene.start(
            Configuration(
                .init("compilers", ["queue: { timeout: 300ms }"], servers: [Configuration.server("s1", server.address, "maxconn: 1")])))
        let first = try scene.connect(proxy)
        try first.send(Requests.metadata("first"))
        #expect(waitUntil { gate.waitingCount == 1 })
        let second = try scene.connect(proxy)
        let answer = try second.exchange(Requests.metadata("second"))
        #expect(answer.status == 503)
        #expect(answer.text.contains("queue_timeout"))
        let line = try #require(proxy.waitForLog { $0.reason == "queue_timeout" })
        #expect(line.termination == "sQ--")
        #expect(line.server == nil)
        #expect((line.double("queue_ms") ?? 0) >= 290)
        gate.open()
        #expect(try first.readResponse()?.status == 200)
        #expect(try second.exchange(Requests.metadata("third")).status == 200, "the connection and the slot go on")
        #expect(!server.requests.contains { $0.path.hasSuffix("second") })
    }

    @Test func aFullQueueRefusesAtOnce() throws {
        let scene = try Scene()
        let (server, gate) = try busyServer(scene)
        defer { gate.open() }
        let proxy = try scene.start(
            Configuration(.init("compilers", ["queue: { size: 1 }"], servers: [Configuration.server("s1", server.address, "maxconn: 1")])))
        let first = try scene.connect(proxy)
        try first.send(Requests.metadata("first"))
        #expect(waitUntil { gate.waitingCount == 1 })
        // Of two more one waits and one is refused; which one, the workers' threads decide.
        let others = try (1...2).map { _ in try scene.connect(proxy, timeout: .seconds(3)) }
        for client in others { try client.send(Requests.metadata("other")) }
        let line = try #require(proxy.waitForLog { $0.reason == "queue_full" })
        #expect(line.status == 503)
        #expect(line.termination == "SQ--")
        gate.open()
        let statuses = try others.map { try $0.readResponse()?.status ?? 0 }.sorted()
        #expect(statuses == [200, 503])
    }

    @Test func requestsOfTheCADoNotWaitForCatalogs() throws {
        let scene = try Scene()
        let (server, gate) = try busyServer(scene)
        defer { gate.open() }
        let ca = try scene.server("ca") { $0.authority = scene.authority }
        let proxy = try scene.start(
            Configuration(
                .init(servers: [Configuration.server("s1", server.address, "maxconn: 1")]),
                .init("ca", servers: [Configuration.server("ca", ca.address)]), lines: ["sites: { here: { ca: ca } }"]))
        let busy = try (1...2).map { _ in try scene.connect(proxy) }
        for client in busy { try client.send(Requests.metadata()) }
        #expect(waitUntil { gate.waitingCount == 1 })
        let agent = try scene.connect(proxy, as: nil)
        #expect(try agent.exchange(Requests.get("/puppet-ca/v1/certificate/ca")).status == 200)
    }

    /// A server whose every response waits for the gate.
    private func busyServer(_ scene: Scene) throws -> (StandInServer, Gate) {
        let server = try scene.server()
        let gate = Gate()
        server.answer { _ in
            gate.pass()
            return .text(200, "done")
        }
        return (server, gate)
    }
}
