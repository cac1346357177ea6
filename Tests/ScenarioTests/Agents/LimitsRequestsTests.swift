import StandIn
import TestKit
import Testing

/// `limits.per_certname` and `limits.queue`: what is counted over the whole process, and given back however a request ends.
struct LimitsRequestsTests {
    // MARK: By certname

    @Test func theFifthOfACertnameIsRefusedAndOthersAreServed() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let proxy = try scene.start(configuration(limits: "per_certname: 4", ("held", server.address), ("quick", try quick(scene))))
        let greedy = try scene.tls("greedy.test")
        let held = try (1...4).map { _ in try RawClient(proxy.port(), tls: greedy) }
        for client in held { try client.send(Requests.metadata(environment: "held")) }
        #expect(waitUntil { gate.waitingCount == 4 })
        let fifth = try RawClient(proxy.port(), tls: greedy)
        let answer = try fifth.exchange(
            Requests.get("/puppet/v3/file_metadata/modules/m/a?environment=quick", fields: ["X-Puppet-Version: 8.10.0"]))
        #expect(answer.status == 429 && answer.text.hasPrefix("per_certname "))
        #expect(answer.field("Retry-After").flatMap { Int($0) }.map { (1...1800).contains($0) } == true)
        #expect(try fifth.exchange(Requests.metadata(environment: "quick")).field("Retry-After") == nil, "its version is not known")
        #expect(try scene.connect(proxy, as: "modest.test").exchange(Requests.metadata(environment: "quick")).status == 200)
        #expect(try scene.connect(proxy, as: nil).exchange(Requests.metadata(environment: "quick")).status == 200)
        let line = try #require(proxy.waitForLog { $0.reason == "per_certname" })
        #expect(line.status == 429 && line.termination == "PR--" && line.server == nil, "\(line)")
        gate.open()
        for client in held { #expect(try client.readResponse()?.status == 200, "what runs goes on") }
        #expect(try waitUntil { try fifth.exchange(Requests.metadata(environment: "quick")).status == 200 })
    }

