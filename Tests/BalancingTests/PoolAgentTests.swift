import Balancing
import Model
import Settings
import Testing

/// How a server's agent checks change its pool.
struct PoolAgentTests {
    private func script() -> PoolScript { PoolScript(PoolTests.settings(server("a", weight: 50), server("b", weight: 50))) }

    private func say(_ words: String, of name: String = "a", to script: inout PoolScript) throws {
        let reply = AgentReply(line: Array(words.utf8).span)
        script.handle(.agent(script.id(name), try #require(reply)))
    }

    @Test(arguments: [("50%", 25), ("weight:80", 80), ("weight:50%", 25), ("0%", 0), ("600%", 256), ("99999%", 256), ("weight:0", 0)])
    func theWeightIsAtMost256(words: String, weight: Int) throws {
        var script = script()
        try say(words, to: &script)
        #expect(script.pool.server(script.id("a"))?.effectiveWeight == weight * 256)
        try say("100%", to: &script)
        #expect(script.pool.server(script.id("a"))?.effectiveWeight == 50 * 256)
    }

    @Test func itsDownHoldsWhateverTheChecksSay() throws {
        var script = script()
        try say("down", to: &script)
        script.handle(.check(script.id("a"), .passed(status: 200, duration: .zero)))
        #expect((1...4).map { script.submit($0) } == ["b", "b", "b", "b"])
        try say("ready drain 40% maxconn:3", to: &script)
        #expect(script.pool.server(script.id("a"))?.isUp == false, "only up takes down back")
        try say("up ready", to: &script)
        #expect(script.submit(5) == "a")
    }

    @Test func whatOthersSentThereWeighsAsOurs() {
        var settings = PoolTests.settings(server("a"), server("b"))
        settings.load = .jruby
        var script = PoolScript(settings)
        script.handle(.load(script.id("a"), JRubyLoad(jrubies: 2, free: 0, waiting: 1)))
        script.handle(.load(script.id("b"), JRubyLoad(jrubies: 2, free: 2, waiting: 0)))
        #expect((1...3).map { script.submit($0) } == ["b", "b", "b"])
        script.handle(.load(script.id("a"), nil))
        #expect(script.submit(4) == "a")
    }

    @Test func withoutLoadWhatOthersSentThereIsForgotten() {
        var settings = PoolTests.settings(server("a"), server("b"))
        settings.load = .jruby
        var script = PoolScript(settings)
        script.handle(.load(script.id("a"), JRubyLoad(jrubies: 2, free: 0, waiting: 1)))
        #expect(script.submit(1) == "b")
        #expect(script.pool.averageQueue == 1)
        settings.load = .none
        _ = script.reconfigure(settings)
        #expect(script.pool.server(script.id("a"))?.load == nil)
        #expect((2...4).map { script.submit($0) } == ["a", "b", "a"], "as idle as b was, then as loaded")
        settings.load = .jruby
        _ = script.reconfigure(settings)
        #expect(script.pool.averageQueue == 0, "until the next report")
    }

    @Test func maxconnReplacesTheConfiguredOne() throws {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 2)))
        try say("maxconn:1", to: &script)
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "queued"])
        try say("maxconn:3", to: &script)
        #expect(script.held.count == 3)
        try say("maxconn:0", to: &script)
        #expect(script.held.count == 4)
    }

    @Test func upDoesNotOverruleTheChecks() throws {
        var script = script()
        _ = script.fail("a")
        try say("up", to: &script)
        #expect(script.submit(0) == "b")
    }

    @Test func aReplyWithoutAChangeIsNotReported() throws {
        var script = script()
        let reply = AgentReply(line: Array("up ready 50% maxconn:2".utf8).span)
        let event = PoolEvent.agent(script.id("a"), try #require(reply))
        #expect(script.handle(event) == ["a weight(25, byAgent: true)", "a maxconn(2, byAgent: true)"])
        #expect(script.handle(event) == [])
    }

    @Test func whatItSaidIsForgottenWithItsCheck() throws {
        var settings = PoolTests.settings(server("a", weight: 10, maxconn: 4), server("b"))
        settings.servers[0].agentCheck = AgentCheckSettings(port: 9999)
        var script = PoolScript(settings)
        try say("down 50% maxconn:1", to: &script)
        #expect(script.pool.server(script.id("a"))?.isUsable == false)
        // An unchanged entry keeps it.
        _ = script.reconfigure(settings)
        #expect(script.pool.server(script.id("a"))?.slotLimit == 1)
        settings.servers[0].agentCheck = nil
        _ = script.reconfigure(settings)
        let state = try #require(script.pool.server(script.id("a")))
        #expect(state.isUsable && state.effectiveWeight == 10 * 256 && state.slotLimit == 4)
    }

    @Test func ourOwnRequestsAreNotCountedTwice() {
        var settings = PoolTests.settings(server("a"), server("b"))
        settings.load = .jruby
        var script = PoolScript(settings)
        #expect((0..<2).map { script.submit($0) } == ["a", "b"])
        script.handle(.load(script.id("a"), JRubyLoad(jrubies: 4, free: 3, waiting: 0)))
        #expect(script.submit(2) == "a")
        #expect(script.submit(3) == "b")
    }

    @Test func averageQueueCountsRequestsQueuedAtTheServers() {
        var settings = PoolTests.settings(server("a"), server("b"))
        settings.load = .jruby
        var script = PoolScript(settings)
        script.handle(.load(script.id("a"), JRubyLoad(jrubies: 4, free: 0, waiting: 3)))
        #expect(script.pool.averageQueue == 2)
        script.handle(.load(script.id("a"), nil))
        #expect(script.pool.averageQueue == 0)
    }

    /// What an operator may set, and the result if both are given: of at most 256, half.
    @Test(arguments: [(512, 50, 128), (256, 200, 256), (-5, 100, 0), (100, -3, 0), (1, 100_000, 256)])
    func weightsBeyondTheirRangeAreBroughtBackBeforeTheyAreUsed(weight: Int, percent: Int, effective: Int) {
        var script = script()
        script.adjust("a") { ($0.weight, $0.weightPercent) = (weight, percent) }
        #expect(script.pool.server(script.id("a"))?.effectiveWeight == effective * 256)
    }

    @Test func turningOneSortOfCheckOffLeavesTheOther() {
        var script = script()
        let id = script.id("a")
        func state() -> [Bool?] { [script.pool.server(id)?.isChecked, script.pool.server(id)?.isAgentAsked] }
        script.handle(.checks(id, health: nil, agent: false))
        #expect(state() == [true, false])
        script.handle(.checks(id, health: false, agent: true))
        #expect(state() == [false, true])
        script.handle(.checks(id, health: true, agent: nil))
        #expect(state() == [true, true])
    }
}
