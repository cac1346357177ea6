import Foundation
import StandIn
import TestKit
import Testing

/// The socket's file: its mode, its lock, and where a reload moves it.
struct AdminSocketFileTests {
    private func write(_ scene: Scene, _ line: String) throws {
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [line]
        try scene.write(configuration)
    }

    private func run(_ scene: Scene) throws -> ProxyProcess { try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml") }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test func aSecondInstanceDoesNotTakeTheSocketOver() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        try write(scene, socket.line())
        let first = try run(scene)
        do {
            _ = try run(scene)
            Issue.record("the second instance runs")
        } catch ProxyProcess.Failure.notReady(let code, let errors) {
            #expect(code == 1)
            #expect(errors.contains { $0.contains("admin.socket \(socket.path): another process has it") }, "\(errors)")
        }
        #expect(try socket.ask("show info").contains("\nPid: \(first.child.pid)\n"))
    }

    @Test func theSocketOfAKilledInstanceIsReplaced() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        try write(scene, socket.line())
        let first = try run(scene)
        first.child.signal(SIGKILL)
        #expect(first.child.waitForEnd() == 128 + SIGKILL)
        #expect(FileManager.default.fileExists(atPath: socket.path))
        let second = try run(scene)
        #expect(try socket.ask("show info").contains("\nPid: \(second.child.pid)\n"))
        second.terminate()
        #expect(second.child.waitForEnd() == 0)
        #expect(!FileManager.default.fileExists(atPath: socket.path))
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        try write(scene, socket.line())
        try scene.folder.write("precious", to: "admin.sock")
        #expect(throws: ProxyProcess.Failure.self) { try run(scene) }
        #expect(try scene.folder.read("admin.sock") == "precious")
    }

    @Test func aReloadChangesModeAndPath() throws {
        let scene = try Scene()
        let (old, new) = (RuntimeSocket(scene), RuntimeSocket(scene, "other.sock"))
        try write(scene, old.line())
        let proxy = try run(scene)
        #expect(try mode(old.path) == 0o660)
        try write(scene, old.line("mode: \"0600\", level: user"))
        proxy.reload()
        #expect(try waitUntil { try mode(old.path) == 0o600 })
        #expect(try old.ask("clear counters") == "Permission denied\n")
        try write(scene, new.line())
        proxy.reload()
        #expect(waitUntil { FileManager.default.fileExists(atPath: new.path) && !FileManager.default.fileExists(atPath: old.path) })
        #expect(try new.ask("show info").contains("\nPid: \(proxy.child.pid)\n"))
    }

    @Test func aPathThatCannotBeHadLeavesTheSocketWhereItIs() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        try write(scene, socket.line())
        let proxy = try run(scene)
        try write(scene, RuntimeSocket(scene, "nowhere/admin.sock").line())
        proxy.reload()
        #expect(proxy.waitForMessage { $0.contains("nowhere/admin.sock") } != nil)
        #expect(try socket.ask("show cli level") == "admin\n")
    }
}
