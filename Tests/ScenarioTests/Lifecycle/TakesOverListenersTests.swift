import Foundation
import StandIn
import TestKit
import Testing

/// What operators have done to listeners, before, during and after a takeover.
struct TakesOverListenersTests {
    private func configuration(_ server: StandInServer, _ scene: Scene, workers: Int) -> Configuration {
        var configuration = Configuration.pool(server.address)
        configuration.lines = [RuntimeSocket(scene).line(), "limits: { worker_threads: \(workers) }"]
        return configuration
    }

    private func takeOver(_ scene: Scene) throws -> ProxyProcess {
        try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml", arguments: ["--takeover"])
    }

    /// The result of a new connection and its request; nil: it was refused.
    private func status(_ scene: Scene, _ proxy: ProxyProcess) -> Int? {
        try? scene.connect(proxy).exchange(Requests.metadata()).status
    }

    /// More workers than sockets, and fewer: then some serve several.
    @Test(arguments: [(2, 3), (3, 1)])
    func aDisabledFrontendStaysDisabledUntilItIsEnabled(_ before: Int, _ after: Int) throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        let old = try scene.start(configuration(server, scene, workers: before))
        #expect(try socket.ask("disable frontend agents") == "")
        #expect(waitUntil { status(scene, old) == nil })
        try scene.write(configuration(server, scene, workers: after))
        let new = try takeOver(scene)
        #expect(new.port() == old.port())
        #expect(old.child.waitForEnd() == 0)
        #expect(try socket.stat("agents", "FRONTEND")["status"] == "PAUSED")
        for _ in 1...8 { #expect(status(scene, new) == nil, "each socket refuses") }
        #expect(try socket.ask("enable frontend agents") == "")
        #expect(waitUntil { status(scene, new) == 200 })
        for _ in 1...16 { #expect(status(scene, new) == 200, "each socket is served") }
        #expect(try socket.ask("disable frontend agents") == "")
        #expect(waitUntil { status(scene, new) == nil })
        for _ in 1...8 { #expect(status(scene, new) == nil, "inherited sockets refuse again") }
    }

    /// Else the new instance would want a port that may be another's by now.
    @Test func oneThatIsShutDownStaysSoAndLimitsGoOver() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        let port = try LoopbackPort()
        let text = configuration(server, scene, workers: 2).text.replacingOccurrences(of: "127.0.0.2:0", with: port.text)
        try scene.folder.write(text, to: "puppetfront.yaml")
        let file = scene.folder.path + "/puppetfront.yaml"
        let old = try ProxyProcess(configuration: file)
        #expect(try socket.ask("shutdown frontend plain") == "")
        #expect(try socket.ask("set maxconn frontend agents 17") == "")
        #expect(waitUntil { (try? RawClient(port.number)) == nil })
        let another = StandInListener(on: port) { $0.close() }
        try another.start()
        let new = try takeOver(scene)
        #expect(old.child.waitForEnd() == 0)
        #expect(try socket.stat("plain", "FRONTEND")["status"] == "STOP")
        #expect(try socket.ask("enable frontend plain") == "Frontend was previously shut down, cannot enable.\n")
        #expect(try socket.stat("agents", "FRONTEND")["slim"] == "17")
        #expect(status(scene, new) == 200)
        another.stop()
    }

    @Test func duringATakeoverListenersStayAsTheyAre() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        let proxy = try scene.start(configuration(server, scene, workers: 2))
        let asking = try UnixClient(socket.path)
        try asking.send("_takeover 1\n")
        _ = try asking.read(through: "+")
        #expect(try socket.ask("disable frontend agents") == "Another instance is taking over: try again there.\n")
        #expect(try socket.ask("set maxconn frontend agents 1") == "Another instance is taking over: try again there.\n")
        #expect(status(scene, proxy) == 200)
        asking.close()
        #expect(proxy.waitForMessage { $0.contains("given up") } != nil)
        #expect(try socket.ask("disable frontend agents") == "")
    }

    @Test func aConversationWithTheOldInstanceChangesNothingAnyMore() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        let old = try scene.start(configuration(server, scene, workers: 2))
        // While it is connected the old instance does not end.
        let agent = try scene.connect(old)
        #expect(try agent.exchange(Requests.metadata()).status == 200)
        let conversation = try UnixClient(socket.path)
        try conversation.send("prompt\n")
        _ = try conversation.read(through: "> ")
        let new = try takeOver(scene)
        try conversation.send("set server compilers/s1 state maint\n")
        #expect(try conversation.read(through: "> ").contains("Another instance has taken over: connect again.\n"))
        #expect(try socket.stat("compilers", "s1")["status"] != "MAINT")
        try conversation.send("shutdown sessions server compilers/s1\n")
        #expect(try !conversation.read(through: "> ").contains("taken over"), "its own requests it still ends")
        #expect(status(scene, new) == 200)
        agent.close()
        #expect(old.child.waitForEnd() == 0)
    }
}
