import StandIn
import TestKit
import Testing

/// `puppetfront ctl`.
struct CtlTests {
    private func ctl(_ words: String...) throws -> (code: Int32?, output: [String], errors: [String]) { try ctl(words) }

    private func ctl(_ words: [String]) throws -> (code: Int32?, output: [String], errors: [String]) {
        let child = try ChildProcess([try #require(ProxyProcess.binary), "ctl"] + words)
        let code = child.waitForEnd()
        return (code, child.outputLines, child.errorLines)
    }

    @Test func theReplyIsPrintedAndTheExitCodeShowsTheResult() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line("level: operator")]
        let proxy = try scene.start(configuration)
        let shown = try ctl("--socket", socket.path, "show", "cli", "level")
        #expect(shown.code == 0 && shown.output == ["operator"], "\(shown)")
        let found = try ctl("--config", scene.folder.path + "/puppetfront.yaml", "show", "backend")
        #expect(found.code == 0 && found.output == ["# name", "compilers"], "\(found)")
        let quiet = try ctl("--socket", socket.path, "clear", "counters")
        #expect(quiet.code == 0 && quiet.output.isEmpty, "\(quiet)")
        let denied = try ctl("--socket", socket.path, "disable server compilers/s1")
        #expect(denied.code == 2 && denied.output == ["Permission denied"], "\(denied)")
        #expect(try ctl("--socket", socket.path, "paint").code == 2)
        #expect(try ctl("--socket", socket.path, "get", "weight", "compilers/s9").code == 2)
        #expect(try ctl("--socket", socket.path, "get weight compilers/s9; show cli level").code == 2, "not the last alone")
        let several = try ctl("--socket", socket.path, "show cli level; show cli level")
        #expect(several.code == 0 && several.output == ["operator", "", "operator"], "\(several)")
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        let gone = try ctl("--socket", socket.path, "show", "info")
        #expect(gone.code == 1 && gone.errors.contains { $0.contains(socket.path) }, "\(gone)")
    }

    /// `drain` drains the whole process and nothing else, and no other word does.
    @Test func aWrongWordDrainsNothing() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        for words in [
            ["drain", "server", "compilers/s1"], ["drain", "proces"], ["reload", "now", "please"], ["clear", "counters", "al"],
        ] {
            let reply = try ctl(["--socket", socket.path] + words)
            #expect(reply.code == 2 && reply.output.first?.hasPrefix("Unexpected '") == true, "\(reply)")
        }
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(!proxy.messages.contains { $0.contains("reload") || $0.contains("drain") }, "\(proxy.messages)")
        let drained = try ctl("--socket", socket.path, "drain", "process")
        #expect(drained.code == 0 && drained.output == ["Draining began: 'drain process wait' reports its end."], "\(drained)")
        #expect(proxy.child.waitForEnd() == 0)
    }

    @Test func drainProcessWaitEndsWhenTheProcessHasDrained() throws {
        let (scene, proxy, gate, socket) = try gated()
        let agent = try scene.connect(proxy)
        try agent.send(Requests.metadata())
        #expect(waitUntil { gate.waitingCount == 1 })
        let early = try ctl("--socket", socket.path, "drain process wait 0")
        let left = "Not drained yet, and draining goes on: 1 connections, 0 queued requests."
        #expect(early.code == 1 && early.output.isEmpty && early.errors == [left], "\(early)")
        let waiting = try ChildProcess([try #require(ProxyProcess.binary), "ctl", "--socket", socket.path, "drain", "process", "wait"])
        #expect(waiting.waitForEnd(within: .seconds(1)) == nil, "it waits")
        gate.open()
        #expect(try agent.readResponse()?.status == 200)
        #expect(waiting.waitForEnd(within: .seconds(20)) == 0)
        #expect(waiting.outputLines == ["Drained."] && waiting.errorLines.isEmpty)
        #expect(proxy.child.waitForEnd() == 0)
    }

    @Test func drainProcessWaitReportsWhatWasCut() throws {
        let (scene, proxy, gate, socket) = try gated("timeouts: { drain: 1s }")
        let agent = try scene.connect(proxy)
        try agent.send(Requests.metadata())
        #expect(waitUntil { gate.waitingCount == 1 })
        let drained = try ctl("--socket", socket.path, "drain", "process", "wait", "60")
        #expect(drained.code == 1 && drained.errors == ["Drained, and cut at the end: 1 connections, 0 queued requests."], "\(drained)")
        #expect(proxy.child.waitForEnd() == 0)
        gate.open()
    }

    private func gated(_ line: String? = nil) throws -> (Scene, ProxyProcess, Gate, RuntimeSocket) {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        scene.keep(server)
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()] + (line.map { [$0] } ?? [])
        return (scene, try scene.start(configuration), gate, socket)
    }

    @Test func helpIsGivenWithoutASocket() throws {
        for word in ["--help", "-h"] {
            let help = try ctl(word)
            #expect(help.code == 0 && help.output.contains { $0.hasPrefix("USAGE: ") }, "\(help)")
            #expect(help.output.contains { $0.contains("Exit code 0") })
        }
    }

    /// A service from before `_status`: the text has to do.
    @Test func anOlderServiceIsUnderstood() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/old.sock"
        let script = """
            import socket,sys
            s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print("listening",flush=True)
            for reply in [b"Unknown command: '_status'. Please enter\\n\\n", b"No such server.\\n\\n"]*2:
                c=s.accept()[0]; c.recv(4096); c.sendall(reply); c.close()
            """
        let old = try ChildProcess(["/usr/bin/python3", "-c", script, path])
        #expect(waitUntil { old.outputLines == ["listening"] }, "\(old.errorLines)")
        let reply = try ctl("--socket", path, "get", "weight", "compilers/s9")
        #expect(reply.code == 2 && reply.output == ["No such server."], "\(reply)")
    }

    @Test func aPayloadOnStandardInputBelongsToItsLine() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        let list = try scene.authority.crlPEM()
        let program = try #require(ProxyProcess.binary)
        for end in ["", "END"] {
            let lines = "set ssl crl-file \(scene.folder.path)/crl.pem <<\(end)\n\(list)\(end)\nshow version\n"
            let child = try ChildProcess(["/bin/sh", "-c", "printf %s \"$0\" | \"$1\" ctl --socket \"$2\"", lines, program, socket.path])
            #expect(child.waitForEnd() == 0)
            #expect(child.outputLines.count == 2 && child.outputLines[0].hasPrefix("transaction "), "\(child.outputLines)")
        }
        withExtendedLifetime(proxy) {}
    }
}
