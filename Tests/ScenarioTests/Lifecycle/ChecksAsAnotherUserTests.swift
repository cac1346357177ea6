import Foundation
import StandIn
import TestKit
import Testing

/// `check --user`: root can read what the service cannot.
struct ChecksAsAnotherUserTests {
    private func check(_ scene: Scene, _ arguments: String...) throws -> (code: Int32?, output: [String], errors: [String]) {
        let words = [try #require(ProxyProcess.binary), "check", "--config", scene.folder.path + "/puppetfront.yaml"] + arguments
        let child = try ChildProcess(words)
        let code = child.waitForEnd()
        return (code, child.outputLines, child.errorLines)
    }

    @Test(.enabled(if: geteuid() == 0)) func aFolderOfAnotherUserIsReported() throws {
        let scene = try Scene()
        try scene.write(Configuration.pool("127.0.0.1:8140"))
        let file = scene.folder.path + "/puppetfront.yaml"
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scene.folder.path)
        for name in try manager.contentsOfDirectory(atPath: scene.folder.path) {
            try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scene.folder.path + "/" + name)
        }
        let good = try check(scene, "--user", "nobody")
        #expect(good.code == 0 && good.output.first?.hasPrefix("\(file): ok") == true, "\(good)")
        #expect(
            good.output.first?.hasSuffix(", read as user nobody") == true && !good.errors.contains { $0.contains("proxy.key") }, "\(good)")
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: scene.folder.path + "/proxy.key")
        let bad = try check(scene, "--user", "nobody")
        #expect(bad.code == 64 && bad.output.isEmpty, "\(bad)")
        #expect(bad.errors.contains { $0.hasPrefix(file + ":") && $0.contains("proxy.key") && $0.contains("permission denied") }, "\(bad)")
        #expect(bad.errors.last == "checked as user nobody, as the service runs; --user root checks as root")
        #expect(try check(scene, "--user", "root").code == 0)
    }

    @Test(.enabled(if: geteuid() == 0)) func whereItCannotWriteIsAWarning() throws {
        let scene = try Scene()
        var configuration = Configuration.pool("127.0.0.1:8140")
        configuration.lines = ["state_file: state", "logs: { access: { to: \"\(scene.folder.path)/access.log\" } }"]
        try scene.write(configuration)
        try scene.folder.write("", to: "access.log")
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scene.folder.path)
        for name in try manager.contentsOfDirectory(atPath: scene.folder.path) {
            try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scene.folder.path + "/" + name)
        }
        let found = try check(scene, "--user", "nobody")
        #expect(found.code == 0 && found.output.first?.contains(": ok") == true, "\(found)")
        #expect(
            found.errors.contains { $0.contains("warning: state_file: \(scene.folder.path): nothing can be written there") }, "\(found)")
        #expect(found.errors.contains { $0.contains("warning: logs.access: \(scene.folder.path)/access.log: ") }, "\(found)")
        let asRoot = try check(scene, "--user", "root")
        #expect(!asRoot.errors.contains { $0.contains("state_file") || $0.contains("logs.access") }, "\(asRoot)")
    }

    @Test func aUserThatDoesNotExistIsAMistake() throws {
        let scene = try Scene()
        try scene.write(Configuration.pool("127.0.0.1:8140"))
        let wrong = try check(scene, "--user", "no-such-user")
        #expect(wrong.code == 64 && wrong.errors == ["error: --user: there is no user no-such-user"], "\(wrong)")
    }
}
