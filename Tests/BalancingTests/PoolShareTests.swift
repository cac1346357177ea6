import Balancing
import Model
import Settings
import Testing

/// `limits.unverified_share` and `limits.holder_share`: who holds its share of a pool's slots is queued, and others pass it.
struct PoolShareTests {
    static func script(
        _ servers: ServerSettings..., unverified: Int = 50, holder: Int = 25, stick: StickSettings? = nil,
        queue: QueueSettings = QueueSettings(), spill: PoolSettings.Spill = .never
    ) -> PoolScript {
        PoolScript(
            PoolSettings(
                name: "compilers", stick: stick, queue: queue, shares: ShareSettings(unverified: unverified, holder: holder), spill: spill,
                check: CheckSettings(rise: 1, fall: 1), servers: servers),
            site: "eie", sites: TiersTests.sites)
    }

    @Test func unverifiedClientsHoldHalfAndVerifiedOnesPassThem() {
        var script = Self.script(server("a", maxconn: 4))
        #expect((0..<4).map { script.submit($0, from: "10.0.0.\($0)") } == ["a", "a", "queued", "queued"])
        #expect((10..<13).map { script.submit($0, of: "agent\($0)") } == ["a", "a", "queued"])
        #expect(script.pool.unverifiedInUse == 2)
        #expect(script.pool.unverifiedLimit == 2)
        // The slot of an unverified one goes to the next of them, which came before the agent.
        #expect(script.end(0) == ["2 to a"])
        #expect(script.end(10) == ["12 to a"])
        // All agents have gone: still only two.
        #expect(script.end(11) == [])
        #expect(script.end(12) == [])
        #expect(script.pool.inUse == 2 && script.pool.queued == 1)
        #expect(script.end(1) == ["3 to a"])
    }

    @Test func oneHolderHoldsAQuarter() {
        var script = Self.script(server("a", maxconn: 4), server("b", maxconn: 4))
        #expect((0..<4).map { script.submit($0, of: "one") } == ["a", "b", "queued", "queued"])
        #expect(script.submit(4, of: "other") == "a")
        #expect(script.pool.holderLimit == 2)
        #expect(script.end(1) == ["2 to b"], "its own slot, given back")
        #expect(script.end(4) == [])
        #expect(script.end(0) == ["3 to a"])
    }

    /// NAT: agents behind one address are distinguished by their certificates.
    @Test func verifiedAgentsBehindOneSourceAreHoldersOfTheirOwn() {
        var script = Self.script(server("a", maxconn: 4))
        #expect((0..<5).map { script.submit($0, of: "agent\($0)") } == ["a", "a", "a", "a", "queued"])
    }

    @Test func aCertnameIsNoSourceOfTheSameName() {
        var script = Self.script(server("a", maxconn: 4))
        #expect(script.submit(0, of: "10.0.0.1") == "a")
        #expect(script.submit(1, from: "10.0.0.1") == "a")
    }

    /// One of four is a quarter, half of one is still one, and a share of nothing is one.
    @Test(arguments: [(4, 25, 1), (7, 25, 1), (8, 25, 2), (1, 50, 1), (100, 0, 1), (100, 33, 33), (3, 99, 2)])
    func aShareIsRoundedDownAndAtLeastOne(slots: Int, percent: Int, expected: Int) {
        let script = Self.script(server("a", maxconn: slots), unverified: percent, holder: percent)
        #expect(script.pool.unverifiedLimit == expected)
        #expect(script.pool.holderLimit == expected)
    }

    @Test func withoutMaxconnOrWithAWholeShareNoRequestIsQueued() {
        for script in [
            Self.script(server("a", maxconn: 4), server("b")), Self.script(server("a", maxconn: 0)),
            Self.script(server("a", maxconn: 50), unverified: 100, holder: 100),
        ] {
            var script = script
            #expect(script.pool.unverifiedLimit == nil)
            #expect(script.pool.holderLimit == nil)
            #expect((0..<50).allSatisfy { script.submit($0, from: "10.0.0.1") != "queued" })
        }
    }

