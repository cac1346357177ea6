import StandIn
import TestKit
import Testing

struct ReloadsWhileRequestsWaitTests {
    @Test func aServerAddedMeanwhileServesThem() throws {
        let setup = try Setup()
        let added = try setup.scene.server("added")
        setup.scene.keep(added)
        let first = try setup.send("first")
        #expect(waitUntil { setup.gate.waitingCount == 1 })
        let waiting = try setup.send("waiting")
        try setup.letTheWorkerCatchUp()
        var configuration = setup.configuration
        configuration.pools[0].servers.append(Configuration.server("added", added.address, "maxconn: 1"))
        try setup.reload(configuration)
        #expect(try waiting.readResponse()?.status == 200)
        #expect(added.requests.map(\.path) == ["/puppet/v3/file_metadata/modules/m/waiting"])
        for number in 1...3 { #expect(try waiting.exchange(Requests.metadata("more\(number)")).status == 200, "its slot is given back") }
        setup.gate.open()
        #expect(try first.readResponse()?.status == 200)
    }

    @Test func aServerWithAnotherAddressServesThem() throws {
        let setup = try Setup()
        let moved = try setup.scene.server("moved")
        setup.scene.keep(moved)
        let first = try setup.send("first")
        #expect(waitUntil { setup.gate.waitingCount == 1 })
        let waiting = try setup.send("waiting")
        try setup.letTheWorkerCatchUp()
        var configuration = setup.configuration
        configuration.pools[0].servers = [Configuration.server("s1", moved.address, "maxconn: 1")]
        try setup.reload(configuration)
        setup.gate.open()
        #expect(try first.readResponse()?.status == 200)
        #expect(try waiting.readResponse()?.status == 200)
        #expect(try waiting.exchange(Requests.metadata("more")).status == 200)
        #expect(moved.requests.last?.path.hasSuffix("more") == true)
    }

    @Test func aRemovedPoolStillTimesItsQueueOut() throws {
        let setup = try Setup(queueTimeout: "1s")
        let first = try setup.send("first")
        #expect(waitUntil { setup.gate.waitingCount == 1 })
        let waiting = try setup.send("waiting")
        try setup.letTheWorkerCatchUp()
        var configuration = setup.configuration
        configuration.pools.removeFirst()
        configuration.environments = ["default: other"]
        try setup.reload(configuration)
        #expect(try waiting.readResponse()?.status == 503)
        let line = try #require(setup.proxy.waitForLog { $0.reason == "queue_timeout" })
        #expect(line.termination == "sQ--", "\(line)")
        #expect(try waiting.exchange(Requests.metadata("more")).status == 200, "the connection goes on, in the pool that is left")
        setup.gate.open()
        #expect(try first.readResponse()?.status == 200, "what ran goes on to its end")
    }

    @Test func aRemovedPoolStillTriesAgain() throws {
        let scene = try Scene()
        let (silent, other) = (try MisbehavingServer(.acceptsAndNeverAnswers), try scene.server("other"))
        let lines = ["tls: { verify: none }", "timeouts: { connect: 1s }", "retry: { attempts: 1 }"]
        var configuration = Configuration(
            .init("first", lines, servers: [Configuration.server("s1", silent.address)]),
            .init("other", servers: [Configuration.server("other", other.address)]))
        configuration.environments = ["default: first"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        try client.send(Requests.metadata())
        #expect(waitUntil { silent.acceptedCount == 1 }, "its handshake is awaited")
        configuration.pools.removeFirst()
        configuration.environments = ["default: other"]
        try scene.write(configuration)
        proxy.reload()
        #expect(proxy.waitForMessage { $0.contains("reloaded") } != nil, "\(proxy.messages)")
        #expect(try client.readResponse()?.status == 503, "after the server's second time was up too")
        #expect(silent.acceptedCount == 2)
    }

    @Test func aRemovedPoolTimesOutWhatComesToWaitAfterwards() throws {
        let setup = try Setup(queueTimeout: "1s")
        let first = try setup.send("first")
        #expect(waitUntil { setup.gate.waitingCount == 1 })
        // Its environment is in the body, so that it is decided after the reload, by the settings of before.
        let late = try setup.scene.connect(setup.proxy)
        let body = "environment=production&facts=x"
        try late.send(
            "POST /puppet/v3/catalog/agent.test HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n")
        try setup.letTheWorkerCatchUp()
        var configuration = setup.configuration
        configuration.pools.removeFirst()
        configuration.environments = ["default: other"]
        try setup.reload(configuration)
        try setup.letTheWorkerCatchUp()
        try late.send(body)
        #expect(try late.readResponse()?.status == 503)
        #expect(setup.proxy.waitForLog { $0.reason == "queue_timeout" } != nil)
        setup.gate.open()
        #expect(try first.readResponse()?.status == 200)
    }

    /// Two pools, the first with one server whose responses wait for a gate; one worker, so that what is sent first is looked at first.
    private final class Setup {
        let scene: Scene
        let gate = Gate()
        let configuration: Configuration
        let proxy: ProxyProcess

        init(queueTimeout: String = "30s") throws {
            scene = try Scene()
            let (busy, other) = (try scene.server("busy"), try scene.server("other"))
            busy.answer { [gate] request in
                gate.pass()
                return .text(200, request.path)
            }
            scene.keep(busy)
            scene.keep(other)
            var made = Configuration(
                .init("first", ["queue: { timeout: \(queueTimeout) }"], servers: [Configuration.server("s1", busy.address, "maxconn: 1")]),
                .init("other", servers: [Configuration.server("other", other.address)]), lines: ["limits: { worker_threads: 1 }"])
            made.environments = ["default: first", "elsewhere: other"]
            configuration = made
            proxy = try scene.start(made)
        }

        deinit { gate.open() }

        func send(_ file: String) throws -> RawClient {
            let client = try scene.connect(proxy)
            try client.send(Requests.metadata(file))
            return client
        }

        /// Returns once the worker has seen everything that was sent before.
        func letTheWorkerCatchUp() throws {
            #expect(try scene.connect(proxy).exchange(Requests.metadata("x", environment: "elsewhere")).status == 200)
        }

        func reload(_ configuration: Configuration) throws {
            try scene.write(configuration)
            proxy.reload()
            #expect(proxy.waitForMessage { $0.contains("reloaded") } != nil, "\(proxy.messages)")
        }
    }
}