    @Test func requestsWithoutACertificateAreNotCounted() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let proxy = try scene.start(configuration(limits: "per_certname: 1", ("held", server.address)))
        let clients = try (1...3).map { _ in try RawClient(proxy.port("plain"), address: "127.0.0.2") }
        for client in clients { try client.send(Requests.metadata(environment: "held")) }
        #expect(waitUntil { gate.waitingCount == 3 })
        gate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
    }

    @Test func theSlotComesBackHoweverTheRequestEnds() throws {
        let scene = try Scene()
        let faulty = try MisbehavingServer(.behavesWell)
        var configuration = configuration(
            limits: "per_certname: 1", ("faulty", faulty.address), ("dead", try LoopbackPort().text), ("quick", try quick(scene)))
        configuration.pools[0].lines = ["timeouts: { response: 500ms }"]
        let proxy = try scene.start(configuration)
        let tls = try scene.tls()
        for behaviour in Misbehaviour.allCases {
            faulty.behaviour = behaviour
            for leavesEarly in [false, true] {
                let client = try RawClient(proxy.port(), tls: tls)
                try client.send(Requests.metadata(environment: "faulty"))
                if !leavesEarly { _ = try? client.readResponse() }
                client.stream.reset()
                #expect(try isServedAgain(proxy, tls), "\(behaviour)")
            }
        }
        let refused = [
            "nonsense\r\n\r\n", Requests.get("/nothing"), Requests.metadata(environment: "dead"), Requests.catalog("other.test"),
        ]
        for request in refused {
            _ = try? RawClient(proxy.port(), tls: tls).exchange(request)
            #expect(try isServedAgain(proxy, tls), "\(request)")
        }
    }

    @Test func slotsOfClientsThatVanishRunningAndQueuedAreReleased() throws {
        let scene = try Scene()
        let stuck = try MisbehavingServer(.readsAndNeverAnswers)
        var configuration = configuration(limits: "per_certname: 3", ("stuck", stuck.address), ("quick", try quick(scene)))
        configuration.pools[0].servers = [Configuration.server("s1", stuck.address, "maxconn: 1")]
        let proxy = try scene.start(configuration)
        let tls = try scene.tls()
        func refused() -> Int { proxy.log.count { $0.reason == "per_certname" && $0.pool == "stuck" } }
        for round in 1...20 {
            // One runs, two wait, and one is refused: were a slot lost, two would be; were one given back twice, none.
            let clients = try (1...4).map { _ in try RawClient(proxy.port(), tls: tls) }
            for client in clients { try client.send(Requests.metadata(environment: "stuck")) }
            #expect(waitUntil { refused() == round }, "round \(round)")
            if round % 5 == 0 {
                proxy.reload()
                #expect(waitUntil { proxy.messages.count { $0.contains("reloaded") } == round / 5 })
            }
            for client in clients { round % 2 == 0 ? client.close() : client.stream.reset() }
            #expect(waitUntil { proxy.log.count { $0.reason == "client_gone" } == 3 * round }, "round \(round)")
            #expect(refused() == round)
        }
        #expect(try isServedAgain(proxy, tls))
    }

    private func isServedAgain(_ proxy: ProxyProcess, _ tls: StandInTLS) throws -> Bool {
        let client = try RawClient(proxy.port(), tls: tls)
        return try waitUntil { try client.exchange(Requests.metadata(environment: "quick")).status == 200 }
    }

    // MARK: Over all queues

    @Test func allPoolsTogetherHoldNoMoreThanMayWait() throws {
        let scene = try Scene()
        let (left, leftGate) = try scene.gatedServer()
        let (right, rightGate) = try scene.gatedServer()
        defer {
            leftGate.open()
            rightGate.open()
        }
        var configuration = configuration(limits: "queue: 3, worker_threads: 1", ("left", left.address), ("right", right.address))
        configuration.pools[0].servers = [Configuration.server("s1", left.address, "maxconn: 1")]
        configuration.pools[1].servers = [Configuration.server("s1", right.address, "maxconn: 1")]
        let proxy = try scene.start(configuration)
        for round in 1...5 {
            leftGate.close()
            rightGate.close()
            let running = try ["left", "right"].map { try sent(proxy, to: $0) }
            #expect(waitUntil { leftGate.waitingCount == 1 && rightGate.waitingCount == 1 })
            // A queued request is abandoned: its place is free again.
            let leaver = try sent(proxy, to: "left")
            leaver.close()
            #expect(waitUntil { proxy.log.filter { $0.reason == "client_gone" }.count == round })
            let clients = try ["left", "right", "left", "right", "right"].map { try sent(proxy, to: $0) }
            #expect(waitUntil { proxy.log.filter { $0.reason == "queue_full" }.count == 2 * round }, "round \(round)")
            leftGate.open()
            rightGate.open()
            for client in running { #expect(try client.readResponse()?.status == 200) }
            #expect(try clients.map { try $0.readResponse()?.status ?? 0 }.sorted() == [200, 200, 200, 503, 503])
        }
    }

    private func sent(_ proxy: ProxyProcess, to environment: String) throws -> RawClient {
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        try client.send(Requests.metadata(environment: environment))
        return client
    }

    // MARK: Setup

    /// A pool for each, by its environment.
    private func configuration(limits: String, _ pools: (name: String, address: String)...) -> Configuration {
        var configuration = Configuration(lines: ["limits: { \(limits) }"])
        configuration.pools = pools.map { .init($0.name, servers: [Configuration.server("s1", $0.address)]) }
        configuration.environments = pools.map { "\($0.name): \($0.name)" }
        return configuration
    }

    private func quick(_ scene: Scene) throws -> String {
        let server = try scene.server("quick")
        server.answer { _ in .text(200, "done") }
        scene.keep(server)
        return server.address
    }
}
