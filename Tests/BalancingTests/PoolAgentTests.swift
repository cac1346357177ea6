import Balancing
import Model
import Settings
import Testing

/// What a server's own words do to its pool.
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
}
