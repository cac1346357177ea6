import Balancing
import Model
import Settings
import Testing

/// Tiers, health, operator's states and retries of a pool.
struct PoolAvailabilityTests {
    static let tiers = PoolTests.settings(
        server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"),
        server("c", maxconn: 1, site: "eie", backup: true), server("d", maxconn: 1, site: "eie", backup: true))

    static func script(_ settings: PoolSettings = tiers) -> PoolScript {
        PoolScript(settings, site: "eie", sites: TiersTests.sites)
    }

    @Test func aTierIsLeftOnlyWhenItHasNoUsableServer() {
        var script = Self.script()
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        #expect(script.fail("a") == ["a down", "1 to b"])
        #expect(script.submit(2) == "queued")
        #expect(script.fail("b") == ["b down", "2 to c"])
        #expect(script.submit(3) == "d")
        #expect(script.pass("a") == ["a passing"])
        #expect(script.pass("a") == ["a up"])
        #expect(script.submit(4) == "queued")
        #expect(script.release("c") == [])
        #expect(script.release("a") == ["4 to a"])
    }

    @Test func backupsFirstAreUsedOneAtATime() {
        var settings = Self.tiers
        settings.backups = .first
        var script = Self.script(settings)
        _ = script.fail("a")
        _ = script.fail("b")
        #expect((0..<2).map { script.submit($0) } == ["c", "queued"])
        #expect(script.fail("c") == ["c down", "1 to d"])
    }

    @Test func withoutAUsableServerAcceptedRequestsWaitForOne() {
        var script = Self.script(PoolTests.settings(server("a", maxconn: 1)))
        #expect((0..<3).map { script.submit($0) } == ["a", "queued", "queued"])
        #expect(script.fail("a") == ["a down", "pool down"])
        // What comes now learns at once that there is no server, as in HAProxy; what was sent already may wait.
        #expect(script.submit(3) == "no_server")
        #expect(script.submit(4, .redispatch) == "queued")
        #expect(script.submit(5, .repeat) == "queued")
        #expect(!script.pool.isUsable)
        #expect(script.pool.averageQueue == 8)
        #expect(script.release("a", .responseFailed) == ["check a"])
        _ = script.pass("a")
        #expect(script.pass("a") == ["a up", "pool up", "1 to a"])
    }

    @Test func withoutAUsableServerWaitsEndInTime() {
        var settings = PoolTests.settings(server("a", maxconn: 1))
        settings.queue.timeout = .seconds(30)
        var script = Self.script(settings)
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        _ = script.fail("a")
        #expect(script.tick(after: .seconds(29)) == [])
        #expect(script.tick(after: .seconds(1)) == ["1 queue_timeout"])
    }

    @Test(arguments: [AdminState.drain, .maint])
    func anOperatorTakesAServerOutAndBack(state: AdminState) {
        var script = Self.script(PoolTests.settings(server("a"), server("b")))
        let a = script.id("a")
        script.handle(.admin(a, state))
        #expect((0..<3).allSatisfy { script.submit($0) == "b" })
        script.handle(.admin(a, .ready))
        #expect(script.submit(3) == "a")
    }

    @Test func weightZeroGetsNothingNew() {
        var script = Self.script(PoolTests.settings(server("a", weight: 0), server("b", backup: true)))
        #expect(script.submit(0) == "b")
    }

    @Test func aServerWithoutCheckIsUpUnlessItsNameDoesNotResolve() {
        var settings = PoolTests.settings(server("a"))
        settings.check = nil
        var script = Self.script(settings)
        #expect(script.fail("a") == [])
        #expect(script.submit(0) == "a")
        #expect(script.handle(.check(script.id("a"), .unresolved)) == ["a down", "pool down"])
        #expect(script.submit(1) == "no_server")
        #expect(script.handle(.check(script.id("a"), .resolved)) == ["a up", "pool up"])
        #expect(script.submit(2) == "a")
    }

    @Test func aRetryTakesTheNextCandidateThenTheNextTier() {
        var script = Self.script(PoolTests.settings(server("a", site: "eie"), server("b", site: "eie"), server("c", site: "louros")))
        #expect(script.submit(0, tried: "a") == "b")
        #expect(script.submit(1, tried: "a", "b") == "c")
        #expect(script.submit(2, tried: "a", "b", "c") == "no_server")
    }

    @Test func aWaitingRetryIsPassedOverByItsTriedServerOnly() {
        var script = Self.script(PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1)))
        #expect((0..<2).map { script.submit($0) } == ["a", "b"])
        #expect(script.submit(2, tried: "a") == "queued")
        #expect(script.submit(3) == "queued")
        #expect(script.submit(4, tried: "b") == "queued")
        #expect(script.release("a") == ["3 to a"])
        #expect(script.release("b") == ["2 to b"])
        #expect(script.release("b") == [])
        #expect(script.release("a") == ["4 to a"])
    }

    @Test func aWaitingRetryIsRefusedWhenOnlyTriedServersAreLeft() {
        var script = Self.script(PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1)))
        #expect((0..<2).map { script.submit($0) } == ["a", "b"])
        #expect(script.submit(2, tried: "a") == "queued")
        #expect(script.submit(3) == "queued")
        #expect(script.fail("b") == ["b down", "2 no_server"])
        #expect(script.release("a") == ["3 to a"])
    }

    @Test func aServerThatComesUpServesTheQueueInOrder() {
        var script = Self.script(PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 2)))
        _ = script.fail("b")
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "queued"])
        _ = script.pass("b")
        #expect(script.pass("b") == ["b up", "1 to b", "2 to b"])
    }

    @Test func lateEventsForServersThatAreGoneDoNothing() {
        var script = Self.script(PoolTests.settings(server("a")))
        let unknown = ServerID(77)
        #expect(script.handle(.check(unknown, .unresolved)) == [])
        #expect(script.handle(.admin(unknown, .maint)) == [])
        #expect(script.pool.server(unknown) == nil)
        #expect(script.submit(0) == "a")
    }
}
