import Glibc
import StandIn
import TestKit
import Testing

/// Requests that leave a site by its instance and another site's (`locality.via: instances`).
struct CrossesTheTrunkTests {
    /// eie has a server that is down, knossos one that serves.
    private struct Two {
        let trunk: TrunkScene
        let home: StandInServer
        let away: StandInServer
        let eie: ProxyProcess
        let knossos: ProxyProcess

        init(away rest: String = "", _ configure: (TrunkScene) -> Void = { _ in }) throws {
            trunk = try TrunkScene("pf1.eie", "pf1.knossos")
            (home, away) = (try trunk.scene.server("p1"), try trunk.scene.server("p2"))
            trunk.add(home, site: "eie")
            trunk.add(away, site: "knossos", rest)
            configure(trunk)
            home.stop()
            (knossos, eie) = (try trunk.start("pf1.knossos"), try trunk.start("pf1.eie"))
            #expect(trunk.waits("pf1.eie", for: ["p1": "DOWN", "pf1.knossos": "UP"]), "\(eie.messages)")
        }
    }

    @Test func theOtherSitesInstanceChoosesTheServer() throws {
        let two = try Two()
        let agent = try two.trunk.connect(two.eie)
        let response = try agent.exchange(Requests.catalog())
        #expect(response.status == 200 && response.field("X-Puppet-Compiler-Name") == "p2")
        #expect(response.head.fields.allSatisfy { !$0.name.lowercased().hasPrefix("x-puppetfront") })
        let request = try #require(two.away.requests.first { $0.method == "POST" })
        #expect(request.head.all("X-Client-DN") == ["CN=agent.test"] && request.head.all("X-Client-Verify") == ["SUCCESS"])
        #expect(request.head.all("X-Client-Cert").count == 1 && request.head.first("X-Client-Cert")?.hasPrefix("-----BEGIN%20") == true)
        #expect(request.head.all("X-Forwarded-For") == ["127.0.0.1"])
        #expect(request.head.fields.allSatisfy { !$0.name.lowercased().hasPrefix("x-puppetfront") })
        let near = try #require(two.eie.waitForLog { $0.status == 200 })
        let far = try #require(two.knossos.waitForLog { $0.status == 200 && $0.string("pool") != nil })
        #expect(near.string("id") == far.string("id"))
        #expect(near.string("via") == "pf1.eie,pf1.knossos" && far.string("via") == "pf1.eie,pf1.knossos")
        #expect(near.server == "pf1.knossos" && near.string("route") == "environments.default")
        #expect(far.server == "p2" && far.string("route") == "instances.pf1.eie" && far.string("client") == "agent.test")
        #expect(far.string("source") == "127.0.0.1" && far.string("listener") == "instances" && far.string("http") == "2")
    }

