import StandIn
import TestKit
import Testing

/// `puppetfront ctl`.
struct CtlTests {
    private func ctl(_ words: String...) throws -> (code: Int32?, output: [String], errors: [String]) {
        let child = try ChildProcess([try #require(ProxyProcess.binary), "ctl"] + words)
        let code = child.waitForEnd()
        return (code, child.outputLines, child.errorLines)
    }

    @Test func theAnswerIsPrintedAndTheExitCodeSaysHowItWent() throws {
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
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        let gone = try ctl("--socket", socket.path, "show", "info")
        #expect(gone.code == 1 && gone.errors.contains { $0.contains(socket.path) }, "\(gone)")
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
