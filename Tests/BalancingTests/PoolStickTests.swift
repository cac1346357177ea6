import Balancing
import Model
import Settings
import Testing

/// A run's requests stay on one server.
struct PoolStickTests {
    static func script(_ servers: ServerSettings..., stick: StickSettings = StickSettings(on: .certname)) -> PoolScript {
        var settings = PoolSettings(name: "compilers", balance: .roundRobin, stick: stick, check: CheckSettings(), servers: servers)
        settings.outlier = OutlierSettings(failures: 1, atMost: 100)
        return PoolScript(settings, site: "eie", sites: TiersTests.sites)
    }

    @Test func aRunStaysOnItsServer() {
        var script = Self.script(server("a"), server("b"), server("c"))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "two") == "b")
        #expect((2..<6).allSatisfy { script.submit($0, stick: "one") == "a" })
        #expect((6..<9).allSatisfy { script.submit($0, stick: "two") == "b" })
        #expect(script.held.map(\.isSticky) == [false, false] + Array(repeating: true, count: 7))
        // Without a key nothing sticks.
        #expect(Set((10..<19).map { script.submit($0) }) == ["a", "b", "c"])
    }

    @Test func aStickWinsOverTiers() {
        var script = Self.script(server("a", site: "eie"), server("b", site: "knossos"))
        _ = script.fail("a")
        #expect(script.submit(0, stick: "one") == "b")
        _ = script.pass("a")
        _ = script.pass("a")
        #expect(script.submit(1, stick: "two") == "a")
        #expect(script.submit(2, stick: "one") == "b")
    }

    @Test func aServerOfWeightZeroKeepsItsSticks() {
        var script = Self.script(server("a"), server("b"))
        #expect(script.submit(0, stick: "one") == "a")
        var settings = script.pool.settings
        settings.servers[0].weight = 0
        _ = script.reconfigure(settings)
        #expect(script.submit(1, stick: "one") == "a")
        #expect((2..<5).allSatisfy { script.submit($0, stick: "new \($0)") == "b" })
    }

    enum Loss: CaseIterable { case down, drained, maintained, ejected, removed }

    @Test(arguments: Loss.allCases)
    func aStickBreaksWithItsServer(loss: Loss) {
        var script = Self.script(server("a"), server("b"))
        #expect(script.submit(0, stick: "one") == "a")
        let (settings, a) = (script.pool.settings, script.id("a"))
        switch loss {
        case .down: _ = script.fail("a")
        case .drained: script.handle(.admin(a, .drain))
        case .maintained: script.handle(.admin(a, .maint))
        case .ejected: _ = script.release("a", .connectFailed)
        case .removed:
            var without = settings
            without.servers.removeFirst()
            _ = script.reconfigure(without)
        }
        #expect(script.submit(1, stick: "one") == "b")
        // The run has moved: it does not go back.
        for _ in 0..<2 { _ = script.handle(.check(a, .passed(status: 200, duration: .zero))) }
        script.handle(.admin(a, .ready))
        _ = script.reconfigure(settings)
        _ = script.tick(after: .seconds(60))
        #expect(script.pool.server(a)?.isUsable == true)
        #expect(script.submit(2, stick: "one") == "b")
    }

    @Test func aRetryGoesElsewhereAndTakesItsRunAlong() {
        var script = Self.script(server("a"), server("b"), server("c"))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "one") == "a")
        #expect(script.submit(2, stick: "one", tried: ["a"], .redispatch) == "b")
        // Another request of the run fails too: it follows the first.
        #expect(script.submit(3, stick: "one", tried: ["a"], .redispatch) == "b")
        #expect(script.submit(4, stick: "one") == "b")
    }

    // MARK: Full servers

    @Test func aRequestWaitsForItsOwnServer() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 2))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "one") == "queued")
        #expect(script.submit(2) == "b")
        #expect(script.release("b") == [])
        #expect(script.release("a") == ["1 to a"])
        #expect(script.held.last?.isSticky == true)
    }

    @Test func whoHasWaitedLongEnoughTakesTheFirstSlotAnywhere() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1), stick: StickSettings(on: .certname, wait: .seconds(10)))
        let start = script.now
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "one") == "queued")
        #expect(script.pool.nextDeadline == start + .seconds(10))
        #expect(script.tick(after: .milliseconds(9999)) == [])
        #expect(script.tick(after: .milliseconds(1)) == ["1 to b"])
        #expect(script.pool.nextDeadline == nil)
        #expect(script.held.last?.isSticky == false)
        // It has moved.
        #expect(script.release("a") == [])
        #expect(script.submit(2, stick: "one") == "queued")
        #expect(script.release("b") == ["2 to b"])
    }

    @Test func whoLeavesItsServerKeepsItsPlaceInTheLine() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1), stick: StickSettings(on: .certname, wait: .seconds(10)))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1) == "b")
        #expect(script.submit(2) == "queued")
        #expect(script.submit(3, stick: "one") == "queued")
        #expect(script.submit(4) == "queued")
        #expect(script.tick(after: .seconds(10)) == [])
        #expect(script.release("b") == ["2 to b"])
        #expect(script.release("b") == ["3 to b"])
        #expect(script.release("b") == ["4 to b"])
    }

    @Test func ticketsOfAServerThatGoesDownAreServedInOrderByOthers() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1) == "b")
        #expect(script.submit(2, stick: "one") == "queued")
        #expect(script.submit(3) == "queued")
        #expect(script.submit(4, stick: "one") == "queued")
        #expect(script.fail("a") == ["a down"])
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 0)
        #expect((0..<3).map { _ in script.release("b") } == [["2 to b"], ["3 to b"], ["4 to b"]])
    }

    @Test func whoCannotWaitGoesToAnotherServer() {
        var script = Self.script(server("a", maxconn: 1), server("b"), stick: StickSettings(on: .certname, wait: .zero))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "one") == "b")
        script = Self.script(server("a", maxconn: 1), server("b"))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "one", mayQueue: false) == "b")
    }

    @Test func aCancelledRequestNoLongerWaitsForItsServer() {
        var script = Self.script(server("a", maxconn: 1), server("b"))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "one") == "queued")
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 1)
        #expect(script.handle(.cancel(Ticket(worker: 0, serial: 1))) == [])
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 0)
        #expect(script.release("a") == [])
    }

    // MARK: The table

    @Test func theLeastRecentlyUsedStickGoes() {
        var script = Self.script(server("a"), server("b"), server("c"), stick: StickSettings(on: .certname, size: 2))
        #expect(script.submit(0, stick: "one") == "a")
        #expect(script.submit(1, stick: "two") == "b")
        #expect(script.submit(2, stick: "one") == "a")
        #expect(script.submit(3, stick: "three") == "c")
        #expect(script.pool.sticks?.count == 2)
        #expect(script.submit(4, stick: "one") == "a")
        // "two" was forgotten.
        let isSticky = script.held.count
        _ = script.submit(5, stick: "two")
        #expect(!script.held[isSticky].isSticky)
    }

    @Test func aStickExpiresWithoutUse() {
        var script = Self.script(server("a"), server("b"), stick: StickSettings(on: .certname, expire: .seconds(60)))
        #expect(script.submit(0, stick: "one") == "a")
        script.wait(.seconds(59))
        #expect(script.submit(1, stick: "one") == "a")
        script.wait(.seconds(59))
        #expect(script.submit(2, stick: "one") == "a")
        script.wait(.seconds(60))
        #expect(script.submit(3, stick: "one") == "b")
    }

    @Test func aTicketThatWaitedForItsServerUsesItsStickWithTheSlot() {
        var settings = PoolSettings(
            name: "compilers", stick: StickSettings(on: .certname, expire: .seconds(10), wait: .seconds(60)), check: CheckSettings())
        settings.servers = [server("a", maxconn: 1), server("b")]
        var script = PoolScript(settings)
        #expect((0..<2).map { script.submit($0, stick: "x") } == ["a", "queued"])
        script.wait(.seconds(8))
        #expect(script.release("a") == ["1 to a"])
        script.wait(.seconds(7))
        #expect(script.release("a") == [])
        #expect(script.submit(2, stick: "x") == "a", "last used 7 s ago; b was chosen longer ago")
    }

    @Test func whoTimesOutDoesNotWaitForItsServerAnyMore() {
        var script = Self.script(server("a", maxconn: 1), server("b"), stick: StickSettings(on: .certname, wait: .seconds(900)))
        #expect((0..<2).map { script.submit($0, stick: "x") } == ["a", "queued"])
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 1)
        #expect(script.tick(after: .seconds(580)) == ["1 queue_timeout"])
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 0)
    }

    @Test func aStickToAServerThatIsNotThereIsNotKept() {
        var script = Self.script(server("a"))
        script.handle(.stick(Array("x".utf8), ServerID(99)))
        #expect(script.pool.sticks?.count == 0)
        script.handle(.stick(Array("x".utf8), script.id("a")))
        #expect(script.pool.sticks?.count == 1)
    }

    @Test func requestsThatWaitForAServerWeighOnIt() {
        var settings = PoolSettings(name: "compilers", stick: StickSettings(on: .certname), check: CheckSettings())
        settings.servers = [server("a"), server("b")]
        settings.servers[0].maxconn.byEndpoint[.catalog] = 1
        var script = PoolScript(settings)
        #expect((0..<2).map { script.submit($0, stick: "x", kind: SlotKind(.catalog)) } == ["a", "queued"])
        #expect((2..<5).map { script.submit($0) } == ["b", "b", "a"], "a has one and one that waits for it")
    }
}
