import StandIn
import TestKit
import Testing

struct DrainsOnTerminateTests {
    @Test func aRunningRequestFinishesAndItsConnectionCloses() throws {
        let scene = try Scene()
        let server = try scene.server()
        let gate = Gate()
        defer { gate.open() }
        server.answer { _ in
            gate.pass()
            return .text(200, "done")
        }
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Requests.metadata())
        #expect(waitUntil { gate.waitingCount == 1 })
        proxy.terminate()
        #expect(waitUntil { (try? RawClient(proxy.port())) == nil }, "new connections are refused")
        #expect(proxy.child.isRunning)
        gate.open()
        let answer = try #require(try client.readResponse())
        #expect(answer.status == 200)
        #expect(answer.text == "done")
        #expect(answer.saysClose)
        #expect(client.isClosed())
        client.close()
        #expect(proxy.child.waitForEnd() == 0)
    }

    /// A response whose head was sent before the drain has no `Connection: close`, so the agent's next request must not be lost.
    @Test func anAgentWithoutConnectionCloseMaySendOneMoreRequest() throws {
        let scene = try Scene()
        let server = try scene.server { $0.catalog = .chunked(200_000, chunk: 20_000, pause: .milliseconds(50)) }
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Requests.catalog())
        #expect(waitUntil { server.sentByteCount >= 60_000 }, "the head has long been passed on")
        proxy.terminate()
        #expect(waitUntil { (try? RawClient(proxy.port())) == nil })
        let answer = try #require(try client.readResponse(keepsBody: false))
        #expect(answer.status == 200 && answer.isWhole && !answer.saysClose)
        let next = try client.exchange(Requests.metadata())
        #expect(next.status == 200 && next.saysClose)
        client.close()
        #expect(proxy.child.waitForEnd() == 0)
    }

    /// More than a worker accepts at once, so that the drain finds the last of them in the backlog.
    @Test func theBacklogAfterClientsThatLeftIsServed() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 1 }"]
        let proxy = try scene.start(configuration)
        var stopped: ThreadStop?
        // A thread has its name a little after it has begun.
        #expect(
            waitUntil {
                stopped = ThreadStop(of: proxy.child.pid, named: "worker-0")
                return stopped != nil
            })
        let stop = try #require(stopped)
        for _ in 1...200 { try RawClient(proxy.port("plain"), address: "127.0.0.2").close() }
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        try client.send(Requests.metadata())
        proxy.terminate()
        #expect(proxy.waitForMessage { $0.contains("draining") } != nil)
        stop.end()
        #expect(try client.readResponse()?.status == 403, "without a certificate")
        client.close()
        #expect(proxy.child.waitForEnd() == 0)
    }

    /// Agents close by themselves after 4 s, so a draining proxy waits a little longer before it closes first.
    @Test func idleConnectionsDoNotKeepItAlive() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address, lines: []))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        proxy.terminate()
        #expect(client.isClosed(within: .seconds(8)))
        client.close()
        #expect(proxy.child.waitForEnd() == 0)
    }

    @Test func theDrainHasALimit() throws {
        let scene = try Scene()
        let server = try scene.server()
        let gate = Gate()
        defer { gate.open() }
        server.answer { _ in
            gate.pass()
            return nil
        }
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["timeouts: { drain: 500ms }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        try client.send(Requests.metadata())
        #expect(waitUntil { gate.waitingCount == 1 })
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        #expect(client.isClosed())
    }
}
