import StandIn
import TestKit
import Testing

struct TimeoutsTests {
    @Test func aClientThatNeverShakesHandsIsClosed() throws {
        let (_, _, proxy) = try start("timeouts: { handshake: 300ms }")
        let client = try RawClient(proxy.port())
        #expect(client.isClosed())
        let half = try RawClient(proxy.port())
        try half.send([0x16, 0x03, 0x01])
        #expect(half.isClosed() || (try? half.reader.readToEnd()) != nil)
    }

    @Test func aHeadThatDoesNotComeGets408() throws {
        let (scene, server, proxy) = try start("timeouts: { request_head: 300ms }")
        let client = try scene.connect(proxy)
        try client.send("GET /puppet/v3/environments HTTP/1.1\r\nHost:")
        let answer = try #require(try client.readResponse())
        #expect(answer.status == 408)
        #expect(answer.saysClose)
        #expect(client.isClosed())
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "request_timeout" && line.termination == "cR--" && line.status == 408, "\(line)")
        #expect(server.requestCount == 0)
    }

    @Test func aBodyThatDoesNotComeGets408() throws {
        let (scene, server, proxy) = try start("timeouts: { body: 300ms }")
        let client = try scene.connect(proxy)
        try client.send(
            "POST /puppet/v3/catalog/agent.test HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nabc"
        )
        let answer = try #require(try client.readResponse())
        #expect(answer.status == 408)
        #expect(client.isClosed())
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "request_timeout" && line.termination == "cD--", "\(line)")
        #expect(!server.requests.contains { $0.isComplete })
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() throws {
        let (scene, _, proxy) = try start("timeouts: { client_idle: 300ms }")
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(client.isClosed())
        #expect(client.stream.endedCleanly)
        #expect(proxy.log.count == 1, "an idle end is no request")
    }

    @Test(arguments: [Misbehaviour.acceptsAndNeverAnswers])
    func aServerThatNeverRespondsGets504(_ behaviour: Misbehaviour) throws {
        let scene = try Scene()
        let server = try MisbehavingServer(behaviour)
        let proxy = try scene.start(.pool(server.address, lines: ["timeouts: { response: 300ms }"]))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.metadata())
        #expect(answer.status == 504)
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "response_timeout" && line.termination == "sH--", "\(line)")
        #expect(waitUntil { server.openCount == 0 }, "the server's connection is given up")
    }

    @Test(arguments: [Misbehaviour.stallsAfterHead, .stallsInBody])
    func aServerThatStallsInItsResponseIsCut(_ behaviour: Misbehaviour) throws {
        let scene = try Scene()
        let server = try MisbehavingServer(behaviour)
        let proxy = try scene.start(.pool(server.address, lines: ["timeouts: { response: 300ms }"]))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.metadata())
        #expect(answer.status == 200)
        #expect(!answer.isWhole)
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(["SD--", "sD--"].contains(line.termination), "\(line)")
    }

    @Test func aSlowHeadIsNoTimeout() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.sendsHeadSlowly)
        let proxy = try scene.start(.pool(server.address, lines: ["timeouts: { response: 1s }"]))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
    }

    private func start(_ line: String) throws -> (Scene, StandInServer, ProxyProcess) {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = [line]
        scene.keep(server)
        return (scene, server, try scene.start(configuration))
    }
}