    @Test func everyKindOfRequestCrosses() throws {
        let two = try Two()
        two.away.answer { $0.path.hasSuffix("/large") ? StandInAnswer(200, .chunked(3 << 20, chunk: 50_000, pause: .zero)) : nil }
        let agent = try two.trunk.connect(two.eie)
        #expect(try agent.exchange(Requests.report()).status == 200)
        #expect(try agent.exchange(Requests.get("/puppet/v3/file_content/modules/m/large?environment=production")).body.count == 3 << 20)
        #expect(try agent.exchange(Requests.make("HEAD", "/puppet/v3/file_content/modules/m/a?environment=production")).body.isEmpty)
        #expect(try agent.exchange(Requests.catalog()).status == 200)
        let anonymous = try two.trunk.connect(two.eie, as: nil)
        #expect(try anonymous.exchange(Requests.metadata()).status == 403, "the server's own response")
        #expect(two.away.requests.last?.head.all("X-Client-Verify") == ["NONE"])
        #expect(
            two.eie.log.allSatisfy { $0.server == "pf1.knossos" && $0.int("retries") == 0 }, "\(two.eie.log) \(two.eie.messages)")
    }

    @Test func theReceiverOwnsTheQueue() throws {
        let two = try Two(away: "maxconn: 2")
        let gate = Gate()
        two.away.answer { request in
            if request.path.hasPrefix("/status") { return nil }
            gate.pass()
            return .text(200, request.path)
        }
        let agents = try (0..<8).map { _ in try two.trunk.connect(two.eie) }
        for agent in agents[..<2] { try agent.send(Requests.metadata()) }
        #expect(waitUntil { gate.waitingCount == 2 }, "\(two.eie.log) \(two.eie.messages) \(two.knossos.log) \(two.knossos.messages)")
        for agent in agents[2...] { try agent.send(Requests.metadata()) }
        let queued = { try two.trunk.socket("pf1.knossos").stat("compilers", "BACKEND")["qcur"] }
        #expect(waitUntil { (try? queued()) == "6" })
        // Those that leave, leave the queue there at once.
        for agent in agents[3...] { agent.stream.close() }
        #expect(waitUntil { (try? queued()) == "1" })
        gate.open()
        for agent in agents[..<3] { #expect(try agent.readResponse()?.status == 200) }
        #expect(two.away.maximumRunningCount == 2 && two.away.requestCount == 3)
    }

    @Test func aFullQueueSendsItToTheNextSiteAtOnce() throws {
        let trunk = try TrunkScene("pf1.eie", "pf1.knossos", "pf1.louros")
        let (home, full, free) = (try trunk.scene.server("p1"), try trunk.scene.server("p2"), try trunk.scene.server("p3"))
        trunk.add(home, site: "eie")
        trunk.add(full, site: "knossos", "maxconn: 1")
        trunk.add(free, site: "louros", "maxconn: 1")
        trunk.poolLines.append("queue: { size: 1 }")
        home.stop()
        let gate = Gate()
        defer { gate.open() }
        for server in [full, free] {
            server.answer { request in
                if request.path.hasPrefix("/status") { return nil }
                gate.pass()
                return .text(200, server.name)
            }
        }
        let proxies = try ["pf1.knossos", "pf1.louros", "pf1.eie"].map { try trunk.start($0) }
        #expect(trunk.waits("pf1.eie", for: ["p1": "DOWN", "pf1.knossos": "UP", "pf1.louros": "UP"]))
        let agents = try (0..<5).map { _ in try trunk.connect(proxies[2]) }
        for agent in agents[..<4] {
            try agent.send(Requests.report())
            #expect(waitUntil { proxies[2].child.isRunning && (try? trunk.socket("pf1.eie").stat("compilers", "BACKEND")["scur"]) != "0" })
        }
        #expect(
            waitUntil { gate.waitingCount == 2 },
            "\(proxies.map { $0.messages }) \(trunk.instances.map { try? trunk.socket($0.name).ask("show stat") })")
        let queued = { (name: String) in try? trunk.socket(name).stat("compilers", "BACKEND")["qcur"] }
        #expect(waitUntil { queued("pf1.knossos") == "1" && queued("pf1.louros") == "1" })
        let refused = try agents[4].exchange(Requests.metadata())
        #expect(refused.status == 503 && refused.text.hasPrefix("queue_full "))
        #expect(refused.field("X-Puppetfront-Reason") == nil)
        gate.open()
        let names = try agents[..<4].map { try #require(try $0.readResponse()).text }
        #expect(names.sorted() == ["p2", "p2", "p3", "p3"])
        #expect(try trunk.socket("pf1.eie").stat("compilers", "pf1.knossos")["eresp"] == "0", "a full queue is no fault")
    }

    @Test func whatWasQueuedThereWhenItDiesGoesOnElsewhere() throws {
        let trunk = try TrunkScene("pf1.eie", "pf1.knossos", "pf1.louros")
        let (home, full, free) = (try trunk.scene.server("p1"), try trunk.scene.server("p2"), try trunk.scene.server("p3"))
        trunk.add(home, site: "eie")
        trunk.add(full, site: "knossos", "maxconn: 1")
        trunk.add(free, site: "louros")
        home.stop()
        let gate = Gate()
        defer { gate.open() }
        full.answer { request in
            if !request.path.hasPrefix("/status") { gate.pass() }
            return nil
        }
        let proxies = try ["pf1.knossos", "pf1.louros", "pf1.eie"].map { try trunk.start($0) }
        #expect(trunk.waits("pf1.eie", for: ["p1": "DOWN", "pf1.knossos": "UP", "pf1.louros": "UP"]))
        let first = try trunk.connect(proxies[2])
        try first.send(Requests.report())
        #expect(waitUntil { gate.waitingCount == 1 })
        let others = try (0..<4).map { _ in try trunk.connect(proxies[2]) }
        for agent in others { try agent.send(Requests.report()) }
        #expect(waitUntil { (try? trunk.socket("pf1.knossos").stat("compilers", "BACKEND")["qcur"]) == "4" })
        proxies[0].child.signal(SIGKILL)
        // A report that a server has is not sent twice; those that only waited are.
        #expect(try first.readResponse()?.status == 502)
        for agent in others { #expect(try agent.readResponse()?.status == 200) }
        #expect(free.requests.count { $0.method == "PUT" } == 4)
        #expect(full.requests.count { $0.method == "PUT" } == 1)
        #expect(proxies[2].log.filter { $0.status == 200 }.allSatisfy { $0.int("retries") == 1 })
    }

    @Test(arguments: [true, false]) func serversAreUsedDirectlyWhereThatIsAllowed(direct: Bool) throws {
        let two = try Two { $0.locality = "via: instances, direct: \(direct)" }
        #expect(try two.trunk.connect(two.eie).exchange(Requests.report()).status == 200)
        two.knossos.child.signal(SIGKILL)
        #expect(two.trunk.waits("pf1.eie", for: ["pf1.knossos": "DOWN"]))
        let response = try two.trunk.connect(two.eie).exchange(Requests.report())
        #expect(response.status == (direct ? 200 : 503))
        #expect(two.away.requests.count { $0.method == "PUT" } == (direct ? 2 : 1))
        let last = try #require(two.away.requests.last)
        #expect(last.head.all("X-Client-DN") == ["CN=agent.test"])
        if direct { #expect(two.eie.waitForLog { $0.server == "p2" }?.string("via") == nil) }
    }
}
