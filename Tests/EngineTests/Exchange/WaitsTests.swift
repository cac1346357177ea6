import Model
import Settings
import Testing

@testable import Engine

/// Every wait of an exchange: its length to the millisecond, what begins it again, and what its end means.
struct WaitsTests {
    private func exchange(_ names: [String] = ["s1", "s2"], minimumRate: Int = 0) throws -> ScriptedExchange {
        try ScriptedExchange(names) {
            $0.timeouts = .init(connect: .seconds(5), response: .seconds(100), idle: .seconds(20))
            $0.outlier = .init(failures: 1, atMost: 100)
        } settings: {
            $0.timeouts = .init(client: .seconds(30), requestHead: .seconds(10), body: .seconds(60))
            $0.limits.bodyPrefix = 1000
            $0.limits.minimumRate = minimumRate
        }
    }

    // MARK: The agent's

    @Test func aHeadMustComeInTimeHoweverOftenAByteOfItComes() throws {
        let exchange = try exchange()
        try exchange.client.begin("GET /")
        exchange.driver.begin()
        #expect(exchange.waits == [10_000, nil])
        exchange.world.pass(.seconds(9))
        exchange.driver.clientReady()
        #expect(exchange.waits == [1000, nil])
        exchange.world.reachDeadline(after: .seconds(1))
        #expect(exchange.client.got.contains("408 Request Timeout") && exchange.client.endings == [.close])
        #expect(try exchange.end() == "408 request_timeout cR-- 0")
    }

    /// The clock of the exchange before has nothing to say.
    @Test func eachHeadHasItsOwnTime() throws {
        let exchange = try exchange()
        try exchange.begin("GET /alive HTTP/1.1\r\nHost: p\r\n\r\n")
        exchange.world.pass(.seconds(4))
        try exchange.client.begin("GET /")
        exchange.driver.begin()
        #expect(exchange.waits == [10_000, nil])
    }

