import Balancing
import Model
import Settings
import Testing

/// `slowstart`: a server that recovers gets a hundredth of its weight and maxconn first, and all of it in the end.
struct PoolSlowStartTests {
    static func script(_ slowstart: Duration?, maxconn: Int? = 40, check: CheckSettings? = CheckSettings(rise: 1, fall: 1)) -> PoolScript {
        var slow = server("a", weight: 100, maxconn: maxconn)
        slow.slowstart = slowstart
        slow.maxconn.byEndpoint[.catalog] = 10
        return PoolScript(PoolSettings(name: "compilers", check: check, servers: [slow, server("b", weight: 100)]))
    }

    private func expect(
        _ script: PoolScript, _ slowStartPercent: Int, limit: Int, catalogs: Int, _ place: SourceLocation = #_sourceLocation
    ) {
        let state = script.pool.server(script.id("a"))
        #expect(state?.slowStartPercent == slowStartPercent, sourceLocation: place)
        #expect(state?.slotLimit == limit, sourceLocation: place)
        #expect(state?.slotLimit(SlotKind(.catalog)) == catalogs, sourceLocation: place)
        #expect(state?.effectiveWeight == 256 * slowStartPercent, sourceLocation: place)
    }

    @Test func weightAndMaxconnGrowWithTime() {
        var script = Self.script(.seconds(10))
        expect(script, 100, limit: 40, catalogs: 10)
        _ = script.fail("a")
        #expect(script.pass("a") == ["a up"])
        expect(script, 1, limit: 1, catalogs: 1)
        #expect(script.pool.nextDeadline != nil)
        #expect(script.tick(after: .seconds(2)) == [])
        expect(script, 20, limit: 8, catalogs: 2)
        #expect(script.tick(after: .seconds(3)) == [])
        expect(script, 50, limit: 20, catalogs: 5)
        #expect(script.tick(after: .seconds(5)) == [])
        expect(script, 100, limit: 40, catalogs: 10)
        #expect(script.pool.nextDeadline == nil)
    }

    @Test func withoutItAServerGetsAllAtOnce() {
        var script = Self.script(nil)
        _ = script.fail("a")
        _ = script.pass("a")
        expect(script, 100, limit: 40, catalogs: 10)
    }

    @Test func aProcessStartsWarm() {
        var script = Self.script(.seconds(10))
        // The first check decides, but no server has recovered.
        #expect(script.pass("a") == [])
        expect(script, 100, limit: 40, catalogs: 10)
    }

    @Test func aServerBackFromMaintenanceWarmsUp() {
        var script = Self.script(.seconds(10))
        script.handle(.admin(script.id("a"), .maint))
        script.handle(.admin(script.id("a"), .ready))
        expect(script, 1, limit: 1, catalogs: 1)
        _ = script.tick(after: .seconds(10))
        script.handle(.admin(script.id("a"), .drain))
        script.handle(.admin(script.id("a"), .ready))
        expect(script, 100, limit: 40, catalogs: 10)
    }

    @Test func aServerWhoseNameHasAnAddressAgainWarmsUp() {
        var script = Self.script(.seconds(10), check: nil)
        #expect(script.handle(.check(script.id("a"), .unresolved)) == ["a down"])
        #expect(script.handle(.check(script.id("a"), .resolved)) == ["a up"])
        expect(script, 1, limit: 1, catalogs: 1)
    }

    @Test func queuedRequestsTakeTheSlotsThatComeWithTime() {
        var slow = server("a", maxconn: 10)
        slow.slowstart = .seconds(10)
        var script = PoolScript(PoolSettings(name: "compilers", check: CheckSettings(rise: 1, fall: 1), servers: [slow]))
        _ = script.fail("a")
        _ = script.pass("a")
        #expect((0..<5).map { script.submit($0) } == ["a", "queued", "queued", "queued", "queued"])
        #expect(script.tick(after: .seconds(2)) == ["1 to a"])
        #expect(script.tick(after: .seconds(2)) == ["2 to a", "3 to a"])
    }

    @Test func aReloadWithoutItEndsIt() {
        var script = Self.script(.seconds(10))
        _ = script.fail("a")
        _ = script.pass("a")
        var settings = script.pool.settings
        settings.servers[0].slowstart = nil
        _ = script.reconfigure(settings)
        expect(script, 100, limit: 40, catalogs: 10)
    }

    @Test func fromMaintenanceToDrainingNothingStarts() {
        var script = Self.script(.seconds(10))
        script.handle(.admin(script.id("a"), .maint))
        script.handle(.admin(script.id("a"), .drain))
        expect(script, 100, limit: 40, catalogs: 10)
    }

    /// A hundredth of a hundredth is less than the smallest weight there is: it gets that, and is usable.
    @Test func theSmallestWeightIsNotZero() {
        var slow = server("a")
        slow.slowstart = .seconds(10)
        var script = PoolScript(PoolSettings(name: "compilers", check: CheckSettings(rise: 1, fall: 1), servers: [slow]))
        script.adjust("a") { $0.weightPercent = 1 }
        _ = script.fail("a")
        #expect(script.pass("a") == ["a up", "pool up"])
        #expect(script.pool.server(script.id("a"))?.effectiveWeight == 1)
        #expect(script.submit(0) == "a")
    }
}
