import Balancing
import Model
import Settings
import Testing

/// What looks like a failure of a server and is none.
struct PoolNegativeTwinTests {
    static func script(_ servers: ServerSettings...) -> PoolScript {
        PoolScript(
            PoolSettings(
                name: "compilers", balance: .roundRobin, outlier: OutlierSettings(failures: 3, eject: .seconds(30), atMost: 100),
                check: CheckSettings(rise: 2, fall: 3), servers: servers))
    }

    private func end(_ script: inout PoolScript, _ count: Int, _ verdict: Verdict) -> [String] {
        var told: [String] = []
        for serial in 0..<count {
            let name = script.submit(UInt64(serial), tried: "b")
            script.wait(.milliseconds(1))
            told += script.release(name, verdict)
        }
        return told
    }

    @Test func failuresInARowEject() {
        var script = Self.script(server("a"), server("b"))
        #expect(end(&script, 3, .responseFailed) == ["check a", "check a", "check a", "a ejected(30.0 seconds, failures: 3)"])
    }

    /// A 503 with Retry-After, a 404, a 500 of a manifest: the server has served.
    @Test func aServerThatRespondsIsNotEjectedWhateverTheStatus() {
        var script = Self.script(server("a"), server("b"))
        #expect(end(&script, 20, .served) == [])
        #expect(script.pool.server(script.id("a"))?.isUsable == true)
    }

    @Test func oneResponseBetweenFailuresIsNoRow() {
        var script = Self.script(server("a"), server("b"))
        for _ in 0..<5 {
            #expect(end(&script, 2, .responseFailed) == ["check a", "check a"])
            #expect(end(&script, 1, .served) == [])
        }
    }

    @Test func agentsThatGoAwayAreNoFailures() {
        var script = Self.script(server("a"), server("b"))
        #expect(end(&script, 20, .none) == [])
        #expect(script.submit(0, tried: "b") == "a")
    }

    @Test func aSlowResponseIsNoFailure() {
        var script = Self.script(server("a"), server("b"))
        for serial in UInt64(0)..<5 {
            #expect(script.submit(serial, tried: "b") == "a")
            script.wait(.seconds(900))
            #expect(script.release("a") == [])
        }
    }

    @Test func aServerInMaintIsNeitherEjectedNorAskedSoon() {
        var script = Self.script(server("a"), server("b"))
        #expect((0..<3).map { script.submit($0, tried: "b") } == ["a", "a", "a"])
        #expect(script.handle(.admin(script.id("a"), .maint)).count == 1)
        for _ in 0..<3 { _ = script.release("a", .responseFailed) }
        #expect(script.handle(.admin(script.id("a"), .ready)).count == 1)
        #expect(script.pool.server(script.id("a"))?.admin == .ready)
    }

    @Test func aCheckThatTimesOutOnABusyServerDoesNotCountAndOnAnIdleOneDoes() {
        var script = Self.script(server("a"), server("b"))
        let late = CheckOutcome.failed(CheckFailure(.layer7Timeout, duration: .seconds(2)))
        #expect(script.handle(.check(script.id("a"), .passed(status: 200, duration: .zero))).isEmpty == false)
        #expect(script.submit(0, tried: "b") == "a")
        #expect(script.release("a") == [])
        script.wait(.seconds(2))
        #expect(script.handle(.check(script.id("a"), late)) == ["a slow"])
        #expect(script.handle(.check(script.id("a"), late)) == [], "once is enough to say")
        script.wait(.milliseconds(1))
        #expect(script.handle(.check(script.id("a"), late)) == ["a failing"], "nothing was served since that check began")
        // It was on time in between: late again is said again.
        #expect(script.submit(1, tried: "b") == "a")
        #expect(script.release("a") == [])
        #expect(script.handle(.check(script.id("a"), late)) == ["a slow"])
        // A connection that is refused counts, however busy the server was.
        #expect(script.submit(1, tried: "b") == "a")
        #expect(script.release("a") == [])
        #expect(script.fail("a") == ["a failing"])
        #expect(script.fail("a") == ["a down"])
    }

    /// It serves what it had, but gets nothing new: late is late.
    @Test func aLateCheckOfAServerThatIsDownIsNoSignOfWork() {
        var script = Self.script(server("a"), server("b"))
        let late = CheckOutcome.failed(CheckFailure(.layer7Timeout, duration: .seconds(2)))
        #expect(script.submit(0, tried: "b") == "a")
        #expect(script.fail("a") == ["a down"])
        #expect(script.release("a") == [])
        #expect(script.pass("a") == ["a passing"])
        #expect(script.handle(.check(script.id("a"), late)) == ["a failing"])
        #expect(script.pool.server(script.id("a"))?.health.progress.current == 0)
    }

    @Test func aFailedRequestIsNoProofThatTheServerServes() {
        var script = Self.script(server("a"), server("b"))
        let late = CheckOutcome.failed(CheckFailure(.layer7Timeout, duration: .seconds(2)))
        #expect(script.submit(0, tried: "b") == "a")
        #expect(script.release("a", .responseFailed) == ["check a"])
        #expect(script.handle(.check(script.id("a"), late)) == ["a down"], "the first check decides")
    }
}
