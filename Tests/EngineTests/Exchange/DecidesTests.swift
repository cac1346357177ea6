import Admin
import Balancing
import Model
import Settings
import Testing

@testable import Engine

/// What the exchange decides itself: refusals, limits, drains, what the next request on the same objects finds.
struct DecidesTests {
    @Test func theStatusPathHasItsResponseFromHere() throws {
        let exchange = try ScriptedExchange()
        let status = "GET /alive HTTP/1.1\r\nHost: p\r\n\r\n"
        try exchange.begin(status)
        #expect(exchange.client.got.hasPrefix("HTTP/1.1 200 OK\r\n") && exchange.client.got.hasSuffix("\r\n\r\nready\n"))
        #expect(exchange.client.endings == [.keepAlive] && exchange.servers.made.isEmpty)
        #expect(try exchange.end() == "200 – ---- 0")
        try exchange.begin(status.replacing("GET", with: "HEAD"))
        #expect(exchange.client.got.hasSuffix("\r\n\r\n"))
        for other in [
            status.replacing("/alive", with: "/alive2"), status.replacing("GET", with: "PUT"), "GET /aliv HTTP/1.1\r\nHost: p\r\n\r\n",
        ] {
            let next = try ScriptedExchange()
            try next.begin(other)
            #expect(next.servers.made.count == 1, "\(other) is a server's")
        }
        for server in exchange.world.pool.servers { exchange.world.pool.handle(.admin(server.id, .maint), now: .zero) }
        try exchange.begin(status)
        #expect(exchange.client.got.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n") && exchange.client.got.hasSuffix("not ready\n"))
    }

