import StandIn
import TestKit
import Testing

struct TellsHooksTests {
    private static let check = "check: { inter: 100ms, timeout: 1s, rise: 1, fall: 1 }"

    @Test func aServerThatGoesAndComesBack() throws {
        let scene = try Scene()
        let hook = try HookScript(in: scene.folder)
        let server = try scene.server()
        var configuration = Configuration.pool(server.address, lines: [Self.check, "panic: 0%"])
        configuration.lines = ["site: eie", "sites: { eie: {} }", hook.line]
        let proxy = try scene.start(configuration)
        #expect(hook.waitFor("started")?.string("site") == "eie")
        #expect(waitUntil { server.acceptedCount > 1 })
        server.stop()
        let down = try #require(hook.waitFor("server_down"))
        #expect([down.pool, down.server, down.string("by")] == ["compilers", "s1", "check"])
        // A check that runs at that moment fails in its response, the next one finds the port closed: their order is not known.
        #expect(["Layer4 connection problem, ", "Layer7 invalid response, "].contains { down.reason?.hasPrefix($0) == true }, "\(down)")
        #expect([down.int("active_left"), down.int("backups_left"), down.int("running"), down.int("queued")] == [0, 0, 0, 0])
        #expect(hook.waitFor("pool_down")?.pool == "compilers")
        try server.start()
        #expect(hook.waitFor("server_up")?.server == "s1")
        #expect(hook.waitFor("pool_up")?.pool == "compilers")
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        let names = hook.events.compactMap { $0.string("event") }
        #expect(names == ["started", "server_down", "pool_down", "server_up", "pool_up", "stopping"])
        #expect(Set(hook.events.map(\.keys)).count == 1, "every key is always there")
    }

    @Test func reloadsAndWhatTheyTake() throws {
        let scene = try Scene()
        let hook = try HookScript(in: scene.folder)
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = [hook.line]
        let proxy = try scene.start(configuration)
        proxy.reload()
        #expect(hook.waitFor("reload_done")?.string("by") == "operator")
        #expect(!hook.events.contains { $0.string("event") == "certificate_changed" }, "the files are those of before")
        scene.authority.revoke("gone.test")
        try scene.authority.writeRevocationLists(to: scene.folder.path)
        proxy.reload()
        let changed = try #require(hook.waitFor("certificate_changed"))
        #expect(changed.text.contains("\"files\":[\"\(scene.folder.path)/crl.pem\"]"), "\(changed)")
        configuration.environments = ["default: nowhere"]
        try scene.write(configuration)
        proxy.reload()
        let refused = try #require(hook.waitFor("reload_refused"))
        #expect(refused.reason?.contains("no pool \"nowhere\"") == true, "\(refused)")
        configuration.environments = ["default: compilers"]
        configuration.lines = []
        try scene.write(configuration)
        let known = hook.events.count
        proxy.reload()
        #expect(waitUntil { proxy.messages.filter { $0.contains("reloaded") }.count == 3 })
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        #expect(hook.events.count == known, "without a program nobody is told")
    }

    @Test func certificatesThatSoonExpire() throws {
        let scene = try Scene()
        let hook = try HookScript(in: scene.folder)
        let profile = CertificateProfile("puppet.test", names: ["localhost"], addresses: ["127.0.0.1"], notAfter: 3 * 86400 + 3600)
        try scene.authority.issue(profile).write(to: scene.folder.path, as: "proxy")
        var configuration = Configuration.pool(try scene.server().address)
        configuration.lines = [hook.line]
        let proxy = try scene.start(configuration)
        let event = try #require(hook.waitFor("certificate_expires"))
        #expect(event.int("days") == 3)
        #expect(event.reason?.contains("proxy.pem: certificate CN=puppet.test expires on 20") == true, "\(event)")
        #expect(event.text.contains("\"files\":[\"\(scene.folder.path)/proxy.pem\"]"))
        proxy.reload()
        #expect(hook.waitFor("reload_done") != nil)
        #expect(hook.events.filter { $0.string("event") == "certificate_expires" }.count == 1, "once a day")
    }

    @Test func anAgentsWords() throws {
        let scene = try Scene()
        let hook = try HookScript(in: scene.folder)
        let agent = try AgentPort("drain\n")
        let server = try scene.server()
        var configuration = Configuration(.init(servers: [Configuration.server("s1", server.address, agent.setting)]))
        configuration.lines = [hook.line]
        let proxy = try scene.start(configuration)
        let drained = try #require(hook.waitFor("server_admin"))
        #expect([drained.server, drained.string("state"), drained.string("by")] == ["s1", "drain", "agent"])
        agent.say("down #why\n")
        let down = try #require(hook.waitFor("server_down"))
        #expect([down.reason, down.string("by")] == ["down (why)", "agent"])
        agent.say("up ready\n")
        #expect(hook.waitFor("server_up")?.string("by") == "agent")
        #expect(hook.waitFor("server_admin") { $0.string("state") == "ready" } != nil)
        _ = proxy
    }

    @Test func noProgramIsInARequestsWay() throws {
        let scene = try Scene()
        let hook = try HookScript(in: scene.folder, work: "sleep 1000")
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = [hook.line, "timeouts: { drain: 1s }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        for _ in 1...50 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        let began = ContinuousClock.now
        proxy.terminate()
        #expect(proxy.child.waitForEnd(within: .seconds(20)) == 0)
        #expect(ContinuousClock.now - began < .seconds(12), "what hangs gets 5 s at the end")
        #expect(proxy.messages.contains { $0.contains("hook: ") && $0.contains("for started was killed") }, "\(proxy.messages)")
    }
}
