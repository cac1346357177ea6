import HTTP2
import Model
import Settings
import TestKit
import Testing

@testable import Engine

/// Pools with `protocol: h2`: requests as streams of few connections, whatever the agents speak.
struct AsksServersOverHTTP2Tests {
    private static let agentsOK = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nVia: 2.0 puppetfront\r\n\r\nhello"

    private func worker(
        _ names: [String] = ["s1"], maxconn: Int? = nil, pool: (inout PoolSettings) -> Void = { _ in },
        settings: (inout ProxySettings) -> Void = { _ in }
    ) throws -> WireWorker {
        try WireWorker(
            names, maxconn: maxconn,
            pool: {
                $0.wireProtocol = .http2
                pool(&$0)
            }, settings: settings)
    }

    private func idle(_ worker: WireWorker) -> Int {
        worker.world.pool.withState { _, targets in targets.values.reduce(0) { $0 + $1.idleCount.load(ordering: .relaxed) } }
    }

    // MARK: Messages

    @Test func aRequestAndItsResponse() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(
            "GET /puppet/v3/file_metadata/m//a?environment=production HTTP/1.1\r\nHost: P:8140\r\nConnection: X-Gone\r\nX-Gone: 1\r\n"
                + "X-Client-DN: CN=forged\r\nAccept: a\r\n\r\n", from: agent)
        let server = WireHTTP2Server(worker)
        #expect(
            server.requests.map(\.head) == [
                "GET /puppet/v3/file_metadata/m//a?environment=production HTTP/1.1\nhost: P:8140\naccept: a\nx-client-verify: NONE\n"
                    + "x-forwarded-for: 192.0.2.9\nvia: 1.1 puppetfront"
            ])
        #expect(server.requests[0].isWhole)
        server.respond(0, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Array("hello".utf8))
        #expect(agent.take() == Self.agentsOK)
        #expect(server.requests[0].end == .noError)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0"])
        #expect(worker.world.held == [] && idle(worker) == 1 && !agent.isClosed)
    }

    @Test func contentWithoutALengthIsChunkedForTheAgent() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        let server = WireHTTP2Server(worker)
        server.respond(0, "HTTP/1.1 200 OK\r\n\r\n", Array("hello".utf8), ends: false)
        #expect(agent.take() == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nVia: 2.0 puppetfront\r\n\r\n5\r\nhello\r\n")
        server.put(0, [UInt8](repeating: 0x78, count: 300), trailers: "X-Sum: 9\r\n\r\n")
        #expect(agent.take() == "12c\r\n" + String(repeating: "x", count: 300) + "\r\n0\r\nx-sum: 9\r\n\r\n")
        #expect(!agent.isClosed && worker.world.lines().map(\.end) == ["200 – ---- 0"])
    }

    @Test func contentWithoutALengthEndsTheConnectionOfHTTP10() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.file.replacing("HTTP/1.1", with: "HTTP/1.0"), from: agent)
        let server = WireHTTP2Server(worker)
        server.respond(text: "hello")
        #expect(agent.take().hasSuffix("\r\n\r\nhello") && agent.isClosed)
    }

    @Test func aResponseWithoutContentHasLengthZero() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        let server = WireHTTP2Server(worker)
        server.respond(0, "HTTP/1.1 404 Not Found\r\n\r\n", nil)
        #expect(agent.take() == "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nVia: 2.0 puppetfront\r\n\r\n")
    }

    @Test func headInterimAndNoContent() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.head, from: agent)
        let server = WireHTTP2Server(worker)
        server.sendInterim(0, "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
        #expect(agent.take() == "HTTP/1.1 103 Early Hints\r\nlink: a\r\nVia: 2.0 puppetfront\r\n\r\n")
        server.respond(0, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", nil)
        #expect(agent.take() == "HTTP/1.1 200 OK\r\ncontent-length: 500\r\nVia: 2.0 puppetfront\r\n\r\n")
        worker.send(ScriptedExchange.file, from: agent)
        server.pump()
        server.respond(1, "HTTP/1.1 204 No Content\r\n\r\n", nil)
        #expect(agent.take() == "HTTP/1.1 204 No Content\r\nVia: 2.0 puppetfront\r\n\r\n")
        #expect(worker.servers.ends.count == 1 && worker.world.held == [])
    }

    @Test(arguments: [false, true]) func uploadsAreTakenOutOfTheirFraming(isChunked: Bool) throws {
        let worker = try worker()
        let agent = worker.connect()
        let head = "PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: p\r\n"
        worker.send(
            isChunked
                ? head + "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 9\r\nHost: forged\r\n\r\n"
                : head + "Content-Length: 11\r\n\r\nhello world", from: agent)
        let server = WireHTTP2Server(worker)
        #expect(server.requests[0].text == "hello world" && server.requests[0].isWhole)
        #expect(server.requests[0].head.contains("content-length: 11") != isChunked)
        #expect(server.requests[0].trailers == (isChunked ? "x-sum: 9" : ""))
        server.respond(text: "ok")
        #expect(agent.take().hasSuffix("2\r\nok\r\n0\r\n\r\n"))
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0"] && worker.world.held == [])
    }

    @Test func anAgentOfHTTP2IsServedOverHTTP2() throws {
        let worker = try worker()
        let client = WireHTTP2Client(worker)
        let id = client.request(ScriptedExchange.file)
        let server = WireHTTP2Server(worker)
        server.respond(0, "HTTP/1.1 200 OK\r\n\r\n", Array("hello".utf8), trailers: "X-Sum: 9\r\n\r\n")
        client.pump()
        #expect(client.responses[id]?.text == "hello" && client.responses[id]?.trailers == "x-sum: 9")
        #expect(client.responses[id]?.head == "HTTP/1.1 200 OK\nvia: 2.0 puppetfront" && client.responses[id]?.end == .noError)
    }

    // MARK: Connections

    @Test func requestsShareAConnection() throws {
        let worker = try worker()
        let agents = (0..<5).map { _ in worker.connect() }
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        #expect(worker.servers.ends.count == 1)
        let server = WireHTTP2Server(worker)
        #expect(server.requests.count == 5)
        for index in (0..<5).reversed() { server.respond(index, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", [0x30 + UInt8(index)]) }
        for (index, agent) in agents.enumerated() { #expect(agent.take().hasSuffix("\r\n\r\n\(index)")) }
        #expect(idle(worker) == 1 && worker.world.held == [])
    }

    /// Before the server has said how many streams it allows, more requests may wait for a connection than it takes.
    @Test func requestsThatAConnectionHasNoStreamForGoToOthers() throws {
        let worker = try worker(pool: { $0.retry.attempts = 0 })
        let agents = (0..<3).map { _ in worker.connect() }
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        #expect(worker.servers.ends.count == 1)
        let first = WireHTTP2Server(worker, streams: 1)
        #expect(first.requests.count == 1 && worker.servers.ends.count == 3)
        let last = WireHTTP2Server(worker, streams: 1)
        #expect(last.requests.count == 1)
        last.respond(text: "last")
        #expect(agents[2].take().contains("last") && worker.world.lines().map(\.end) == ["200 – ---- 0"])
    }

    @Test func aServerThatAllowsNoStreamsIsAFailedConnection() throws {
        let worker = try worker(pool: { $0.retry.attempts = 0 })
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        _ = WireHTTP2Server(worker, streams: 0)
        #expect(agent.take().contains("connect_failed") && worker.world.log.all.contains("cannot connect"))
    }

    @Test func aServersStreamLimitHolds() throws {
        let worker = try worker(pool: { $0.retry.attempts = 0 })
        let agents = (0..<5).map { _ in worker.connect() }
        worker.send(ScriptedExchange.file, from: agents[0])
        let first = WireHTTP2Server(worker, streams: 2)
        for agent in agents[1...] { worker.send(ScriptedExchange.file, from: agent) }
        #expect(worker.servers.ends.count == 3)
        first.pump()
        #expect(first.requests.count == 2)
        let last = WireHTTP2Server(worker, streams: 2)
        #expect(last.requests.count == 1)
    }

    @Test func anIdleConnectionIsClosedAfterItsTime() throws {
        let worker = try worker(pool: { $0.timeouts.idle = .seconds(20) })
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        let server = WireHTTP2Server(worker)
        server.respond(text: "hello")
        worker.world.pass(.seconds(19))
        #expect(!server.end.isClosed && idle(worker) == 1)
        worker.world.reachDeadline(after: .seconds(1))
        server.pump()
        #expect(server.end.isClosed && server.goAways == 1 && idle(worker) == 0)
    }

    @Test func aDrainClosesIdleConnectionsAndThoseWhoseLastRequestEnds() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        let server = WireHTTP2Server(worker)
        worker.world.post(.drain(isReplaced: false))
        server.pump()
        #expect(!server.end.isClosed)
        server.respond(text: "hello")
        server.pump()
        #expect(agent.take().contains("hello") && server.end.isClosed && worker.world.held == [])
    }

    // MARK: What goes wrong

    /// Nothing of it was processed: even a report is sent again, to the same server by a new connection.
    @Test func requestsAfterGoAwayAreSentAgain() throws {
        let worker = try worker(["s1"], pool: { $0.retry.attempts = 0 })
        let agents = [worker.connect(), worker.connect()]
        worker.send(ScriptedExchange.file, from: agents[0])
        let server = WireHTTP2Server(worker)
        server.respond(0, "HTTP/1.1 200 OK\r\n\r\n", Array("first".utf8), ends: false)
        worker.send(ScriptedExchange.report(2) + "{}", from: agents[1])
        #expect(worker.servers.ends.count == 1)
        // GOAWAY with stream 1 as the last: the server has not looked at the report.
        server.end.send([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])
        worker.turn()
        #expect(worker.servers.ends.count == 2)
        let second = WireHTTP2Server(worker)
        #expect(second.requests.map(\.text) == ["{}"] && second.requests[0].isWhole)
        second.respond(text: "ok")
        #expect(agents[1].take().contains("ok"))
        server.put(0, Array("rest".utf8))
        #expect(agents[0].take().contains("rest"))
        #expect(worker.world.lines().map(\.status) == [200, 200] && worker.world.held == [])
        server.pump()
        #expect(server.end.isClosed)
    }

    @Test func aRefusedStreamIsSentToAnotherServer() throws {
        let worker = try worker(["s1", "s2"])
        let agent = worker.connect()
        worker.send(ScriptedExchange.report(2) + "{}", from: agent)
        let server = WireHTTP2Server(worker)
        server.reset(0, .refusedStream)
        #expect(worker.servers.ends.map(\.name) == ["s1", "s2"])
        let other = WireHTTP2Server(worker)
        #expect(other.requests.map(\.text) == ["{}"])
        other.respond(text: "ok")
        #expect(agent.take().contains("ok") && worker.world.lines().map(\.end) == ["200 – ---- 1"])
        #expect(!server.end.isClosed && idle(worker) == 2)
    }

    /// A server may have acted on it.
    @Test(arguments: [(HTTP2ErrorCode.cancel, 1), (HTTP2ErrorCode.internalError, 1), (HTTP2ErrorCode.protocolError, 0)])
    func aResetReportIsNotSentAgain(_ code: HTTP2ErrorCode, _ repeats: Int) throws {
        let worker = try worker(["s1", "s2"])
        let agents = [worker.connect(), worker.connect()]
        worker.send(ScriptedExchange.report(2) + "{}", from: agents[0])
        let server = WireHTTP2Server(worker)
        server.reset(0, code)
        #expect(agents[0].take().hasPrefix("HTTP/1.1 502") && worker.servers.ends.count == 1)
        // What only reads is, unless the server says that it breaks the protocol.
        worker.world.pool.handle(.admin(worker.world.pool.servers[1].id, .drain), now: .zero)
        worker.send(ScriptedExchange.file, from: agents[1])
        server.pump()
        worker.world.pool.handle(.admin(worker.world.pool.servers[1].id, .ready), now: .zero)
        server.reset(1, code)
        #expect(worker.servers.ends.count == 1 + repeats)
        #expect(worker.world.lines().map(\.end) == ["502 bad_response SH-- 0"] + (repeats == 0 ? ["502 bad_response SH-- 0"] : []))
    }

    @Test func aLostConnectionLosesAllItsStreams() throws {
        let worker = try worker(["s1"], pool: { $0.retry.attempts = 0 })
        let agents = (0..<3).map { _ in worker.connect() }
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        let server = WireHTTP2Server(worker)
        server.respond(0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", Array("hello".utf8), ends: false)
        server.end.close()
        worker.turn()
        #expect(agents[0].take().hasSuffix("hello") && agents[0].isClosed)
        #expect(agents[1].take().hasPrefix("HTTP/1.1 502") && agents[2].take().hasPrefix("HTTP/1.1 502"))
        #expect(worker.world.held == [] && idle(worker) == 0)
    }

    @Test func aContentLengthThatDoesNotHoldIsNoWholeResponse() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        let server = WireHTTP2Server(worker)
        server.respond(0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", Array("hello".utf8), ends: false)
        server.put(0, Array("abc".utf8))
        #expect(agent.take().contains("hello") && agent.isClosed)
        #expect(worker.world.lines().map(\.end) == ["200 cut SD-- 0"] && worker.world.held == [])
    }

    @Test func aServerOfHTTP1IsAFailedConnection() throws {
        let worker = try worker(["s1"], pool: { $0.retry.attempts = 0 })
        let agent = worker.connect()
        worker.send(ScriptedExchange.report(2) + "{}", from: agent)
        worker.respond("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        #expect(agent.take().hasPrefix("HTTP/1.1 503"))
        #expect(worker.world.lines().map(\.end) == ["503 connect_failed SC-- 0"])
        #expect(worker.world.log.all.contains("cannot connect"))
    }

    @Test func anAgentThatGoesCancelsItsStream() throws {
        let worker = try worker()
        let agents = [worker.connect(), worker.connect()]
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        let server = WireHTTP2Server(worker)
        agents[0].close()
        server.pump()
        #expect(server.requests.map(\.end) == [.cancel, nil] && !server.end.isClosed)
        server.respond(1, text: "ok")
        #expect(agents[1].take().contains("ok") && worker.world.held == [])
    }

    @Test func aSilentConnectionIsAskedForASignOfLife() throws {
        let worker = try worker(
            ["s1"],
            pool: {
                $0.retry.attempts = 0
                $0.timeouts.connect = .seconds(5)
            })
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        let server = WireHTTP2Server(worker)
        worker.world.reachDeadline(after: .seconds(10))
        server.pump()
        worker.world.reachDeadline(after: .seconds(10))
        #expect(!server.end.isClosed, "it has replied once")
        worker.world.reachDeadline(after: .seconds(5))
        worker.turn()
        #expect(agent.take().hasPrefix("HTTP/1.1 502") && server.end.isClosed && worker.world.held == [])
    }

    // MARK: Flow

    @Test func contentComesAsTheAgentTakesIt() throws {
        let worker = try worker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        let server = WireHTTP2Server(worker)
        let size = 4 << 20
        server.respond(0, "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n", [UInt8](repeating: 0x79, count: size))
        #expect(server.requests[0].end == nil, "the agent takes nothing")
        let before = server.requests[0].stream.pendingByteCount
        #expect(before > 2 << 20)
        var seen = 0
        for _ in 0..<400 where seen < size {
            seen += agent.takeBytes().count
            server.pump()
        }
        #expect(seen == size + "HTTP/1.1 200 OK\r\ncontent-length: \(size)\r\nVia: 2.0 puppetfront\r\n\r\n".utf8.count)
        #expect(server.requests[0].end == .noError && worker.world.lines().map(\.end) == ["200 – ---- 0"])
    }

    @Test func anUploadGoesAsTheServerTakesIt() throws {
        let worker = try worker(settings: { $0.limits.bodyPrefix = 10_000 })
        let agent = worker.connect()
        let size = 1 << 20
        worker.send(ScriptedExchange.report(size) + String(repeating: "y", count: 20_000), from: agent)
        let server = WireHTTP2Server(worker)
        server.takesContent = false
        var sent = 20_000
        let piece = [UInt8](repeating: 0x79, count: 64 << 10)
        for _ in 0..<40 where sent < size {
            sent += agent.send(Array(piece.prefix(size - sent)))
            server.pump()
        }
        #expect(server.requests[0].content.count == 20_000 + (32 << 10), "what this server has taken, and its stream's window")
        #expect(sent < size, "the agent waits")
        #expect(worker.world.lines().isEmpty)
    }

    @Test func anEarlyResponseEndsTheUpload() throws {
        let worker = try worker(settings: { $0.limits.bodyPrefix = 10 })
        let agent = worker.connect()
        worker.send(ScriptedExchange.report(100_000) + String(repeating: "x", count: 2000), from: agent)
        let server = WireHTTP2Server(worker)
        server.respond(0, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\n", Array("big".utf8))
        #expect(agent.take().hasSuffix("\r\n\r\nbig") && agent.isClosed)
        server.pump()
        #expect(server.requests[0].end == .cancel && !server.end.isClosed && worker.world.held == [])
    }
}
