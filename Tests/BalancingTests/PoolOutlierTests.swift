import Balancing
import Model
import Settings
import Testing

/// Passive checks: a server that fails so often in a row is left out for a while.
struct PoolOutlierTests {
    static func script(
        _ servers: ServerSettings..., failures: Int = 3, eject: Duration = .seconds(30), atMost: Int = 50, check: CheckSettings? = nil
    ) -> PoolScript {
        PoolScript(
            PoolSettings(
                name: "compilers", outlier: OutlierSettings(failures: failures, eject: eject, atMost: atMost), panic: 0, check: check,
                servers: servers))
    }

    @Test func failuresInARowEjectAServer() {
        var script = Self.script(server("a"), server("b"))
        #expect(script.end("a", .responseFailed, .responseFailed) == [])
        #expect(script.end("a", .responseFailed) == ["a ejected(30.0 seconds, failures: 3)"])
        #expect((0..<4).allSatisfy { script.submit($0) == "b" })
        #expect(script.tick(after: .milliseconds(29_999)) == [])
        #expect(script.tick(after: .milliseconds(1)) == ["a returned"])
        #expect(script.submit(9) == "a")
    }

    @Test func whatIsServedInBetweenStartsTheCountAgain() {
        var script = Self.script(server("a"), server("b"))
        #expect(script.end("a", .responseFailed, .responseFailed, .served, .responseFailed, .responseFailed) == [])
        #expect(script.end("a", .none) == [])
        #expect(script.end("a", .responseFailed).count == 1)
    }

    @Test func quickRequestsDoNotHideThatNoCatalogEnds() {
        var script = Self.script(server("a"), server("b"))
        for _ in 0..<2 {
            #expect(script.end("a", queueClass: .compile, .responseFailed) == [])
            #expect(script.end("a", queueClass: .quick, .served, .served) == [])
        }
        #expect(script.end("a", queueClass: .compile, .responseFailed) == ["a ejected(30.0 seconds, failures: 3)"])
    }

    @Test func connectionsAreCountedApart() {
        var script = Self.script(server("a"), server("b"))
        // A failed response arrived over an established connection.
        #expect(script.end("a", .connectFailed, .connectFailed, .responseFailed, .connectFailed, .connectFailed) == [])
        #expect(script.end("a", queueClass: .compile, .connectFailed) == ["a ejected(30.0 seconds, failures: 3)"])
    }

    @Test func ejectionsThatFollowSoonGrow() {
        var script = Self.script(server("a"), server("b"), failures: 2, eject: .seconds(1))
        #expect(script.end("a", .responseFailed, .responseFailed).count == 1)
        for seconds in [2, 4, 8, 16, 16] {
            #expect(script.tick(after: .seconds(seconds)) == ["a returned"])
            // On probation one failure is enough.
            #expect(script.end("a", .responseFailed) == ["a ejected(\(seconds).0 seconds, failures: 1)"])
        }
        #expect(script.tick(after: .seconds(16)) == ["a returned"])
        #expect(script.end("a", .served, .responseFailed) == [])
        // After a long time it begins from scratch.
        script.wait(.seconds(17))
        #expect(script.end("a", .responseFailed) == ["a ejected(1.0 seconds, failures: 2)"])
    }

    @Test func atMostAShareOfThePoolIsEjected() {
        var script = Self.script(server("a"), server("b"), server("c"), server("d"), failures: 1)
        #expect(script.end("a", .connectFailed).count == 1)
        #expect(script.end("b", .connectFailed).count == 1)
        #expect(script.end("c", .connectFailed) == [])
        #expect(["c", "d"].contains(script.submit(0)))
        var alone = Self.script(server("a"), failures: 1)
        #expect(alone.end("a", .connectFailed) == [])
    }

    @Test func theLastUsableServerIsNotEjected() {
        var script = Self.script(server("a"), server("b"), server("c"), server("d"), failures: 1, check: CheckSettings())
        for name in ["b", "c", "d"] { _ = script.fail(name) }
        #expect(script.end("a", .responseFailed) == ["check a"])
        #expect(script.submit(0) == "a")
        _ = script.pass("b")
        _ = script.pass("b")
        #expect(script.release("a", .responseFailed).last == "a ejected(30.0 seconds, failures: 2)")
    }

    @Test func queuedRequestsAreServedByTheOthers() {
        var script = Self.script(server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, backup: true), failures: 1)
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        #expect(script.release("a", .responseFailed) == ["a ejected(30.0 seconds, failures: 1)", "1 to b"])
    }

    @Test func aFailureAsksForACheck() {
        var script = Self.script(server("a"), server("b"), check: CheckSettings())
        #expect(script.end("a", .responseFailed) == ["check a"])
        #expect(script.end("a", .served, .none) == [])
    }

    @Test func aServerThatIsDownIsNotEjectedToo() {
        var script = Self.script(server("a"), server("b"), failures: 1, check: CheckSettings())
        #expect(script.submit(0) == "a")
        _ = script.fail("a")
        #expect(script.release("a", .responseFailed) == ["check a"])
    }

    @Test func aServerEjectedWhileItWarmsUpReturns() {
        var slow = server("a")
        slow.slowstart = .seconds(10)
        var script = Self.script(slow, server("b"), failures: 1, check: CheckSettings(rise: 1))
        _ = script.fail("a")
        #expect(script.pass("a") == ["a up"])
        #expect(script.end("a", .connectFailed).last == "a ejected(30.0 seconds, failures: 1)")
        #expect(script.tick(after: .seconds(20)) == [])
        #expect(script.pool.server(script.id("a"))?.slowStartPercent == 100)
        #expect(script.pool.nextDeadline != nil)
        #expect(script.tick(after: .seconds(10)) == ["a returned"])
    }

    @Test func turnedOffNoServerStaysEjected() {
        var script = Self.script(server("a"), server("b"), failures: 1)
        #expect(script.end("a", .connectFailed).count == 1)
        var settings = script.pool.settings
        settings.outlier = nil
        _ = script.reconfigure(settings)
        #expect(script.pool.server(script.id("a"))?.isUsable == true)
        #expect(script.end("a", .connectFailed, .connectFailed) == [])
    }
}

extension PoolScript {
    /// Requests on that server end so. What the last one led to; the others must lead to nothing.
    fileprivate mutating func end(_ server: String, queueClass: QueueClass = .quick, _ verdicts: Verdict...) -> [String] {
        var told: [String] = []
        for verdict in verdicts {
            guard told.isEmpty else { return told + ["too early"] }
            // After a failed connection the next is tried a second later.
            if case .open = pool.server(id(server))?.breaker { told += tick(after: .seconds(1)) }
            for serial in UInt64(0)..<100 where !held.contains(where: { $0.server == id(server) && $0.queueClass == queueClass }) {
                _ = submit(PoolRequest(ticket: Ticket(worker: 0, serial: serial), queueClass: queueClass))
            }
            guard let place = held.firstIndex(where: { $0.server == id(server) && $0.queueClass == queueClass }) else {
                return ["\(server) gets nothing"]
            }
            told += handle(.release(held.remove(at: place), verdict))
        }
        return told
    }
}
