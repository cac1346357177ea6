import Balancing
import Model
import Settings
import Testing

@testable import Engine

/// An agent that leaves, in any state of its exchange: everything held is released once, and the log shows the state.
struct LosesClientsTests {
    private static let certname = "a.test"

    private func exchange(maxconn: Int? = nil) throws -> ScriptedExchange {
        try ScriptedExchange(maxconn == nil ? ["s1", "s2"] : ["s1"], maxconn: maxconn, certname: Self.certname) {
            $0.outlier = .init(failures: 1, atMost: 100)
        } settings: {
            $0.limits.perCertname = 2
            $0.limits.bodyPrefix = 1000
        }
    }

    /// As the sum over its life: no server is blamed, and the certname may ask again.
    private func expectAllBack(_ exchange: ScriptedExchange, _ end: String, ending: DownstreamSide.Ending = .close) throws {
        #expect(try exchange.end() == end)
        #expect(exchange.client.endings.last == ending)
        #expect(exchange.world.ejected == 0)
        for _ in 1...2 { #expect(exchange.world.counters.admit(certname: Array(Self.certname.utf8), limit: 2)) }
        #expect(!exchange.world.counters.admit(certname: Array(Self.certname.utf8), limit: 2))
    }

    @Test func beforeItsHeadIsWhole() throws {
        let exchange = try exchange()
        try exchange.client.begin("GET /")
        exchange.driver.begin()
        #expect(exchange.driver.isReadingHead)
        exchange.driver.clientGone()
        try expectAllBack(exchange, "– client_gone CR-- 0")
    }

    @Test func inItsContent() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.report(500) + "begin")
        #expect(exchange.world.counters.bodies.held == 500)
        exchange.client.hasLeft = true
        exchange.driver.clientReady()
        try expectAllBack(exchange, "– client_gone CD-- 0")
    }

    @Test func whileItsContentWaitsForRoom() throws {
        let exchange = try exchange()
        #expect(exchange.world.counters.bodies.reserve(256 << 20, isVerified: true, limit: 256 << 20))
        try exchange.begin(ScriptedExchange.report(500))
        exchange.client.isHalfClosed = true
        exchange.driver.clientReady()
        exchange.world.counters.bodies.release(256 << 20, isVerified: true)
        exchange.world.pass(.seconds(1))
        try expectAllBack(exchange, "– client_gone CD-- 0")
    }

    @Test(arguments: [true, false]) func inTheQueue(_ onlyHalf: Bool) throws {
        let exchange = try exchange(maxconn: 1)
        let first = try exchange.anotherRequest()
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.world.pool.queued == 1 && exchange.world.counters.waiting.load(ordering: .relaxed) == 1)
        exchange.driver.clientReady()
        #expect(exchange.driver.isActive, "readiness alone is no end")
        if onlyHalf { exchange.client.isHalfClosed = true } else { exchange.client.hasLeft = true }
        exchange.driver.clientReady()
        #expect(exchange.world.pool.queued == 0 && exchange.world.counters.waiting.load(ordering: .relaxed) == 0)
        first.clientGone()
        #expect(exchange.world.lines().map(\.end) == ["– client_gone CQ-- 0", "– client_gone CC-- 0"])
        #expect(exchange.world.held == [])
    }

    /// The pool has given the slot already, and the message is on its way.
    @Test func whileAnAssignmentIsOnItsWay() throws {
        let exchange = try exchange(maxconn: 1)
        let first = try exchange.anotherRequest()
        try exchange.begin(ScriptedExchange.file)
        first.clientGone()
        #expect(exchange.world.outcomeCount == 1 && exchange.world.inUse() == 1)
        exchange.client.hasLeft = true
        exchange.driver.clientReady()
        #expect(exchange.world.inUse() == 1)
        // The object serves another request by now, which must not get the slot.
        exchange.client.hasLeft = false
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.world.pool.queued == 1)
        exchange.world.deliverOutcomes()
        #expect(exchange.world.inUse() == 1 && exchange.world.outcomeCount == 1, "it went to the queued request")
        exchange.world.deliverOutcomes()
        exchange.server.connects()
        exchange.server.says(ScriptedExchange.ok)
        #expect(exchange.client.got == "<200>hello" && exchange.world.held == [])
    }

    @Test(arguments: [true, false]) func whileItsServerIsConnected(_ onlyHalf: Bool) throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.file)
        if onlyHalf { exchange.client.isHalfClosed = true } else { exchange.client.hasLeft = true }
        exchange.driver.clientReady()
        #expect(exchange.server.releases == [false])
        try expectAllBack(exchange, "– client_gone CC-- 0")
    }

    @Test(arguments: [true, false]) func whileItsServerWorks(_ onlyHalf: Bool) throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        if onlyHalf { exchange.client.isHalfClosed = true } else { exchange.client.hasLeft = true }
        exchange.driver.clientReady()
        #expect(server.releases == [true])
        try expectAllBack(exchange, "– client_gone CH-- 0")
    }

    @Test func inItsUpload() throws {
        let exchange = try exchange()
        try exchange.begin(ScriptedExchange.report(5000) + String(repeating: "x", count: 2000))
        exchange.server.connects()
        exchange.client.isHalfClosed = true
        exchange.driver.clientReady()
        #expect(exchange.server.releases == [false])
        try expectAllBack(exchange, "– client_gone CH-- 0")
    }

    @Test func inItsResponse() throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        server.says(.head("200 OK", ["Content-Length: 10"], "hello"))
        exchange.client.isHalfClosed = true
        exchange.driver.clientReady()
        #expect(exchange.driver.isActive, "it may have ended its own direction alone")
        exchange.client.hasLeft = true
        exchange.driver.clientReady()
        #expect(server.releases == [true])
        try expectAllBack(exchange, "200 client_gone CD-- 0", ending: .cut)
    }

    /// A half-closed client gets its whole response.
    @Test func aHalfClosedClientGetsTheRestOfItsResponse() throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        server.says(.head("200 OK", ["Content-Length: 10"], "hello"))
        exchange.client.isHalfClosed = true
        exchange.driver.clientReady()
        server.says(.content("world"))
        #expect(exchange.client.got == "<200>helloworld")
        #expect(try exchange.end() == "200 – ---- 0")
    }

    /// The server is done, and its slot is free.
    @Test func whileItTakesTheRest() throws {
        let exchange = try exchange()
        let server = try exchange.forwarded()
        exchange.client.room = 7
        server.says(ScriptedExchange.ok)
        #expect(exchange.world.inUse() == 0 && server.releases == [true] && exchange.driver.isActive)
        exchange.client.hasLeft = true
        exchange.driver.clientReady()
        try expectAllBack(exchange, "200 client_gone CD-- 0", ending: .cut)
    }

    /// The reason that its response names stays.
    @Test func whileItTakesAResponseOfOurs() throws {
        let exchange = try exchange()
        exchange.client.room = 3
        try exchange.forwarded().says(.malformed)
        #expect(exchange.driver.isActive)
        exchange.client.hasLeft = true
        exchange.driver.clientReady()
        let line = try exchange.line()
        #expect(line.end == "502 bad_response SH-- 0" && exchange.client.endings == [.close])
    }

    @Test func aClientThatLeftIsForgottenBeforeItsNextRequest() throws {
        let exchange = try exchange()
        exchange.client.room = 3
        try exchange.forwarded().says(ScriptedExchange.ok)
        exchange.client.hasLeft = true
        exchange.driver.clientReady()
        (exchange.client.hasLeft, exchange.client.room) = (false, .max)
        _ = exchange.world.lines()
        try exchange.forwarded().says(ScriptedExchange.ok)
        #expect(exchange.client.got == "<200>hello" && exchange.client.endings == [.cut, .keepAlive])
        let line = try exchange.line()
        #expect(line.end == "200 – ---- 0" && line.int("bytes_out") == 10)
    }
}
