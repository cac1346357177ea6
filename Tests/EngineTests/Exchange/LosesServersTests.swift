import Balancing
import Model
import Testing

@testable import Engine

/// A server's connection that fails, and what the agent gets: another server, a 502, or a response that is visibly cut.
struct LosesServersTests {
    private static let large = String(repeating: "x", count: 1000)

    @Test func aRequestThatMayBeRepeatedGoesToAnotherServer() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.catalog(7) + "facts=x")
        let first = exchange.server
        exchange.world.pass(.milliseconds(3))
        first.connects()
        exchange.world.pass(.milliseconds(100))
        first.says(.lost)
        let second = exchange.server
        #expect(first !== second && first.target !== second.target && first.releases == [true])
        #expect(exchange.world.inUse() == 1)
        exchange.world.pass(.milliseconds(5))
        second.connects()
        exchange.world.pass(.milliseconds(7))
        #expect(second.got == first.got && second.got.hasSuffix("facts=x"))
        second.says(ScriptedExchange.ok)
        #expect(exchange.client.got == "<200>hello" && exchange.client.endings == [.keepAlive])
        let line = try exchange.line()
        #expect(line.end == "200 – ---- 1" && exchange.world.held == [])
        #expect(line.double("connect_ms") == 3 && line.double("response_ms") == 7, "the first connection's, the last try's")
        let servers = exchange.world.tally.copy.pools[Array("compilers".utf8)]?.servers
        #expect(servers?[Array("s1".utf8)]?.responsesPassedOn == 1 && servers?[Array("s2".utf8)]?.responsesPassedOn == 0)
    }

    @Test(arguments: [ScriptedExchange.report(2) + "{}", ScriptedExchange.report(0)])
    func aRequestThatMayNotBeRepeatedFails(_ text: String) throws {
        let exchange = try ScriptedExchange()
        try exchange.forwarded(text).says(.lost)
        #expect(exchange.client.got.contains("502 Bad Gateway") && exchange.servers.made.count == 1)
        #expect(exchange.client.endings == [.keepAlive])
        #expect(try exchange.end() == "502 bad_response SH-- 0")
    }

    /// Nothing of it was sent: no server can have acted on it.
    @Test func whatWasNotSentMayAlwaysBeRepeated() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.report(2) + "{}")
        exchange.server.room = 0
        exchange.server.connects()
        exchange.server.says(.lost)
        #expect(exchange.servers.made.count == 2)
        exchange.server.connects()
        exchange.server.says(ScriptedExchange.ok)
        #expect(try exchange.end() == "200 – ---- 1")
    }

    /// A part was sent, of a request that may not be repeated.
    @Test func whatWasSentInPartIsNotRepeated() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.report(2) + "{}")
        exchange.server.room = 1
        exchange.server.connects()
        exchange.server.says(.lost)
        #expect(exchange.server.releases == [false] && exchange.servers.made.count == 1)
        #expect(try exchange.end() == "502 bad_response SH-- 0")
    }

    /// What is no longer held cannot be sent again; the next request's content can.
    @Test func whatIsNotAtHandIsNotRepeated() throws {
        let exchange = try ScriptedExchange(settings: { $0.limits.bodyPrefix = 100 })
        try exchange.begin(ScriptedExchange.catalog(50_000) + Self.large)
        exchange.server.connects()
        for _ in 0..<49 { exchange.send(Self.large) }
        #expect(exchange.server.got.utf8.count > 50_000)
        exchange.server.says(.lost)
        #expect(try exchange.end() == "502 bad_response SH-- 0")
        try exchange.begin(ScriptedExchange.catalog(7) + "facts=x")
        exchange.server.connects()
        exchange.server.says(.lost)
        exchange.server.connects()
        exchange.server.says(ScriptedExchange.ok)
        #expect(try exchange.end() == "200 – ---- 1")
    }

    @Test func aKeptConnectionThatEndedIsNoFaultOfTheServers() throws {
        let exchange = try ScriptedExchange { $0.outlier = .init(failures: 1, atMost: 100) }
        let kept = try exchange.forwarded()
        kept.says(ScriptedExchange.ok)
        try exchange.forwarded().says(ScriptedExchange.ok)
        _ = exchange.world.lines()
        exchange.servers.idle = [kept]
        // The first server's turn again.
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.servers.made.count == 2 && kept.got.hasPrefix("GET") && kept.useCount == 2)
        kept.says(.lost)
        #expect(exchange.servers.made.count == 3 && exchange.world.inUse() == 1, "to the same server, in its slot")
        #expect(exchange.server.target === kept.target)
        exchange.server.connects()
        exchange.server.says(ScriptedExchange.ok)
        #expect(exchange.world.ejected == 0)
        let line = try exchange.line()
        #expect(line.end == "200 – ---- 1")
        #expect(exchange.servers.looks == [false, false, false], "what may be repeated is not looked at twice")
    }

    @Test func aReportLooksTwiceAtAKeptConnection() throws {
        let exchange = try ScriptedExchange(["s1"], settings: { $0.limits.bodyPrefix = 100 })
        try exchange.forwarded(ScriptedExchange.report(2) + "{}").says(ScriptedExchange.ok)
        try exchange.forwarded(ScriptedExchange.catalog(7) + "facts=x").says(ScriptedExchange.ok)
        try exchange.begin(ScriptedExchange.catalog(5000) + String(repeating: "x", count: 200))
        #expect(exchange.servers.looks == [true, false, true], "a catalog of which a part is still to come")
    }

    /// Its first bytes are there, and no more: the server has acted on it.
    @Test func aPartOfAHeadIsNoReasonToRepeat() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        server.hasPartOfHead = true
        server.says(.lost)
        #expect(exchange.servers.made.count == 1 && exchange.client.got.contains("502 Bad Gateway"))
        #expect(try exchange.end() == "502 bad_response SH-- 0")
    }

    /// It refuses the rest of the request, and what it said of that is on its way.
    @Test func aResponseThatCameBeforeTheServerFailedCounts() throws {
        let exchange = try ScriptedExchange(settings: { $0.limits.bodyPrefix = 10 })
        try exchange.begin(ScriptedExchange.report(100) + String(repeating: "x", count: 20))
        let server = exchange.server
        server.connects()
        server.failed = true
        server.lastWords = [.head("413 Content Too Large", ["Content-Length: 5"], "large")]
        exchange.send("more")
        server.says()
        #expect(exchange.client.got == "<413 close>large" && exchange.client.endings == [.close] && server.releases == [false])
        #expect(try exchange.end() == "413 – ---- 0")
    }

    @Test func aResponseThatBreaksOffIsCutVisibly() throws {
        let exchange = try ScriptedExchange { $0.outlier = .init(failures: 1) }
        let server = try exchange.forwarded()
        server.says(.head("200 OK", ["Content-Length: 10"], "hello"))
        server.says(.lost)
        #expect(exchange.client.got == "<200>hello" && exchange.client.endings == [.cut] && exchange.servers.made.count == 1)
        #expect(exchange.world.ejected == 1)
        #expect(try exchange.end() == "200 cut SD-- 0")
    }

    /// A FIN would look like the content's end.
    @Test func aContentWithoutLengthThatBreaksOffEndsByAReset() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        server.says(.head("200 OK", [], "hello"), .lost)
        #expect(exchange.client.got == "<200 close>hello" && exchange.client.endings == [.reset])
        #expect(try exchange.end() == "200 cut SD-- 0")
        // The next exchange's content has a length.
        let next = try exchange.forwarded()
        next.says(.head("200 OK", ["Content-Length: 10"], "hello"), .lost)
        #expect(exchange.client.endings == [.reset, .cut])
    }

    @Test func aMalformedContentIsCut() throws {
        let exchange = try ScriptedExchange()
        try exchange.forwarded().says(.head("200 OK", ["Content-Length: 10"], "hello"), .malformed)
        #expect(exchange.client.endings == [.cut])
        #expect(try exchange.end() == "200 cut SD-- 0")
    }

    @Test func aServerThatRefusesIsTriedNoMore() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.report(2) + "{}")
        let first = exchange.server
        first.refuses()
        let second = exchange.server
        #expect(first.target.name != second.target.name && first.releases == [false] && exchange.world.log.all.contains("cannot connect"))
        second.refuses()
        // There is no third: it waits until one of them may take connections again.
        #expect(exchange.servers.made.count == 2 && exchange.world.pool.queued == 1 && exchange.world.inUse() == 0)
        exchange.world.pass(.seconds(1))
        exchange.world.tickPools()
        #expect(exchange.servers.made.count == 3)
        exchange.server.refuses()
        #expect(exchange.client.got.contains("503 Service Unavailable"))
        #expect(try exchange.end() == "503 connect_failed SC-- 2")
        let servers = exchange.world.tally.copy.pools[Array("compilers".utf8)]?.servers
        #expect(servers?.values.reduce(0) { $0 + $1.connectsPassedOn } == 2)
    }

    @Test func noMoreTriesThanAsked() throws {
        for attempts in 0...2 {
            let exchange = try ScriptedExchange(["s1", "s2", "s3", "s4"]) { $0.retry.attempts = attempts }
            try exchange.begin(ScriptedExchange.file)
            while exchange.driver.isActive, exchange.servers.made.count < 9 { exchange.server.refuses() }
            #expect(exchange.servers.made.count == attempts + 1)
            #expect(try exchange.end() == "503 connect_failed SC-- \(attempts)")
        }
    }

    @Test func aConnectionThatCannotBeBegunIsAFailedTry() throws {
        let exchange = try ScriptedExchange()
        exchange.servers.failure = ProxyError(.unresolved, context: "name does not resolve")
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.servers.made.isEmpty && exchange.world.log.all.contains("cannot connect") && exchange.world.pool.queued == 1)
        exchange.world.pass(.seconds(1))
        exchange.world.tickPools()
        #expect(try exchange.end() == "503 connect_failed SC-- 2")
    }

    /// The slot is that of the same server: the queue must not be asked again, nor the slot given back.
    @Test func theQueueStandsWhileAKeptConnectionIsReplaced() throws {
        let exchange = try ScriptedExchange(["s1"], maxconn: 1)
        let kept = try exchange.forwarded()
        kept.says(ScriptedExchange.ok)
        exchange.servers.idle = [kept]
        try exchange.begin(ScriptedExchange.file)
        let waiting = ScriptedExchange.client(exchange.world)
        let other = ScriptedExchange.driver(exchange.world, waiting)
        try waiting.begin(ScriptedExchange.file)
        other.begin()
        other.headCame()
        #expect(exchange.world.pool.queued == 1)
        kept.says(.lost)
        #expect(exchange.world.pool.queued == 1 && exchange.world.outcomeCount == 0)
        exchange.server.connects()
        exchange.server.says(ScriptedExchange.ok)
        #expect(exchange.world.outcomeCount == 1)
        exchange.world.deliverOutcomes()
        exchange.server.connects()
        exchange.server.says(ScriptedExchange.ok)
        #expect(waiting.got == "<200>hello" && exchange.world.held == [])
    }

    // MARK: Its checks, and operators

    @Test func aServerThatIsDownIsLeftForAnother() throws {
        let exchange = try ScriptedExchange()
        let first = try exchange.forwarded()
        let id = first.target.id
        exchange.driver.serverWentDown(ServerID(id.value + 100), of: exchange.world.pool)
        #expect(exchange.servers.made.count == 1, "another server")
        exchange.driver.serverWentDown(id, of: exchange.world.pool)
        #expect(exchange.servers.made.count == 2 && exchange.server.target.id != id)
        exchange.server.connects()
        exchange.server.says(ScriptedExchange.ok)
        #expect(try exchange.end() == "200 – ---- 1")
    }

    @Test func aServerThatIsDownAndRespondsIsNotLeft() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        server.hasPartOfHead = true
        exchange.driver.serverWentDown(server.target.id, of: exchange.world.pool)
        #expect(exchange.servers.made.count == 1)
        server.says(ScriptedExchange.ok)
        #expect(try exchange.end() == "200 – ---- 0")
    }

    @Test func aReportIsNotRepeatedBecauseItsServerIsDown() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded(ScriptedExchange.report(2) + "{}")
        exchange.driver.serverWentDown(server.target.id, of: exchange.world.pool)
        #expect(exchange.servers.made.count == 1 && exchange.driver.isActive)
        server.says(ScriptedExchange.ok)
        #expect(try exchange.end() == "200 – ---- 0")
    }

    @Test func anOperatorsShutdownIsALoss() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        exchange.driver.serverWasShutDown(ServerID(server.target.id.value + 100), of: exchange.world.pool)
        #expect(exchange.servers.made.count == 1)
        exchange.driver.serverWasShutDown(server.target.id, of: exchange.world.pool)
        #expect(exchange.servers.made.count == 2)
        exchange.driver.serverWasShutDown(exchange.server.target.id, of: exchange.world.pool)
        #expect(exchange.servers.made.count == 3, "also while it connects")
        exchange.server.connects()
        exchange.server.says(.head("200 OK", ["Content-Length: 10"], "hello"))
        exchange.driver.serverWasShutDown(exchange.server.target.id, of: exchange.world.pool)
        #expect(exchange.client.endings == [.cut])
        #expect(try exchange.end() == "200 cut SD-- 2")
    }
}
