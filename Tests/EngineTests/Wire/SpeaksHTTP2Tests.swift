import HTTP2
import Model
import Settings
import TestKit
import Testing

@testable import Engine

/// Streams of HTTP/2 are exchanges like any other; the servers see HTTP/1.1.
struct SpeaksHTTP2Tests {
    private static let get = ScriptedExchange.file
    private static let upload =
        "PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: p\r\nContent-Type: application/json\r\n"

    // MARK: Requests

    @Test func aRequestReachesTheServerAsHTTP1() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(
            "GET /puppet/v3/file_metadata/modules/m//a?environment=production HTTP/1.1\r\nHost: p:8140\r\nX-Client-DN: CN=forged\r\nA: b\r\n\r\n"
        )
        #expect(
            worker.server.take()
                == "GET /puppet/v3/file_metadata/modules/m//a?environment=production HTTP/1.1\r\nhost: p:8140\r\na: b\r\n"
                + "X-Client-Verify: NONE\r\nX-Forwarded-For: 192.0.2.9\r\nVia: 2.0 puppetfront\r\n\r\n")
        worker.respond("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Puppet-Version: 8\r\nConnection: keep-alive\r\n\r\nhello")
        client.pump()
        let response = try #require(client.responses[id])
        #expect(response.head == "HTTP/1.1 200 OK\ncontent-length: 5\nx-puppet-version: 8\nvia: 1.1 puppetfront")
        #expect(response.text == "hello" && response.isWhole && response.end == .noError)
        let line = try #require(worker.world.lines().first)
        #expect(line.end == "200 – ---- 0")
        #expect(line.string("http") == "2")
        #expect(worker.world.held == [])
    }

    @Test func contentWithALengthKeepsIt() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.upload + "Content-Length: 11\r\n\r\n", content: Array("hello world".utf8))
        let seen = worker.server.take()
        #expect(seen.contains("content-length: 11\r\n") && !seen.contains("hunked") && seen.hasSuffix("\r\n\r\nhello world"))
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[id]?.text == "hello")
        #expect(worker.world.lines().first?.end == "200 – ---- 0")
    }

    /// They arrive after all content was forwarded.
    @Test func lateTrailersAreForwarded() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.upload + "\r\n", content: [UInt8](repeating: 0x78, count: 300_000), ends: false)
        var before = ""
        repeat {
            before += worker.server.take()
            client.pump()
        } while before.count { $0 == "x" } < 300_000
        #expect(before.hasSuffix("x\r\n"))
        client.put([], on: id, ends: true, trailers: "X-Sum: 9\r\n\r\n")
        #expect(worker.server.take() == "0\r\nx-sum: 9\r\n\r\n")
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[id]?.text == "hello")
        #expect(worker.world.held == [])
    }

    @Test func contentWithoutALengthIsChunked() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.upload + "\r\n", content: Array("hello".utf8), ends: false)
        client.put([UInt8](repeating: 0x78, count: 300), on: id, ends: true, trailers: "X-Sum: 9\r\nHost: forged\r\n\r\n")
        let seen = worker.server.take()
        #expect(seen.contains("Transfer-Encoding: chunked\r\n"))
        #expect(seen.hasSuffix("\r\n\r\n5\r\nhello\r\n12c\r\n" + String(repeating: "x", count: 300) + "\r\n0\r\nx-sum: 9\r\n\r\n"))
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[id]?.text == "hello")
        #expect(worker.world.held == [])
    }

    @Test func expectationIsAnsweredOrPassedOn() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.upload + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", ends: false)
        #expect(client.responses[id]?.interims == ["HTTP/1.1 100 Continue"])
        client.put(Array("hello".utf8), on: id)
        #expect(worker.server.take().hasSuffix("\r\n\r\nhello"))
        worker.respond("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + WireWorker.ok)
        client.pump()
        #expect(client.responses[id]?.interims == ["HTTP/1.1 100 Continue", "HTTP/1.1 103 Early Hints\nlink: a\nvia: 1.1 puppetfront"])
        #expect(client.responses[id]?.text == "hello")
    }

    /// What the frames allow and the reader of heads does not gets a response and a line. The client's own reader would not send it.
    @Test(arguments: [("CONNECT", 405), ("TRACE", 405), ("GET", 400)])
    func refusedHeadsGetAResponse(_ method: String, _ status: Int) throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        func literal(_ name: String, _ value: String) -> [UInt8] {
            [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        var block = literal(":method", method) + literal(":authority", method == "GET" ? "user@p" : "p:1")
        if method != "CONNECT" { block += literal(":scheme", "http") + literal(":path", "/puppet/v3/file_metadata/modules/m/a") }
        client.sendRaw([0, 0, UInt8(block.count), 1, 5, 0, 0, 0, 1] + block)
        #expect(worker.world.lines().map(\.status) == [status])
        #expect(worker.servers.ends.isEmpty && worker.world.held == [])
    }

    @Test func aHeadThatIsTooLargeGets431() throws {
        let worker = try WireWorker(["s1"], settings: { $0.limits.head = 4096 })
        let client = WireHTTP2Client(worker)
        let id = client.request(
            "GET /puppet/v3/file_metadata/modules/m/a HTTP/1.1\r\nHost: p\r\nX: \(String(repeating: "v", count: 5000))\r\n\r\n")
        #expect(client.responses[id]?.status == 431)
        #expect(worker.world.lines().map(\.end) == ["431 head_too_large PR-- 0"])
        let next = client.request(Self.get)
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[next]?.text == "hello")
    }

    // MARK: Responses

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", "hello world", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 9\r\nHost: a\r\n\r\n", "hello", "x-sum: 9"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", ""), ("HTTP/1.1 204 No Content\r\n\r\n", "", ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "", ""), ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", ""),
    ])
    func framingOfHTTP1StaysBehind(_ text: String, _ content: String, _ trailers: String) throws {
        for step in [Int.max, 7] {
            let worker = try WireWorker(["s1"])
            let client = WireHTTP2Client(worker)
            let id = client.request(Self.get)
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                worker.respond(String(decoding: rest.prefix(step), as: UTF8.self))
                rest = rest.dropFirst(step)
            }
            client.pump()
            let response = try #require(client.responses[id])
            #expect(response.status == Int(text.dropFirst(9).prefix(3)))
            #expect(!response.head.contains("transfer-encoding"))
            #expect(response.text == content && response.trailers == trailers)
            #expect(response.isWhole && response.end == .noError)
            #expect(worker.world.held == [])
        }
    }

    @Test func theServersEndIsTheContents() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.get)
        worker.respond("HTTP/1.1 200 OK\r\n\r\nhello")
        client.pump()
        #expect(client.responses[id]?.text == "hello" && client.responses[id]?.isWhole == false)
        // What is not read would make a reset of the end.
        _ = worker.server.take()
        worker.server.close()
        worker.turn()
        client.pump()
        #expect(client.responses[id]?.isWhole == true && client.responses[id]?.end == .noError)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0"])
        // The connection goes on.
        let next = client.request(Self.get)
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[next]?.text == "hello")
    }

    @Test func aCutResponseIsAReset() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.get)
        worker.respond("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        worker.server.close()
        worker.turn()
        client.pump()
        #expect(client.responses[id]?.text == "hello" && client.responses[id]?.isWhole == false)
        #expect(client.responses[id]?.end == .internalError)
        #expect(worker.world.lines().map(\.end) == ["200 cut SD-- 0"])
        #expect(!client.end.isClosed)
    }

    @Test func aResponseToHeadHasNoContent() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(ScriptedExchange.head)
        worker.respond("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        client.pump()
        #expect(client.responses[id]?.head.contains("content-length: 5") == true)
        #expect(client.responses[id]?.isWhole == true)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0"])
    }

    // MARK: Streams

    @Test func streamsAreServedAtOnceAndInAnyOrder() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let ids = (0..<20).map { _ in client.request(Self.get) }
        #expect(worker.servers.ends.count == 20)
        #expect(worker.world.inUse() == 20)
        for (number, server) in worker.servers.ends.enumerated().reversed() {
            worker.respond("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\(10 + number)", from: server.end)
        }
        client.pump()
        #expect(ids.map { client.responses[$0]?.text } == (0..<20).map { "\(10 + $0)" })
        #expect(worker.world.held == [])
    }

    @Test func aStreamWaitsInThePoolsQueue() throws {
        let worker = try WireWorker(["s1"], maxconn: 1)
        let client = WireHTTP2Client(worker)
        let (first, second) = (client.request(Self.get), client.request(Self.get))
        #expect(worker.servers.ends.count == 1)
        worker.respond(WireWorker.ok)
        worker.world.deliverOutcomes()
        worker.turn()
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[first]?.text == "hello" && client.responses[second]?.text == "hello")
        #expect(worker.world.held == [])
    }

    @Test func aResetStreamLetsGoOfAll() throws {
        let worker = try WireWorker(["s1"], maxconn: 1)
        let client = WireHTTP2Client(worker)
        let (running, queued) = (client.request(Self.get), client.request(Self.get))
        client.reset(queued)
        client.reset(running)
        worker.turn()
        #expect(worker.server.isClosed)
        #expect(worker.world.lines().compactMap(\.reason) == ["client_gone", "client_gone"])
        #expect(worker.world.held == [] && !client.end.isClosed)
    }

    @Test func aLostConnectionEndsAllItsStreams() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        for _ in 0..<5 { client.request(Self.get) }
        client.end.close()
        worker.turn()
        #expect(worker.servers.ends.allSatisfy { $0.end.isClosed })
        #expect(worker.world.held == [] && worker.connectionCount == 0)
    }

    @Test func contentGoesAsTheWindowsAllow() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        client.takesContent = false
        let id = client.request(Self.get)
        let size = 1 << 20
        let content = String(repeating: "x", count: size)
        worker.send("", from: worker.server)
        worker.server.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
        var rest = Array(content.utf8)
        for _ in 0..<20 {
            rest.removeFirst(worker.server.send(rest))
            client.pump()
        }
        #expect(client.responses[id]?.content.count == 32 << 10, "the stream's window of this client")
        #expect(!rest.isEmpty, "the server waits")
        for _ in 0..<200 where client.responses[id]?.isWhole != true {
            rest.removeFirst(worker.server.send(rest))
            client.take()
        }
        #expect(client.responses[id]?.content.count == size)
        #expect(client.responses[id]?.end == .noError)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0"])
    }

    @Test func aLargeUploadGoesAsTheServerTakesIt() throws {
        let worker = try WireWorker(["s1"], settings: { $0.limits.bodyPrefix = 10_000 })
        let client = WireHTTP2Client(worker)
        let size = 3 << 20
        let id = client.request(Self.upload + "Content-Length: \(size)\r\n\r\n", content: [UInt8](repeating: 0x79, count: size))
        var seen = worker.server.takeBytes().count
        var least = seen
        for _ in 0..<400 where seen < size {
            client.pump()
            let more = worker.server.takeBytes().count
            least = max(least, more)
            seen += more
        }
        #expect(seen > size && least < 2 << 20, "in pieces, as it takes them")
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[id]?.text == "hello" && client.responses[id]?.end == .noError)
        #expect(worker.world.held == [])
    }

    /// A server may respond before it has the whole request: the client need not send the rest.
    @Test func anEarlyResponseStopsTheUpload() throws {
        let worker = try WireWorker(["s1"], settings: { $0.limits.bodyPrefix = 1000 })
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.upload + "Content-Length: 100000\r\n\r\n", content: [UInt8](repeating: 0x79, count: 2000), ends: false)
        worker.respond("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
        client.pump()
        #expect(client.responses[id]?.status == 413 && client.responses[id]?.text == "big" && client.responses[id]?.isWhole == true)
        #expect(client.responses[id]?.end == .noError)
        #expect(worker.world.held == [] && !client.end.isClosed)
    }

    // MARK: The connection

    @Test func aDrainLosesNothing() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let running = client.request(Self.get)
        worker.world.post(.drain(isReplaced: false))
        client.pump()
        #expect(client.goAways.map(\.lastStream) == [.max, running])
        #expect(client.goAways.allSatisfy { $0.code == .noError })
        #expect(!client.end.isClosed)
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[running]?.text == "hello" && client.responses[running]?.end == .noError)
        worker.turn()
        #expect(client.end.isClosed)
    }

    @Test func anIdleConnectionIsEnded() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        let id = client.request(Self.get)
        worker.respond(WireWorker.ok)
        client.pump()
        #expect(client.responses[id]?.isWhole == true)
        worker.world.reachDeadline(after: .nanoseconds(worker.world.worker.idleTimeout))
        client.pump()
        #expect(client.goAways.map(\.lastStream) == [id])
        #expect(client.end.isClosed)
    }

    @Test func aFloodEndsTheConnection() throws {
        let worker = try WireWorker(["s1"])
        let client = WireHTTP2Client(worker)
        client.request(Self.get)
        let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        client.sendRaw(Array(repeating: ping, count: 60).flatMap { $0 })
        #expect(client.goAways.map(\.code) == [.enhanceYourCalm])
        #expect(client.end.isClosed)
        #expect(worker.world.counters.http2Abuse.all.filter { $0.count > 0 }.map(\.limit) == ["ping_flood"])
        #expect(worker.world.log.all.contains("HTTP/2 connection ended"))
        #expect(worker.world.lines().compactMap(\.reason) == ["client_gone"])
        #expect(worker.world.held == [])
    }

    @Test func agentsOfHTTP1AreServedAsBefore() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        for piece in ["P", "U", "T"] { worker.send(piece, from: agent) }
        worker.send(String(ScriptedExchange.report(2).dropFirst(3)) + "{}", from: agent)
        worker.respond(WireWorker.ok)
        #expect(agent.take().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func aListenerMayRefuseIt() throws {
        let worker = try WireWorker(["s1"], settings: { $0.listeners[0].http2 = false })
        let agent = worker.connect()
        worker.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", from: agent)
        #expect(agent.take().hasPrefix("HTTP/1.1 400 "))
    }
}
