import Balancing
import Model
import Settings
import Testing

/// When no tier has a usable server, servers that only fail what the check asks are used, if they are at least `panic` percent.
struct PoolPanicTests {
    static func script(_ servers: ServerSettings..., panic: Int = 50, rise: Int = 2) -> PoolScript {
        PoolScript(
            PoolSettings(
                name: "compilers", outlier: OutlierSettings(failures: 1, atMost: 100), panic: panic, check: CheckSettings(rise: rise),
                servers: servers))
    }

    @Test func softFailuresAreUsedWhereNothingElseIsLeft() {
        var script = Self.script(server("a"), server("b"))
        #expect(script.fail("a", .layer7Status) == ["a down"])
        // One that passes is enough.
        #expect((0..<3).allSatisfy { script.submit($0) == "b" })
        #expect(script.fail("b", .layer7Timeout) == ["b down", "pool panic"])
        #expect(script.pool.isPanicking && script.pool.isUsable)
        #expect(Set((3..<7).map { script.submit($0) }) == ["a", "b"])
        #expect(script.pass("b") == ["b passing"])
        #expect(script.pass("b") == ["b up", "pool up"])
        #expect(!script.pool.isPanicking)
        #expect(script.submit(9) == "b")
    }

    @Test(arguments: [
        (CheckFailure.Cause.layer7Status, true), (.layer7Timeout, true), (.layer6Timeout, true), (.layer4Refused, false),
        (.layer4Timeout, false), (.socketError, false), (.layer6Response, false),
    ])
    func aPortThatTakesNoConnectionIsNoSoftFailure(cause: CheckFailure.Cause, isSoft: Bool) {
        var script = Self.script(server("a"))
        #expect(script.fail("a", cause) == ["a down", isSoft ? "pool panic" : "pool down"])
        #expect(script.submit(0) == (isSoft ? "a" : "no_server"))
    }

    @Test func belowTheShareThePoolIsDown() {
        var script = Self.script(server("a"), server("b"), server("c"), panic: 50)
        _ = script.fail("a", .layer7Status)
        _ = script.fail("b", .layer4Refused)
        #expect(script.fail("c", .layer4Refused) == ["c down", "pool down"])
        #expect(script.submit(0) == "no_server")
        // A server that an operator disabled does not count.
        #expect(script.handle(.admin(script.id("b"), .maint)) == ["b admin(Balancing.AdminState.maint, byAgent: false)", "pool panic"])
        #expect(script.submit(1) == "a")
    }

    @Test func zeroIsNever() {
        var script = Self.script(server("a"), panic: 0)
        #expect(script.fail("a", .layer7Status) == ["a down", "pool down"])
    }

    @Test func ejectedServersAreUsed() {
        var script = Self.script(server("a"), server("b"))
        #expect(script.submit(0) == "a")
        #expect(script.release("a", .responseFailed) == ["check a", "a ejected(30.0 seconds, failures: 1)"])
        #expect(script.fail("b") == ["b down", "pool panic"])
        #expect(script.submit(1) == "a")
        #expect(script.tick(after: .seconds(30)) == ["a returned", "pool up"])
    }

    @Test func aServerThatRecoversStaysInUse() {
        var script = Self.script(server("a", maxconn: 1), rise: 3)
        _ = script.fail("a", .layer7Status)
        #expect(script.pass("a") == ["a passing"])
        #expect(script.submit(0) == "a")
        // Something else is looked at meanwhile.
        _ = script.reconfigure(script.pool.settings)
        #expect(script.submit(1) == "queued")
        #expect(script.release("a") == ["1 to a"])
    }

    @Test func aFailureThatTurnsHardEndsThePanic() {
        var script = Self.script(server("a", maxconn: 1))
        _ = script.fail("a", .layer7Status)
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        #expect(script.fail("a", .layer4Refused) == ["pool down"])
        #expect(script.submit(2) == "no_server")
        #expect(script.fail("a", .layer7Status) == ["pool panic"])
        #expect(script.submit(2) == "queued")
    }

    @Test func activeSoftFailuresGoBeforeBackups() {
        var script = Self.script(server("a"), server("b", backup: true))
        _ = script.fail("a", .layer7Status)
        #expect(script.submit(0) == "b")
        #expect(script.fail("b", .layer7Status) == ["b down", "pool panic"])
        #expect(script.submit(1) == "a")
    }
}

extension PoolScript {
    fileprivate mutating func fail(_ server: String, _ cause: CheckFailure.Cause) -> [String] {
        handle(.check(id(server), .failed(CheckFailure(cause, duration: .milliseconds(1)))))
    }
}