    @Test func contentMayTakeAsLongAsItMoves() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.report(100))
        #expect(exchange.waits == [60_000, nil])
        for _ in 1...5 {
            exchange.world.pass(.seconds(59))
            exchange.send("x")
            #expect(exchange.waits == [60_000, nil], "each byte is progress")
        }
        exchange.world.reachDeadline(after: .seconds(60))
        #expect(exchange.client.got.contains("408 Request Timeout") && exchange.client.endings == [.close])
        #expect(try exchange.end() == "408 request_timeout cD-- 0")
        #expect(exchange.world.ejected == 0)
    }

    @Test func anUploadMayTakeAsLongAsItMoves() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.report(5000) + String(repeating: "x", count: 2000))
        exchange.server.connects()
        #expect(exchange.waits == [60_000, nil], "the server's time does not run while the agent sends")
        exchange.world.pass(.seconds(59))
        exchange.send("x")
        #expect(exchange.waits == [60_000, nil])
        exchange.world.reachDeadline(after: .seconds(60))
        #expect(exchange.client.got.contains("408 Request Timeout") && exchange.server.releases == [false])
        #expect(try exchange.end() == "408 request_timeout cD-- 0")
        #expect(exchange.world.ejected == 0, "the agent was slow, not the server")
    }

    @Test func anUploadThatStopsDuringItsResponseIsTheAgentsEnd() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.report(5000) + String(repeating: "x", count: 2000))
        exchange.server.connects()
        exchange.server.says(.head("200 OK", ["Content-Length: 10"], "hello"))
        #expect(exchange.waits == [60_000, 100_000])
        exchange.world.reachDeadline(after: .seconds(60))
        #expect(try exchange.end() == "200 client_gone CD-- 0")
        #expect(exchange.client.endings == [.cut])
    }

    @Test func anAgentMayTakeItsResponseSlowly() throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        exchange.client.room = 5
        server.says(.head("200 OK", ["Content-Length: 10"], "hello"))
        #expect(exchange.waits == [30_000, nil], "the server's time does not run while the agent takes nothing")
        exchange.world.pass(.seconds(29))
        exchange.client.room = 2
        exchange.driver.clientReady()
        #expect(exchange.client.got == "<200>he" && exchange.waits == [30_000, nil])
        exchange.client.room = .max
        exchange.driver.clientReady()
        #expect(exchange.waits == [nil, 100_000], "now the server's runs again")
        exchange.client.room = 1
        server.says(.content("world"))
        #expect(exchange.world.inUse() == 0 && exchange.waits.first == 30_000, "the rest is the agent's alone")
        exchange.world.reachDeadline(after: .seconds(30))
        #expect(try exchange.end() == "200 client_gone CD-- 0")
        #expect(exchange.world.ejected == 0)
    }

    /// What it is not read of, the server does not send: no more than one buffer is held.
    @Test func nothingIsReadFromTheServerWhileTheAgentTakesNothing() throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        exchange.client.room = 5
        server.says(.head("200 OK", ["Content-Length: 15"], "hello"), .content("world"), .content("again"))
        #expect(server.script.count == 2)
        exchange.client.room = 7
        exchange.driver.clientReady()
        #expect(server.script.count == 1 && exchange.client.got == "<200>hellowo")
        exchange.client.room = .max
        exchange.driver.clientReady()
        #expect(exchange.client.got == "<200>helloworldagain")
        #expect(try exchange.end() == "200 – ---- 0")
    }

    @Test func anAgentThatTakesNothingOfOursIsEnded() throws {
        let exchange = try exchange()
        exchange.client.room = 1
        try exchange.forwarded().says(.malformed)
        #expect(exchange.waits.first == 30_000)
        exchange.world.reachDeadline(after: .seconds(30))
        #expect(try exchange.end() == "502 bad_response SH-- 0")
    }

    // MARK: The server's

    @Test func aConnectionMustBeMadeInTime() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.waits == [nil, 5000])
        exchange.world.reachDeadline(after: .seconds(5))
        #expect(exchange.servers.made.count == 2 && exchange.waits == [nil, 5000], "the next server has its own time")
        exchange.world.reachDeadline(after: .seconds(5))
        // Both are left alone for a second.
        exchange.world.pass(.seconds(1))
        exchange.world.tickPools()
        exchange.world.reachDeadline(after: .seconds(5))
        #expect(try exchange.end() == "503 connect_failed sC-- 2")
    }

    @Test func aServerMayThinkForItsTimeAndNoLonger() throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        #expect(exchange.waits == [nil, 100_000])
        exchange.world.pass(.seconds(99))
        exchange.driver.clientReady()
        exchange.driver.upstreamReady()
        #expect(exchange.waits == [nil, 1000], "nothing has moved")
        server.says(.interim(103))
        #expect(exchange.waits == [nil, 100_000], "a byte of a response is progress")
        exchange.world.reachDeadline(after: .seconds(100))
        #expect(exchange.servers.made.count == 1 && exchange.client.got.contains("504 Gateway Timeout"), "a slow server is not repeated")
        #expect(server.releases == [true] && exchange.world.ejected == 1)
        #expect(try exchange.end() == "504 response_timeout sH-- 0")
    }

    @Test func aResponseMayTakeAsLongAsItMoves() throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        server.says(.head("200 OK", ["Content-Length: 10"], "h"))
        for _ in 1...5 {
            exchange.world.pass(.seconds(99))
            server.says(.content("x"))
            #expect(exchange.waits == [nil, 100_000])
        }
        exchange.world.reachDeadline(after: .seconds(100))
        #expect(exchange.client.endings == [.cut] && exchange.world.ejected == 1)
        #expect(try exchange.end() == "200 cut sD-- 0")
    }

    @Test func aServerMayTakeTheRequestSlowly() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.report(5) + "12345")
        let server = exchange.server
        server.room = 20
        server.connects()
        #expect(exchange.waits == [nil, 100_000] && server.got.utf8.count == 20)
        exchange.world.pass(.seconds(99))
        server.room = 20
        exchange.driver.upstreamReady()
        #expect(exchange.waits == [nil, 100_000] && server.got.utf8.count == 40)
        server.room = .max
        exchange.driver.upstreamReady()
        #expect(server.got.hasSuffix("\r\n\r\n12345"))
        exchange.world.pass(.milliseconds(7))
        server.says(ScriptedExchange.ok)
        let line = try exchange.line()
        #expect(line.end == "200 – ---- 0" && line.double("response_ms") == 7, "from the request's last byte")
    }

    /// What the server does not take is not read from the agent.
    @Test func nothingIsReadFromTheAgentWhileTheServerTakesNothing() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.report(200_000) + String(repeating: "x", count: 2000))
        exchange.server.room = 10
        exchange.server.connects()
        for _ in 0..<198 { exchange.client.send(String(repeating: "x", count: 1000)) }
        for _ in 1...20 { exchange.driver.clientReady() }
        #expect(exchange.driver.isActive && exchange.client.bytesIn < 40_000, "\(exchange.client.bytesIn)")
        exchange.server.room = .max
        for _ in 1...30 { exchange.driver.upstreamReady() }
        #expect(exchange.server.got.utf8.count > 200_000)
        exchange.server.says(ScriptedExchange.ok)
        let line = try exchange.line()
        let head = ScriptedExchange.report(200_000).utf8.count
        #expect(line.end == "200 – ---- 0" && line.int("bytes_in") == head + 200_000)
    }

    // MARK: The minimum rate

    @Test func aSlowUploadLosesItsSlotAndNoSlowerOneThanAsked() throws {
        for (piece, isSlow) in [(999, true), (1000, false)] {
            let exchange = try exchange(minimumRate: 100)
            try exchange.begin(ScriptedExchange.report(50_000) + String(repeating: "x", count: 2000))
            exchange.server.connects()
            // Three times ten seconds are the window.
            for _ in 1...3 {
                exchange.world.reachDeadline(after: .seconds(9))
                exchange.send(String(repeating: "x", count: piece))
            }
            exchange.world.reachDeadline(after: .seconds(3))
            #expect(exchange.driver.isActive != isSlow, "\(piece)")
            guard isSlow else { continue }
            #expect(exchange.client.got.contains("408 Request Timeout") && exchange.client.endings == [.close])
            #expect(try exchange.end() == "408 too_slow cD-- 0")
            #expect(exchange.world.ejected == 0)
        }
    }

    /// What was fast at first is no excuse later.
    @Test func eachWindowIsMeasuredForItself() throws {
        let exchange = try exchange(minimumRate: 100)
        try exchange.begin(ScriptedExchange.report(500_000) + String(repeating: "x", count: 2000))
        exchange.server.connects()
        exchange.send(String(repeating: "x", count: 100_000))
        exchange.world.reachDeadline(after: .seconds(30))
        #expect(exchange.driver.isActive)
        for _ in 1...2 {
            exchange.world.pass(.seconds(14))
            exchange.send("x")
        }
        exchange.world.reachDeadline(after: .seconds(2))
        #expect(try exchange.end() == "408 too_slow cD-- 0")
    }

    @Test func aSlowReaderLosesItsSlot() throws {
        let exchange = try exchange(minimumRate: 100)
        let server = try exchange.forwarded()
        exchange.client.room = 5
        server.says(.head("200 OK", ["Content-Length: 100000"], String(repeating: "y", count: 50_000)))
        exchange.world.pass(.seconds(29))
        exchange.client.room = 900
        exchange.driver.clientReady()
        #expect(exchange.driver.isActive)
        exchange.world.reachDeadline(after: .seconds(1))
        #expect(exchange.client.endings == [.cut] && exchange.world.ejected == 0)
        #expect(try exchange.end() == "200 too_slow cD-- 0")
    }

    /// A client that waits for the server is not slow.
    @Test func theServersTimeIsNotTheAgents() throws {
        let exchange = try exchange(minimumRate: 1_000_000)
        let server = try exchange.forwarded()
        #expect(exchange.waits == [nil, 100_000])
        exchange.world.reachDeadline(after: .seconds(90))
        #expect(exchange.driver.isActive)
        server.says(ScriptedExchange.ok)
        #expect(try exchange.end() == "200 – ---- 0")
    }

    // MARK: The queue's

    @Test func aQueuedRequestHasThePoolsTimeAlone() throws {
        let exchange = try ScriptedExchange(["s1"], maxconn: 1) { $0.queue.timeout = .seconds(50) }
        let first = try exchange.anotherRequest()
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.world.wait(of: exchange.client.timer) == nil)
        exchange.world.pass(.seconds(49))
        exchange.world.pool.handle(.tick, now: MonotonicTime(nanoseconds: exchange.world.time))
        #expect(exchange.world.outcomeCount == 0)
        exchange.world.pass(.seconds(2))
        exchange.world.pool.handle(.tick, now: MonotonicTime(nanoseconds: exchange.world.time))
        exchange.world.deliverOutcomes()
        #expect(exchange.client.got.contains("503 Service Unavailable") && exchange.client.endings == [.keepAlive])
        let line = try exchange.line()
        #expect(line.end == "503 queue_timeout sQ-- 0" && line.double("queue_ms") == 51_000 && line.string("server") == nil)
        first.clientGone()
        #expect(exchange.world.held == [])
    }
}
