import Balancing
import Model
import Settings
import Testing

/// Servers that connections cannot be made to.
struct PoolCircuitBreakerTests {
    static func script(_ servers: ServerSettings...) -> PoolScript {
        var settings = PoolTests.settings(servers[0])
        settings.servers = servers
        settings.check = CheckSettings(rise: 2)
        return PoolScript(settings, site: "eie", sites: TiersTests.sites)
    }

    @Test func aServerThatRefusesDoesNotDrawTheQueue() {
        var script = Self.script(server("a", maxconn: 2), server("b", maxconn: 1))
        #expect((0..<6).map { script.submit($0) } == ["a", "b", "a", "queued", "queued", "queued"])
        // One slot's request has found it dead: the other slot and the freed one stay empty.
        #expect(script.release("a", .connectFailed) == ["check a"])
        #expect(script.release("a", .connectFailed) == ["check a"])
        #expect(script.release("b") == ["3 to b"])
    }

    @Test func afterAPauseOneTriesForAll() {
        var script = Self.script(server("a"))
        #expect((0..<1).map { script.submit($0) } == ["a"])
        _ = script.release("a", .connectFailed)
        #expect((1..<4).map { script.submit($0) } == ["queued", "queued", "queued"])
        #expect(script.pool.nextDeadline == .zero)
        #expect(script.tick(after: .milliseconds(999)) == [])
        #expect(script.tick(after: .milliseconds(1)) == ["1 to a"])
        #expect(script.held.last?.isTrial == true)
        #expect(script.submit(4) == "queued")
        #expect(script.handle(.connected(script.id("a"))) == ["2 to a", "3 to a", "4 to a"])
        #expect(script.held.last?.isTrial == false)
    }

    @Test func aTrialThatFailsPausesAgain() {
        var script = Self.script(server("a"))
        _ = script.submit(0)
        _ = script.release("a", .connectFailed)
        #expect((1..<3).map { script.submit($0) } == ["queued", "queued"])
        #expect(script.tick(after: .seconds(1)) == ["1 to a"])
        #expect(script.release("a", .connectFailed) == ["check a"])
        #expect(script.tick(after: .milliseconds(500)) == [])
        #expect(script.tick(after: .milliseconds(500)) == ["2 to a"])
    }

    @Test func aTrialWhoseAgentGoesAwayIsTriedByTheNext() {
        var script = Self.script(server("a"))
        _ = script.submit(0)
        _ = script.release("a", .connectFailed)
        #expect((1..<3).map { script.submit($0) } == ["queued", "queued"])
        #expect(script.tick(after: .seconds(1)) == ["1 to a"])
        #expect(script.release("a", .none) == ["2 to a"])
    }

    @Test func aCheckThatPassesEndsThePause() {
        var script = Self.script(server("a"))
        _ = script.submit(0)
        _ = script.release("a", .connectFailed)
        #expect(script.submit(1) == "queued")
        #expect(script.pass("a") == ["a passing", "1 to a"])
    }

    @Test func aTierWithoutConnectionsIsPassedOver() {
        var script = Self.script(server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"))
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        // A ticket that waited for the near tier continues with the next one.
        #expect(script.release("a", .connectFailed) == ["check a", "1 to b"])
        #expect(script.submit(2) == "queued")
        #expect(script.tick(after: .seconds(1)) == ["2 to a"])
        #expect(script.submit(3) == "queued")
        // Connections succeed again: tickets wait for the near tier.
        #expect(script.handle(.connected(script.id("a"))) == [])
        #expect(script.release("a") == ["3 to a"])
    }

    @Test func aRepeatKeepsItsPlaceAndItsDeadline() throws {
        var settings = PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1))
        settings.queue.timeout = .seconds(30)
        var script = PoolScript(settings)
        #expect((0..<3).map { script.submit($0) } == ["a", "b", "queued"])
        script.wait(.seconds(10))
        #expect(script.release("a") == ["2 to a"])
        let first = try #require(script.held.last)
        #expect(first.place == QueuePlace(order: 2, waited: .seconds(10)))
        #expect((3..<5).map { script.submit($0) } == ["queued", "queued"])
        // It ran for five seconds, which do not count.
        script.wait(.seconds(5))
        #expect(script.handle(.release(first, .responseFailed)) == ["check a", "3 to a"])
        script.held.removeAll { $0 == first }
        var again = PoolRequest(ticket: Ticket(worker: 0, serial: 5), attempt: .repeat, place: first.place)
        again.tried.insert(first.server)
        #expect(script.submit(again) == "queued")
        #expect(script.tick(after: .seconds(19)) == [])
        #expect(script.tick(after: .seconds(1)) == ["5 queue_timeout"])
        #expect(script.release("b") == ["4 to b"])
    }

    @Test func aRepeatIsServedBeforeThoseWhoCameLater() throws {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1)))
        #expect((0..<4).map { script.submit($0) } == ["a", "b", "queued", "queued"])
        let first = try #require(script.held.first)
        #expect(script.release("a", .responseFailed) == ["check a", "2 to a"])
        var again = PoolRequest(ticket: Ticket(worker: 0, serial: 5), attempt: .repeat, place: first.place)
        again.tried.insert(first.server)
        #expect(script.submit(again) == "queued")
        #expect(script.release("b") == ["5 to b"])
    }

    /// Its connection is older than the failure that the trial is to clear up.
    @Test func anOlderRequestThatEndsWellDecidesNoTrial() {
        var script = Self.script(server("a"), server("b", backup: true))
        #expect((0..<2).map { script.submit($0) } == ["a", "a"])
        _ = script.release("a", .connectFailed)
        #expect(script.tick(after: .seconds(1)) == [])
        #expect(script.submit(2) == "a")
        #expect(script.held.map(\.isTrial) == [false, true])
        #expect(script.release("a") == [])
        #expect(script.submit(3) == "b", "still on trial")
        script.handle(.connected(script.id("a")))
        #expect(script.submit(4) == "a")
    }

    @Test func aServerThatConnectsAgainHoldsItsTierAgain() {
        var script = Self.script(server("a", maxconn: 1), server("b", backup: true))
        #expect(script.submit(0) == "a")
        _ = script.release("a", .connectFailed)
        #expect(script.submit(1) == "b")
        #expect(script.tick(after: .seconds(1)) == [])
        #expect(script.submit(2) == "a")
        script.handle(.connected(script.id("a")))
        #expect(script.submit(3) == "queued", "for its own tier: the backup is not asked any more")
    }
}
