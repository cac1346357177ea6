import Glibc
import StandIn
import TestKit
import Testing

/// Several instances of one site: one owns a pool's queue, the others send to it.
struct OwnsQueuesTests {
    private func load(_ trunk: TrunkScene, _ proxies: [ProxyProcess], _ count: Int) throws -> [RawClient] {
        try (0..<count).map { number in
            let agent = try trunk.connect(proxies[number % proxies.count])
            try agent.send(Requests.report())
            return agent
        }
    }

    @Test(arguments: ["first", "consistent-hash"]) func maxconnHoldsOnceForTheSite(owner: String) throws {
        let trunk = try TrunkScene("pf1.eie", "pf2.eie", "pf3.eie")
        trunk.owner = owner
        let server = try trunk.scene.server("p1")
        trunk.add(server, site: "eie", "maxconn: 3")
        let gate = Gate()
        server.answer { request in
            if !request.path.hasPrefix("/status") { gate.pass() }
            return nil
        }
        let proxies = try trunk.instances.map { try trunk.start($0.name) }
        #expect(trunk.allKnowEachOther())
        let agents = try load(trunk, proxies, 12)
        #expect(
            waitUntil { gate.waitingCount == 3 },
            "\(proxies.map { $0.messages }) \(trunk.instances.map { try? trunk.socket($0.name).ask("show servers state") })")
        let queues = { trunk.instances.map { (try? trunk.socket($0.name).stat("compilers", "BACKEND")["qcur"]) ?? "" }.sorted() }
        #expect(waitUntil { queues() == ["0", "0", "9"] }, "\(queues())")
        gate.open()
        for agent in agents { #expect(try agent.readResponse()?.status == 200) }
        #expect(server.maximumRunningCount == 3)
    }

    @Test func anotherTakesOverFromAnOwnerThatDies() throws {
        let trunk = try TrunkScene("pf1.eie", "pf2.eie", "pf3.eie")
        let server = try trunk.scene.server("p1")
        trunk.add(server, site: "eie", "maxconn: 1")
        let gate = Gate()
        defer { gate.open() }
        server.answer { request in
            if request.path.hasSuffix("/first.test") { gate.pass() }
            return nil
        }
        let proxies = try trunk.instances.map { try trunk.start($0.name) }
        #expect(trunk.allKnowEachOther())
        let first = try trunk.connect(proxies[2], as: "first.test")
        try first.send(Requests.report("first.test"))
        #expect(waitUntil { gate.waitingCount == 1 })
        let agents = try load(trunk, Array(proxies[1...]), 6)
        #expect(waitUntil { (try? trunk.socket("pf1.eie").stat("compilers", "BACKEND")["qcur"]) == "6" })
        proxies[0].child.signal(SIGKILL)
        for agent in agents { #expect(try agent.readResponse()?.status == 200) }
        #expect(try first.readResponse()?.status == 502, "a server had it")
        // Both others agree on the next owner.
        #expect(proxies[2].log.filter { $0.status == 200 }.allSatisfy { $0.server == "pf2.eie" })
        #expect(proxies[1].log.filter { $0.status == 200 && $0.string("route") != "instances.pf1.eie" }.allSatisfy { $0.server == "p1" })
        #expect(server.requests.count { $0.method == "PUT" } == 7)
        // It owns the queue again when it is back.
        let back = try trunk.start("pf1.eie")
        #expect(trunk.waits("pf3.eie", for: ["pf1.eie": "UP"]))
        // The circuit breaker lets a request through after its pause.
        let isOwner = try waitUntil {
            _ = try trunk.connect(proxies[2]).exchange(Requests.report())
            return back.log.contains { $0.string("via") == "pf3.eie,pf1.eie" }
        }
        #expect(isOwner, "\(proxies[2].messages)")
        #expect(proxies[2].log.allSatisfy { [200, 502].contains($0.status) })
    }

    @Test func aDrainOfTheOwnerLosesNothing() throws {
        let trunk = try TrunkScene("pf1.eie", "pf2.eie")
        let server = try trunk.scene.server("p1")
        trunk.add(server, site: "eie", "maxconn: 2")
        let gate = Gate()
        defer { gate.open() }
        server.answer { request in
            if !request.path.hasPrefix("/status") { gate.pass() }
            return nil
        }
        let proxies = try trunk.instances.map { try trunk.start($0.name) }
        #expect(trunk.allKnowEachOther())
        let agents = try load(trunk, [proxies[1]], 6)
        #expect(waitUntil { gate.waitingCount == 2 })
        proxies[0].terminate()
        #expect(trunk.waits("pf2.eie", for: ["pf1.eie": "DOWN"]))
        gate.open()
        for agent in agents { #expect(try agent.readResponse()?.status == 200) }
        #expect(proxies[0].child.waitForEnd(within: .seconds(10)) == 0)
        #expect(try trunk.connect(proxies[1]).exchange(Requests.report()).status == 200)
    }
}