    @Test func aRevokedClientIsRejectedBeforeAServerSeesIt() throws {
        let exchange = try ScriptedExchange()
        exchange.client.revoked = true
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.client.got.contains("403") && exchange.client.endings == [.close] && exchange.servers.made.isEmpty)
        #expect(try exchange.end() == "403 revoked PR-- 0")
    }

    @Test func aClientRevokedWhileItsContentComesIsRejected() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.report(5))
        exchange.client.revoked = true
        exchange.send("12345")
        #expect(exchange.client.endings == [.close] && exchange.servers.made.isEmpty)
        #expect(try exchange.end() == "403 revoked PR-- 0")
    }

    @Test func aClientRevokedInTheQueueGivesItsSlotBack() throws {
        let exchange = try ScriptedExchange(["s1"], maxconn: 1)
        let first = try exchange.anotherRequest()
        try exchange.begin(ScriptedExchange.file)
        first.clientGone()
        exchange.client.revoked = true
        exchange.world.deliverOutcomes()
        #expect(exchange.client.got.contains("403") && exchange.client.endings == [.close])
        #expect(exchange.world.lines().map(\.end) == ["– client_gone CC-- 0", "403 revoked PR-- 0"])
        #expect(exchange.world.held == [])
    }

    @Test func aCertnameHasNoMoreRequestsThanItsLimit() throws {
        let exchange = try ScriptedExchange(certname: "A.test", settings: { $0.limits.perCertname = 1 })
        #expect(exchange.world.counters.admit(certname: Array("a.test".utf8), limit: 1))
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.client.got.contains("429 Too Many Requests") && exchange.client.endings == [.keepAlive])
        #expect(try exchange.end() == "429 per_certname PR-- 0")
        #expect(!exchange.world.counters.admit(certname: Array("a.test".utf8), limit: 1), "it gave back what it did not have")
        exchange.world.counters.leave(certname: Array("a.test".utf8))
        for _ in 1...2 {
            try exchange.forwarded().says(ScriptedExchange.ok)
            #expect(try exchange.end() == "200 – ---- 0")
        }
    }

    @Test func aRefusalAfterWhichNothingCanBeReadCloses() throws {
        for (error, end, ending) in [(RequestCase.malformed, "400 bad_request PR-- 0", DownstreamSide.Ending.close)] {
            let exchange = try ScriptedExchange()
            try exchange.begin(error.text)
            #expect(exchange.client.endings == [ending])
            #expect(try exchange.end() == end)
        }
        // A refusal of a whole request leaves the connection.
        let exchange = try ScriptedExchange(certname: "other.test")
        try exchange.begin(ScriptedExchange.catalog(7) + "facts=x")
        #expect(exchange.client.got.contains("403") && exchange.client.endings == [.keepAlive])
        #expect(try exchange.end() == "403 wrong_certname PR-- 0")
        // Of one whose content is still to come it does not.
        try exchange.begin(ScriptedExchange.catalog(7) + "fac")
        #expect(exchange.client.endings == [.keepAlive, .close] && exchange.world.counters.bodies.held == 0)
    }

    private struct RequestCase {
        let text: String
        static let malformed = RequestCase(text: "GET /puppet/v3/file_metadata/modules%2Fm/a HTTP/1.1\r\nHost: p\r\n\r\n")
    }

    @Test func aBrokenHeadIsRejectedAndCloses() throws {
        let exchange = try ScriptedExchange()
        try exchange.client.begin("GET /")
        exchange.driver.begin()
        exchange.world.pass(.milliseconds(4))
        exchange.driver.headBroke(.headTooLarge)
        #expect(exchange.client.got.contains("431") && exchange.client.endings == [.close])
        #expect(try exchange.end() == "431 head_too_large PR-- 0")
    }

    @Test func aRequestWhoseContentIsMalformedIsRejectedWithoutBlame() throws {
        let exchange = try ScriptedExchange {
            $0.outlier = .init(failures: 1)
        } settings: {
            $0.limits.bodyPrefix = 10
        }
        let head = ScriptedExchange.report(0).replacing("Content-Length: 0", with: "Transfer-Encoding: chunked")
        try exchange.begin(head + "14\r\n" + String(repeating: "x", count: 20) + "\r\n")
        exchange.server.connects()
        exchange.send("no size\r\n")
        #expect(exchange.client.got.contains("400 Bad Request") && exchange.client.endings == [.close])
        #expect(exchange.server.releases == [false] && exchange.world.ejected == 0)
        #expect(try exchange.end() == "400 bad_request PR-- 0")
    }

    // MARK: A drain

    @Test func aDrainClosesAfterTheResponse() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        exchange.world.post(.drain(isReplaced: false))
        server.says(ScriptedExchange.ok)
        #expect(exchange.client.got == "<200 close>hello" && exchange.client.endings == [.close])
        #expect(try exchange.end() == "200 – ---- 0")
    }

    /// What was said in the head holds.
    @Test func aDrainInTheMiddleOfAResponseChangesNothing() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        server.says(.head("200 OK", ["Content-Length: 10"], "hello"))
        exchange.world.post(.drain(isReplaced: false))
        server.says(.content("world"))
        #expect(exchange.client.got == "<200>helloworld" && exchange.client.endings == [.keepAlive])
        #expect(try exchange.end() == "200 – ---- 0")
    }

    @Test(arguments: [true, false]) func aDrainMakesTheStatusUnreadyUnlessAnotherInstanceServes(_ isReplaced: Bool) throws {
        let exchange = try ScriptedExchange()
        exchange.world.post(.drain(isReplaced: isReplaced))
        try exchange.begin("GET /alive HTTP/1.1\r\nHost: p\r\n\r\n")
        #expect(exchange.client.got.contains(isReplaced ? "200 OK" : "503") && exchange.client.got.contains("Connection: close"))
        #expect(exchange.client.endings == [.close])
    }

    // MARK: The way

    @Test func aCrowdedPoolOverflowsOnceAndTheLogSaysWhere() throws {
        let pools = ["a", "b"].map { name in
            var pool = PoolSettings(name: name, servers: [TestWorker.server("\(name)1", maxconn: 1)])
            if name == "a" { pool.overflow = OverflowSettings(to: PoolIndex(1), averageQueueAbove: 0) }
            return pool
        }
        var servers: ScriptedServers?
        let world = try TestWorker(
            pools,
            servers: {
                let made = ScriptedServers(loop: $0, memory: $1)
                servers = made
                return made
            })
        let clients = (0..<3).map { _ in ScriptedExchange.client(world) }
        let drivers = clients.map { ScriptedExchange.driver(world, $0) }
        for (client, driver) in zip(clients, drivers) {
            try client.begin(ScriptedExchange.file)
            driver.begin()
            driver.headCame()
        }
        #expect(servers?.made.map { String(decoding: $0.target.name, as: UTF8.self) } == ["a1", "b1"])
        #expect(world.pool.queued == 1)
        for driver in drivers.reversed() { driver.clientGone() }
        #expect(Set(world.lines().map { $0.pool ?? "" }) == ["a", "b"])
        #expect(world.tally.copy.pools[Array("a".utf8)]?.overflowed == [Array("b".utf8): 1])
    }

    @Test func noMoreWaitThanTheProcessAllows() throws {
        let exchange = try ScriptedExchange(["s1"], maxconn: 1, settings: { $0.limits.queue = 1 })
        let clients = (0..<2).map { _ in ScriptedExchange.client(exchange.world) }
        let drivers = clients.map { ScriptedExchange.driver(exchange.world, $0) }
        for (client, driver) in zip(clients, drivers) {
            try client.begin(ScriptedExchange.file)
            driver.begin()
            driver.headCame()
        }
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.client.got.contains("503") && exchange.client.endings == [.keepAlive])
        #expect(try exchange.line().end == "503 queue_full SQ-- 0")
        drivers[1].clientGone()
        try exchange.begin(ScriptedExchange.file)
        #expect(exchange.driver.isActive && exchange.world.pool.queued == 1)
    }

    @Test(arguments: [
        ("GET /puppet-ca/v1/certificate/ca", QueueClass.authority), ("GET /puppet/v3/node/a.test", .quick),
        ("GET /puppet/v3/catalog/a.test", .compile),
    ])
    func eachClassHasItsLine(_ line: String, _ queueClass: QueueClass) throws {
        let exchange = try ScriptedExchange(["s1"], maxconn: 1)
        let first = try exchange.anotherRequest()
        try exchange.begin("\(line)?environment=production HTTP/1.1\r\nHost: p\r\n\r\n")
        #expect(exchange.world.pool.withState { pool, _ in pool.queued(queueClass) } == 1)
        exchange.driver.clientGone()
        first.clientGone()
        #expect(exchange.world.held == [])
    }

    @Test func identityAndSourceGoToTheServer() throws {
        let exchange = try ScriptedExchange(certname: "a.test")
        let server = try exchange.forwarded()
        #expect(server.got.contains("\r\nX-Client-DN: CN=a.test\r\n") && server.got.contains("\r\nX-Forwarded-For: 192.0.2.9\r\n"))
        let anonymous = try ScriptedExchange()
        #expect(try anonymous.forwarded().got.contains("\r\nX-Client-Verify: NONE\r\n"))
        let hidden = try ScriptedExchange(certname: "a.test") { $0.identity = .none }
        #expect(try !hidden.forwarded().got.contains("X-Client"))
    }

    @Test func whatOperatorsSeeOfIt() throws {
        let exchange = try ScriptedExchange()
        try exchange.begin(ScriptedExchange.file)
        exchange.world.pass(.milliseconds(1500))
        var report = SessionReport()
        exchange.driver.describe(&report)
        #expect(report.state == .connecting && report.pool == "compilers" && report.server == "s1" && report.retries == 0)
        #expect(report.requestMilliseconds == 1500 && report.endpoint == "file_metadata" && report.method == "GET")
        #expect(report.bytesIn == UInt64(ScriptedExchange.file.utf8.count) && report.serverAddress == "192.0.2.1:8140")
        exchange.server.refuses()
        exchange.server.connects()
        exchange.driver.describe(&report)
        #expect(report.state == .running && report.server == "s2" && report.retries == 1)
        exchange.server.says(.head("200 OK", ["Content-Length: 10"], ""))
        exchange.driver.describe(&report)
        #expect(report.state == .responding)
    }
}
