import Balancing
import Model
import Settings
import Testing

/// `retry.budget`: at most so many requests at a time are repeats of what a server may have acted on; three always.
struct PoolBudgetTests {
    static func script(_ budget: Int, _ servers: ServerSettings...) -> PoolScript {
        PoolScript(PoolSettings(name: "compilers", retry: RetrySettings(budget: budget), check: CheckSettings(), servers: servers))
    }

    @Test func threeRepeatsMayAlwaysBe() {
        var script = Self.script(20, server("a"), server("b"))
        #expect((0..<4).map { script.submit($0, tried: ["a"], .repeat) } == ["b", "b", "b", "queued"])
        #expect(script.pool.repeatsInUse == 3)
        // The rest wait, whatever is free, and are served when a repeat ends.
        #expect(script.submit(4) == "a")
        #expect(script.release("a") == [])
        #expect(script.release("b") == ["3 to b"])
        #expect(script.pool.repeatsInUse == 3)
    }

    @Test func manyLiveRequestsAllowMoreRepeats() {
        var script = Self.script(20, server("a"), server("b"))
        for serial in UInt64(0)..<50 { _ = script.submit(serial) }
        let answers = (50..<70).map { script.submit($0, tried: ["a"], .repeat) }
        // A fifth of the fifty, and of the repeats themselves.
        let served = answers.prefix { $0 == "b" }.count
        #expect((10...14).contains(served), "\(answers)")
        #expect(answers.dropFirst(served).allSatisfy { $0 == "queued" })
    }

    @Test func redispatchesAreFree() {
        var script = Self.script(0, server("a"), server("b"))
        #expect((0..<20).allSatisfy { script.submit($0, tried: ["a"], .redispatch) == "b" })
        #expect(script.pool.repeatsInUse == 0)
    }

    @Test func withoutBudgetNothingIsRepeated() {
        var script = Self.script(0, server("a"), server("b"))
        #expect(script.submit(0, tried: ["a"], .repeat) == "no_server")
    }

    @Test func aReloadThatForbidsRepeatsEndsThoseThatWait() {
        var script = Self.script(20, server("a"), server("b"))
        for serial in UInt64(0)..<4 { _ = script.submit(serial, tried: ["a"], .repeat) }
        var settings = script.pool.settings
        settings.retry.budget = 0
        #expect(script.reconfigure(settings) == ["3 no_server"])
    }

    @Test func aRepeatThatWaitsForItsTurnKeepsItsOrder() {
        var script = Self.script(20, server("a", maxconn: 1), server("b", maxconn: 3))
        for serial in UInt64(0)..<3 { #expect(script.submit(serial, tried: ["a"], .repeat) == "b") }
        #expect(script.submit(3) == "a")
        #expect(script.submit(4, tried: ["a"], .repeat) == "queued")
        #expect(script.submit(5) == "queued")
        #expect(script.release("b") == ["4 to b"])
        #expect(script.release("b") == ["5 to b"])
    }

    @Test func aHeldRepeatDelaysNoOther() {
        var script = Self.script(20, server("a", maxconn: 1), server("b", maxconn: 4))
        for serial in UInt64(0)..<3 { #expect(script.submit(serial, tried: ["a"], .repeat) == "b") }
        #expect(script.submit(3, tried: ["a"], .repeat) == "queued")
        #expect(script.submit(4, tried: ["a"]) == "b")
        #expect(script.submit(5, tried: ["a"]) == "queued")
        let fresh = script.held.firstIndex { !$0.isRepeat }!
        #expect(script.handle(.release(script.held.remove(at: fresh), .served)) == ["5 to b"])
    }

    /// The server that the repeat was on is not the one that the queued repeat may go to.
    @Test func aRepeatThatEndsMakesRoomOnAnyServer() {
        var script = Self.script(20, server("a"), server("b"))
        for serial in UInt64(0)..<3 { #expect(script.submit(serial, tried: ["b"], .repeat) == "a") }
        #expect(script.submit(3, tried: ["a"], .repeat) == "queued")
        #expect(script.release("a") == ["3 to b"])
    }
}
