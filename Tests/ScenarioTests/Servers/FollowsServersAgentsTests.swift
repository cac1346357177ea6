import StandIn
import TestKit
import Testing

struct FollowsServersAgentsTests {
    private let scene: Scene
    private let agent: AgentPort
    private let proxy: ProxyProcess
    private let client: RawClient

    init() throws {
        let scene = try Scene()
        let agent = try AgentPort("up ready 100%\n")
        let servers = try ["one", "two"].map { try scene.server($0) }
        servers.forEach(scene.keep)
        self.scene = scene
        self.agent = agent
        proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", ["balance: round-robin"],
                    servers: [
                        Configuration.server("one", servers[0].address, "weight: 20, \(agent.setting)"),
                        Configuration.server("two", servers[1].address, "weight: 20"),
                    ])))
        client = try scene.connect(proxy)
    }

    /// Lets the agent send a reply, and waits until the proxy has acted on it.
    private func say(_ reply: String, until words: String) throws {
        let before = proxy.messages.filter { $0.contains(words) }.count
        agent.say(reply)
        #expect(waitUntil { proxy.messages.filter { $0.contains(words) }.count > before }, "\(reply): \(proxy.messages)")
    }

    /// How many of 12 requests each server gets.
    private func shares() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for _ in 1...12 { counts[try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") ?? "none", default: 0] += 1 }
        return counts
    }

    @Test func anAgentDrainsWeighsTakesDownAndBringsBack() throws {
        #expect(proxy.waitForMessage { $0.contains("Agent check for server compilers/one succeeded") } != nil)
        #expect(try shares() == ["one": 6, "two": 6])
        try say("drain\n", until: "Server compilers/one is set to drain by its agent")
        #expect(try shares() == ["two": 12])
        try say("ready 50%\n", until: "Server compilers/one is set to ready by its agent")
        #expect(try shares() == ["one": 4, "two": 8])
        try say("fail # disk full\r\n", until: "Server compilers/one is DOWN by its agent, reason: fail (disk full)")
        #expect(try shares() == ["two": 12])
        try say("up, weight:20\n", until: "Server compilers/one is UP by its agent")
        #expect(try shares() == ["one": 6, "two": 6])
        try say("maint\n", until: "Server compilers/one is set to maint by its agent")
        #expect(try shares() == ["two": 12])
        try say("ready\n", until: "Server compilers/one is set to ready by its agent")
        #expect(try shares() == ["one": 6, "two": 6])
    }

    private func lastCheck() -> String? { proxy.messages.last { $0.contains("Agent check for server") } }

    @Test func anAgentWithoutAReplyChangesNothing() throws {
        try say("drain\n", until: "Server compilers/one is set to drain by its agent")
        agent.stop()
        let refused = try #require(proxy.waitForMessage { $0.contains("Agent check for server compilers/one failed") })
        #expect(refused.contains("Connection refused"))
        #expect(try shares() == ["two": 12])
        for (reply, reason) in [("ready", "no whole line"), ("nonsense\n", "no known word in its line"), (nil, "Layer7 timeout")] {
            agent.say("drain\n")
            try agent.start()
            #expect(waitUntil { lastCheck()?.contains("succeeded") == true }, "\(proxy.messages)")
            agent.say(reply)
            #expect(waitUntil { lastCheck()?.contains(reason) == true }, "\(proxy.messages)")
            #expect(try shares() == ["two": 12])
        }
        try say("ready\n", until: "Server compilers/one is set to ready by its agent")
        #expect(try shares() == ["one": 6, "two": 6])
    }

}
