import StandIn
import TestKit
import Testing

struct KeepsAliveAndPipelinesTests {
    @Test func oneConnectionServesManyRequestsOverFewUpstream() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        for number in 1...30 {
            let answer = try client.exchange(Requests.metadata("f\(number)"))
            #expect(answer.status == 200)
            #expect(!answer.saysClose)
            #expect(answer.text.contains("/f\(number)\""))
        }
        #expect(server.acceptedCount == 1)
    }

    @Test func pipelinedRequestsGetResponsesInOrder() throws {
        let scene = try Scene()
        let slow = try scene.server()
        slow.answer { request in
            var answer = StandInAnswer.text(200, request.path)
            if request.path.hasSuffix("/f1") { answer.delay = .milliseconds(150) }
            return answer
        }
        let proxy = try scene.start(.pool(slow.address))
        let client = try scene.connect(proxy)
        try client.send((1...8).map { Requests.metadata("f\($0)") }.joined() + Requests.report())
        for number in 1...8 {
            let answer = try #require(try client.readResponse())
            #expect(answer.text.hasSuffix("/f\(number)"))
        }
        #expect(try #require(try client.readResponse()).text == "/puppet/v3/report/agent.test")
        #expect(try client.exchange(Requests.metadata()).status == 200)
    }

    /// Local responses need no server that would slow their sender down.
    @Test func aClientThatPipelinesMuchDelaysNoOther() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 1 }"]
        configuration.plainLines = ["status_path: /alive"]
        let proxy = try scene.start(configuration)
        let clients = try (1...2).map { _ in try RawClient(proxy.port("plain"), address: "127.0.0.2") }
        for client in clients { #expect(try client.exchange(Requests.get("/alive")).status == 200) }
        // All of it is there when the worker looks.
        let stop = try #require(ThreadStop(of: proxy.child.pid, named: "worker-0"))
        try clients[0].send(String(repeating: Requests.get("/alive"), count: 400))
        try clients[1].send(Requests.make("HEAD", "/alive"))
        stop.end()
        #expect(try clients[1].readResponse(toHead: true)?.status == 200)
        for _ in 1...400 { #expect(try clients[0].readResponse()?.status == 200) }
        #expect(waitUntil { proxy.log.count == 403 })
        let place = try #require(proxy.log.firstIndex { $0.string("method") == "HEAD" })
        #expect(place < 100)
    }

    @Test func aClientThatWantsToCloseGetsAResponseAndIsClosed() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 1 }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.get("/puppet/v3/environments", fields: ["Connection: close"]))
        #expect(answer.status == 200)
        #expect(answer.saysClose)
        #expect(client.isClosed())
        #expect(client.stream.endedCleanly)
        let second = try scene.connect(proxy)
        #expect(try second.exchange(Requests.metadata()).status == 200)
        #expect(server.acceptedCount == 1, "the client's wish is not the server's")
    }

    @Test func anUpstreamConnectionClosedOnReuseCostsNoRequest() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.closesOnReuse)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        for _ in 1...5 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(server.acceptedCount >= 5)
    }

    @Test func aHalfClosedClientStillGetsItsResponse() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { _ in
            var answer = StandInAnswer.text(200, "late")
            answer.delay = .milliseconds(100)
            return answer
        }
        let proxy = try scene.start(.pool(server.address))
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        try client.send(Requests.get("/status/v1/services"))
        client.stream.finishWriting()
        let answer = try client.readResponse()
        // A proxy may treat the half-close as a close; it may not send half a response.
        if let answer { #expect(answer.isWhole && answer.text == "late") }
    }
}
