import StandIn
import TestKit
import Testing

struct ClientGoneTests {
    @Test func whoLeavesTheQueueTakesNoSlot() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let proxy = try scene.start(Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 1")])))
        let first = try scene.connect(proxy)
        try first.send(Requests.metadata("first"))
        #expect(waitUntil { gate.waitingCount == 1 })
        let leaver = try scene.connect(proxy)
        try leaver.send(Requests.metadata("leaver"))
        let last = try scene.connect(proxy)
        try last.send(Requests.metadata("last"))
        leaver.close()
        let line = try #require(proxy.waitForLog { $0.reason == "client_gone" })
        #expect(line.termination == "CQ--" && line.status == nil, "\(line)")
        gate.open()
        #expect(try first.readResponse()?.status == 200)
        #expect(try last.readResponse()?.text.hasSuffix("last") == true)
        #expect(!server.requests.contains { $0.path.hasSuffix("leaver") })
    }

    @Test func whoLeavesWhileTheServerWorksFreesItsConnection() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.readsAndNeverAnswers)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Requests.metadata())
        #expect(waitUntil { server.heads.count == 1 })
        client.close()
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "client_gone" && line.termination == "CH--", "\(line)")
        #expect(waitUntil { server.openCount == 0 }, "the upstream request is cancelled")
    }

    @Test func aClientThatLeavesDuringItsResponseEndsIt() throws {
        let scene = try Scene()
        let server = try scene.server { $0.catalog = .sized(64 << 20) }
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Requests.catalog())
        #expect(waitUntil { server.sentByteCount > 0 })
        client.stream.reset()
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "client_gone" && line.termination == "CD--", "\(line)")
        #expect(waitUntil { server.runningCount == 0 })
        #expect(server.sentByteCount < 64 << 20)
    }

    @Test func aClientThatResetsWhileTheServerStallsReleasesIt() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.stallsInBody)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Requests.metadata())
        #expect(try client.reader.readHead() != nil)
        client.stream.reset()
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "client_gone" && line.termination == "CD--", "\(line)")
        #expect(waitUntil { server.openCount == 0 })
    }

    @Test func whoLeavesInItsOwnBodyIsNotServed() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { body_prefix: 16k }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        try client.send("PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        try client.send(String(repeating: "a", count: 20_000))
        #expect(waitUntil { server.requestCount == 1 })
        client.close()
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "client_gone" && line.termination?.hasPrefix("C") == true, "\(line)")
        #expect(waitUntil { server.openCount == 0 })
        #expect(!server.requests.contains { $0.isComplete })
    }

    /// Content that comes slowly takes no server's slot: it is received before a server is asked for.
    @Test func whoLeavesBeforeItsBodyIsWholeReachesNoServer() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        let request = "PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        try client.send(request)
        try client.send("abc")
        #expect(!waitUntil(within: .milliseconds(300)) { server.acceptedCount > 0 })
        client.close()
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "client_gone" && line.termination == "CD--", "\(line)")
        #expect(line.int("bytes_in") == request.utf8.count + 3)
        #expect(server.requestCount == 0)
    }

    /// The proxy finds that the agent has left when it forwards interim responses, and already holds the final one.
    @Test func aClientThatLeavesBeforeAnInterimResponseLeavesNoResponse() throws {
        let scene = try Scene()
        let (gate, sent) = (Gate(), Gate())
        defer { gate.open() }
        let server = try ScriptedServer { head, reader in
            guard head.startLine.contains("leaver") else {
                try reader.answer("own")
                return true
            }
            gate.pass()
            let interim = "HTTP/1.1 103 Early Hints\r\n\r\n"
            try reader.stream.write(interim + interim + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign")
            sent.open()
            return true
        }
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 1 }"]
        let proxy = try scene.start(configuration)
        let leaver = try scene.connect(proxy)
        try leaver.send(Requests.metadata("leaver"))
        #expect(waitUntil { gate.waitingCount == 1 })
        // Both are there when the worker reads: the response first.
        let stop = try #require(ThreadStop(of: proxy.child.pid, named: "worker-0"))
        gate.open()
        sent.pass()
        leaver.stream.reset()
        stop.end()
        #expect(proxy.waitForLog { $0.reason == "client_gone" } != nil)
        let next = try scene.connect(proxy)
        #expect(try next.exchange(Requests.metadata("a")).text == "own")
        #expect(try next.exchange(Requests.metadata("b")).text == "own")
    }
}