    /// Slots of servers that are down count for no share, and a farther site's are not near.
    @Test func theShareIsOfTheSlotsThatFreshRequestsMayGet() {
        func servers() -> [ServerSettings] {
            [
                server("a", maxconn: 4, site: "eie"), server("b", maxconn: 4, site: "eie"), server("far", maxconn: 40, site: "knossos"),
                server("backup", maxconn: 400, backup: true),
            ]
        }
        var script = Self.script(server("x"))
        var settings = script.pool.settings
        settings.servers = servers()
        _ = script.reconfigure(settings)
        #expect(script.pool.unverifiedLimit == 4)
        _ = script.fail("a")
        #expect(script.pool.unverifiedLimit == 2)
        _ = script.fail("b")
        #expect(script.pool.unverifiedLimit == 20)
        for name in ["a", "b"] { _ = script.pass(name) }
        settings.spill = .averageQueue(above: 0)
        _ = script.reconfigure(settings)
        #expect(script.pool.unverifiedLimit == 24, "where requests may spill to the far site its slots count")
    }

    /// It stood at the head of its server's line, and the one after it waited with it.
    @Test func requestsOverTheirShareDelayNoOthersForTheSameServer() {
        var script = Self.script(
            server("a", maxconn: 4), server("b", maxconn: 4), stick: StickSettings(on: .certname, wait: .seconds(60)))
        for serial in UInt64(0)..<4 { #expect(script.submit(serial, of: "agent\(serial)", stick: "x", to: "a") == "a") }
        #expect(script.submit(4, of: "agent0", stick: "x") == "queued")
        #expect(script.submit(5, of: "agent0", stick: "x") == "queued")
        #expect(script.submit(6, of: "other", stick: "x") == "queued")
        // agent0 holds one on a and gets another; then it has its share, and the other one passes.
        #expect(script.end(1) == ["4 to a"])
        #expect(script.end(2) == ["6 to a"])
        #expect(script.submit(7, of: "third", stick: "x") == "queued")
        #expect(script.end(3) == ["7 to a"])
        #expect(script.pool.queuedOverHolderShare(.quick) == 1)
        #expect(script.submit(8, of: "fourth", stick: "y") == "b")
        #expect(script.end(0) == ["5 to a"], "its place was kept")
    }

    @Test func whoWaitsOverItsShareTakesASlotOnAnyServerOnceItGaveOneBack() {
        var script = Self.script(server("a", maxconn: 2), server("b", maxconn: 2))
        #expect(script.submit(0, of: "one", tried: "b") == "a")
        #expect(script.submit(1, of: "one", tried: "a") == "queued")
        #expect(script.end(0) == ["1 to b"], "not on the server whose slot was given back")
    }

    @Test func anUnverifiedClientThatLeavesMakesRoomOnAnyServer() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1), unverified: 50, holder: 100)
        #expect(script.submit(0, from: "10.0.0.1", tried: "b") == "a")
        #expect(script.submit(1, from: "10.0.0.2", tried: "a") == "queued")
        #expect(script.pool.queuedOverUnverifiedShare(.quick) == 1)
        #expect(script.end(0) == ["1 to b"])
        #expect(script.pool.queuedOverUnverifiedShare(.quick) == 0)
    }

    /// One of its requests must wait for another reason: the next one takes the slot that is within its share.
    @Test func aRequestThatCannotBeServedHoldsUpNoOtherOfItsHolder() {
        var limited = server("a", maxconn: 8)
        limited.maxconn.byEndpoint[.catalog] = 1
        var script = Self.script(limited)
        #expect(script.submit(0, of: "agent", kind: .catalog) == "a")
        #expect((1..<3).map { script.submit($0, of: "one") } == ["a", "a"])
        #expect(script.submit(3, of: "one", kind: .catalog) == "queued")
        #expect(script.submit(4, of: "one") == "queued")
        #expect(script.end(1) == ["4 to a"], "the catalog came first, but catalogs have no slot")
        #expect(script.end(0) == [], "it has its share")
        #expect(script.end(2) == ["3 to a"])
    }

    @Test func sharesFollowTheServers() {
        var script = Self.script(server("a", maxconn: 4), server("b", maxconn: 4))
        #expect((0..<3).map { script.submit($0, of: "one") } == ["a", "b", "queued"])
        // Half of the slots are gone: it holds more than its share, and gets none for the first one that it gives back.
        #expect(script.fail("b") == ["b down"])
        #expect(script.pool.holderLimit == 1)
        #expect(script.end(1) == [])
        #expect(script.pass("b") == ["b up", "2 to b"])
    }

    @Test func aSlowStartGivesSharesWithTheSlots() {
        var slow = server("a", maxconn: 40)
        slow.slowstart = .seconds(10)
        var script = Self.script(slow)
        _ = script.fail("a")
        _ = script.pass("a")
        #expect(script.pool.holderLimit == 1)
        #expect((0..<4).map { script.submit($0, of: "one") } == ["a", "queued", "queued", "queued"])
        #expect(script.tick(after: .seconds(2)) == ["1 to a"])
        #expect(script.pool.holderLimit == 2)
        #expect(script.tick(after: .seconds(2)) == ["2 to a", "3 to a"])
        #expect(script.tick(after: .seconds(6)) == [])
        #expect(script.pool.holderLimit == 10)
    }

    @Test func aReloadSetsSharesAndTakesThemBack() {
        var script = Self.script(server("a", maxconn: 4), unverified: 100, holder: 100)
        #expect((0..<2).map { script.submit($0, of: "one") } == ["a", "a"])
        var settings = script.pool.settings
        settings.shares = ShareSettings(unverified: 50, holder: 25)
        #expect(script.reconfigure(settings) == [])
        #expect(script.submit(2, of: "one") == "queued")
        #expect(script.end(0) == [], "what was taken before counts")
        settings.shares = ShareSettings()
        #expect(script.reconfigure(settings) == ["2 to a"])
    }

    @Test func whoWaitsOverItsShareTimesOutAndLeavesAsOthers() {
        var script = Self.script(server("a", maxconn: 4), queue: QueueSettings(timeout: .seconds(10)))
        #expect((0..<4).map { script.submit($0, of: "one") } == ["a", "queued", "queued", "queued"])
        #expect(script.pool.longestWait(.quick, now: script.now) == .zero)
        script.handle(.cancel(Ticket(worker: 0, serial: 1)))
        #expect(script.end(0) == ["2 to a"])
        #expect(script.tick(after: .seconds(10)) == ["3 queue_timeout"])
        #expect(script.pool.nextDeadline == nil)
    }

    @Test func itGoesElsewhereWhenItsServerGoesAndEndsWithThePool() {
        var script = Self.script(
            server("a", maxconn: 4), server("b", maxconn: 4), stick: StickSettings(on: .certname, wait: .seconds(60)))
        for serial in UInt64(0)..<2 { #expect(script.submit(serial, of: "one", stick: "x", to: "a") == "a") }
        #expect(script.submit(2, of: "one", stick: "x") == "queued")
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 1)
        #expect(script.fail("a") == ["a down"])
        #expect(script.pool.queuedOverHolderShare(.quick) == 1, "over its share of b alone")
        #expect(script.end(0) == [])
        #expect(script.end(1) == ["2 to b"])
    }

    /// Agents that can come back are not sent away for requests that do not stand before them.
    @Test func requestsOverTheirShareDoNotMakeTheLineLonger() {
        var script = Self.script(server("a", maxconn: 10), queue: QueueSettings(timeout: .seconds(60)))
        for serial in UInt64(0)..<2000 { _ = script.submit(serial, from: "10.0.0.1") }
        for second in UInt64(0)..<60 {
            #expect(script.submit(10_000 + second, of: "agent") == "a")
            script.wait(.seconds(1))
            _ = script.end(10_000 + second)
        }
        for serial in UInt64(20_000)..<20_009 { _ = script.submit(serial, of: "agent\(serial)") }
        var request = PoolRequest(ticket: Ticket(worker: 0, serial: 30_000), holder: SlotHolder(Array("last".utf8), isVerified: true))
        request.acceptsRetryAfter = true
        #expect(script.submit(request) == "queued")
    }

    /// A class whose requests all wait over their share saves nothing up for the time after it.
    @Test func aClassThatWaitsOverItsShareHasNoClaimToTheTimeOfOthers() {
        var script = Self.script(server("a", maxconn: 4), unverified: 25, holder: 100)
        #expect((0..<40).map { script.submit($0, from: "10.0.0.\($0)") }.count { $0 == "a" } == 1)
        for serial in UInt64(100)..<103 { #expect(script.submit(serial, of: "agent", queueClass: .compile) == "a") }
        for serial in UInt64(103)..<160 { #expect(script.submit(serial, of: "agent", queueClass: .compile) == "queued") }
        for serial in UInt64(100)..<140 {
            script.wait(.seconds(2))
            #expect(script.end(serial) == ["\(serial + 3) to a"])
        }
        for serial in UInt64(200)..<220 { #expect(script.submit(serial, of: "agent", queueClass: .quick) == "queued") }
        let served = (0..<6).map { _ in script.end(script.serials.first { $0 >= 100 }!)[0] }
        #expect(served.contains { $0.hasPrefix("14") }, "\(served): catalogs go on")
    }
}

extension PoolScript {
    /// A verified agent's request.
    fileprivate mutating func submit(
        _ serial: UInt64, of certname: String, stick: String = "", to server: String? = nil, tried: String? = nil,
        kind: PuppetKind = .other, queueClass: QueueClass = .quick
    ) -> String {
        submit(serial, SlotHolder(Array(certname.utf8), isVerified: true), stick: stick, to: server, tried: tried, kind, queueClass)
    }

    /// A request without a certificate.
    fileprivate mutating func submit(_ serial: UInt64, from source: String, tried: String? = nil) -> String {
        submit(serial, SlotHolder(Array(source.utf8), isVerified: false), stick: "", to: nil, tried: tried, .other, .quick)
    }

    fileprivate enum PuppetKind { case catalog, other }

    private mutating func submit(
        _ serial: UInt64, _ holder: SlotHolder, stick: String, to server: String?, tried: String?, _ kind: PuppetKind,
        _ queueClass: QueueClass
    ) -> String {
        if let server { handle(.stick(Array(stick.utf8), id(server))) }
        var request = PoolRequest(
            ticket: Ticket(worker: 0, serial: serial), kind: kind == .catalog ? SlotKind(.catalog) : .other, queueClass: queueClass,
            holder: holder, stickKey: Array(stick.utf8))
        if let tried { request.tried.insert(id(tried)) }
        let answer = submit(request)
        if let assignment = held.last, answer != "queued" { owned[serial] = assignment }
        return answer
    }

    /// The request gives its slot back.
    fileprivate mutating func end(_ serial: UInt64) -> [String] {
        guard let assignment = owned.removeValue(forKey: serial), let place = held.firstIndex(of: assignment) else {
            return ["nothing held"]
        }
        held.remove(at: place)
        let before = held.count
        let told = handle(.release(assignment, .served))
        for (text, assignment) in zip(told.filter { $0.contains(" to ") }, held[before...]) {
            owned[UInt64(text.prefix { $0 != " " })!] = assignment
        }
        return told
    }

    /// Requests that hold a slot, the first first.
    fileprivate var serials: [UInt64] { owned.keys.sorted() }
}
