import StandIn
import TestKit
import Testing

/// Once a reload has brought the CRL, no server sees another request of a revoked agent, whatever it was doing at that moment.
struct RefusesRevokedAgentsTests {
    @Test(arguments: [Int32(0x0303), 0x0304])
    func onAKeptConnectionAndByAResumedSession(_ version: Int32) throws {
        let setup = try Setup(tlsLines: ["session_tickets: true"])
        let tls = try StandInTLS.client(setup.scene.authority.issue("bad.test"), caPEM: setup.scene.authority.caPEM(), version: version)
        let kept = try RawClient(setup.proxy.port(), tls: tls)
        #expect(try kept.exchange(Requests.metadata("bad")).status == 200)
        let session = try #require(kept.stream.session)
        let resumed = try RawClient(setup.proxy.port(), tls: tls, session: session)
        #expect(try resumed.exchange(Requests.metadata("bad")).status == 200)
        #expect(resumed.stream.isResumed)
        try setup.revoke()
        for client in [kept, resumed] { try expectRefusal(client.exchange(Requests.metadata("bad")), client) }
        #expect(throws: StandInError.self) {
            _ = try RawClient(setup.proxy.port(), tls: tls, session: session).exchange(Requests.metadata("bad"))
        }
        #expect(setup.proxy.waitForMessage { $0.contains("bad.test") && $0.contains("revoked") } != nil, "\(setup.proxy.messages)")
        #expect(setup.badRequestCount == 2)
    }

    @Test func afterTheRunningResponse() throws {
        let setup = try Setup()
        setup.holdsBad.close()
        let bad = try setup.scene.connect(setup.proxy, as: "bad.test")
        try bad.send(Requests.metadata("bad"))
        #expect(waitUntil { setup.holdsBad.waitingCount == 1 })
        // Pipelined, it is processed when the response was sent.
        try bad.send(Requests.metadata("bad"))
        try setup.revoke()
        setup.holdsBad.open()
        let first = try #require(try bad.readResponse())
        #expect(first.status == 200 && first.isWhole)
        try expectRefusal(try #require(try bad.readResponse()), bad)
        #expect(setup.badRequestCount == 1)
    }

    @Test func whereTheyWaitedInTheQueue() throws {
        let setup = try Setup()
        setup.holdsGood.close()
        let good = try setup.scene.connect(setup.proxy, as: "good.test")
        try good.send(Requests.metadata("good"))
        #expect(waitUntil { setup.holdsGood.waitingCount == 1 })
        let bad = try setup.scene.connect(setup.proxy, as: "bad.test")
        try bad.send(Requests.metadata("bad"))
        try setup.letTheWorkerCatchUp()
        try setup.revoke()
        setup.holdsGood.open()
        #expect(try good.readResponse()?.status == 200)
        try expectRefusal(try #require(try bad.readResponse()), bad)
        #expect(setup.badRequestCount == 0)
        #expect(try good.exchange(Requests.metadata("good")).status == 200, "the slot came back")
    }

    @Test func whereTheirBodyWasStillOnItsWay() throws {
        let setup = try Setup()
        let bad = try setup.scene.connect(setup.proxy, as: "bad.test")
        let request = Requests.catalog("bad.test")
        try bad.send(String(request.dropLast(20)))
        try setup.letTheWorkerCatchUp()
        try setup.revoke()
        try bad.send(String(request.suffix(20)))
        try expectRefusal(try #require(try bad.readResponse()), bad)
        #expect(setup.badRequestCount == 0)
    }

    @Test func whereAnotherServerWouldBeTried() throws {
        let setup = try Setup(spareServer: true)
        setup.holdsBad.close()
        let bad = try setup.scene.connect(setup.proxy, as: "bad.test")
        try bad.send(Requests.metadata("bad"))
        #expect(waitUntil { setup.holdsBad.waitingCount == 1 })
        try setup.revoke()
        let busy = try #require(setup.servers.first { $0.requests.contains { $0.path.hasSuffix("bad") } })
        busy.dropConnections()
        try expectRefusal(try #require(try bad.readResponse()), bad)
        #expect(setup.badRequestCount == 1)
        setup.holdsBad.open()
    }

    @Test func whereTheFileChangedWithoutAReload() throws {
        let setup = try Setup()
        let bad = try setup.scene.connect(setup.proxy, as: "bad.test")
        #expect(try bad.exchange(Requests.metadata("bad")).status == 200)
        setup.scene.authority.revoke("bad.test")
        try setup.scene.authority.writeRevocationLists(to: setup.scene.folder.path)
        #expect(setup.proxy.waitForMessage(within: .seconds(30)) { $0.contains("reloaded") && $0.contains("files changed") } != nil)
        try setup.letTheWorkerCatchUp()
        try expectRefusal(bad.exchange(Requests.metadata("bad")), bad)
        #expect(setup.badRequestCount == 1)
    }

    @Test func whereTheListenerHasAnotherNameNow() throws {
        let setup = try Setup()
        let bad = try setup.scene.connect(setup.proxy, as: "bad.test")
        #expect(try bad.exchange(Requests.metadata("bad")).status == 200)
        let text = setup.configuration.text.replacing("- name: agents", with: "- name: others")
        _ = try setup.scene.folder.write(text, to: "puppetfront.yaml")
        setup.scene.authority.revoke("bad.test")
        try setup.scene.authority.writeRevocationLists(to: setup.scene.folder.path)
        setup.proxy.reload()
        #expect(try waitUntil { try bad.exchange(Requests.metadata("bad")).status == 403 })
    }

    private func expectRefusal(_ answer: RawClient.Response, _ client: RawClient) throws {
        #expect(answer.status == 403 && answer.text.contains("revoked") && answer.saysClose, "\(answer.status) \(answer.text)")
        #expect(client.isClosed())
    }

    /// A server with one slot, whose responses to files named `good` and `bad` may be held; one worker, so that what is sent first is looked
    /// at first.
    private final class Setup {
        let scene: Scene
        let servers: [StandInServer]
        let (holdsGood, holdsBad) = (Gate(open: true), Gate(open: true))
        let proxy: ProxyProcess
        let configuration: Configuration

        init(tlsLines: [String] = [], spareServer: Bool = false) throws {
            let scene = try Scene()
            self.scene = scene
            servers = try (1...(spareServer ? 2 : 1)).map { try scene.server("s\($0)") }
            for server in servers {
                server.answer { [holdsGood, holdsBad] request in
                    if request.path.hasSuffix("good") { holdsGood.pass() }
                    if request.path.hasSuffix("bad") { holdsBad.pass() }
                    return nil
                }
            }
            let other = try scene.server("other")
            scene.keep(other)
            var made = Configuration(
                .init("first", servers: servers.map { Configuration.server($0.name, $0.address, "maxconn: 1") }),
                .init("other", servers: [Configuration.server("other", other.address)]), lines: ["limits: { worker_threads: 1 }"])
            made.environments = ["default: first", "elsewhere: other"]
            made.tlsLines = tlsLines
            configuration = made
            proxy = try scene.start(made)
        }

        deinit {
            holdsGood.open()
            holdsBad.open()
        }

        /// Requests of `bad.test` that reached a server.
        var badRequestCount: Int {
            servers.flatMap(\.requests).filter { $0.head.first("X-Client-DN") == "CN=bad.test" }.count
        }

        func letTheWorkerCatchUp() throws {
            #expect(try scene.connect(proxy, as: "witness.test").exchange(Requests.metadata("x", environment: "elsewhere")).status == 200)
        }

        /// Returns once the worker goes by the new list.
        func revoke() throws {
            scene.authority.revoke("bad.test")
            try scene.authority.writeRevocationLists(to: scene.folder.path)
            proxy.reload()
            #expect(proxy.waitForMessage { $0.contains("reloaded") } != nil, "\(proxy.messages)")
            try letTheWorkerCatchUp()
        }
    }
}
