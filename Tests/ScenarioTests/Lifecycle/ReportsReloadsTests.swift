import Foundation
import StandIn
import TestKit
import Testing

/// A reload's end is reported to its caller, by `show reload` and by a metric.
struct ReportsReloadsTests {
    private let scene: Scene
    private let socket: RuntimeSocket
    private let server: StandInServer
    private var configuration: Configuration

    init() throws {
        scene = try Scene()
        socket = RuntimeSocket(scene)
        server = try scene.server()
        configuration = Configuration.pool(server.address)
        configuration.lines = [
            "admin: { socket: { path: \(socket.path) }, http: { address: \"\(AdminScene.address):0\" } }",
            "logs: { access: { to: \"\(scene.folder.path)/access.log\" } }",
        ]
    }

    private var file: String { scene.folder.path + "/puppetfront.yaml" }

    private func ctl(_ words: String...) throws -> (code: Int32?, output: [String], errors: [String]) {
        let child = try ChildProcess([try #require(ProxyProcess.binary), "ctl", "--config", file] + words)
        let code = child.waitForEnd()
        return (code, child.outputLines, child.errorLines)
    }

    private func isStale(_ proxy: ProxyProcess) throws -> Bool {
        let page = try AdminScene.connect(proxy).exchange(AdminScene.get("/metrics")).text
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("puppetfront_config_stale ") })
        return line == "puppetfront_config_stale 1"
    }

    @Test func theCallerWaitsForTheEndAndGetsTheMistakes() throws {
        let proxy = try scene.start(configuration)
        #expect(try ctl("reload").output == ["Reloaded: generation 1."])
        try scene.folder.write("nonsense: 1\n", to: "puppetfront.yaml")
        let refused = try ctl("reload")
        #expect(refused.code == 1 && refused.output.isEmpty, "\(refused)")
        // The file names no socket any more: that of the package is tried, which is not there.
        #expect(refused.errors.contains { $0.contains("using the socket /run/puppetfront/admin.sock") }, "\(refused)")
        let answer = try socket.ask("reload")
        #expect(answer.hasPrefix("Reload refused: the configuration in force stays.\n\(file):1:1: error: "), "\(answer)")
        #expect(try socket.ask("show reload").contains("] (asked for) Reload refused: "))
        withExtendedLifetime(proxy) {}
    }

    @Test func aBrokenFileStillLeadsToTheSocket() throws {
        let proxy = try scene.start(configuration)
        // A mistake, and then not even YAML.
        for broken in [configuration.text + "nonsense: 1\n", "broken: [\n" + configuration.text] {
            try scene.folder.write(broken, to: "puppetfront.yaml")
            let refused = try ctl("reload")
            #expect(refused.code == 1, "\(refused)")
            #expect(refused.errors.contains("Reload refused: the configuration in force stays."), "\(refused)")
            #expect(refused.errors.contains { $0.hasPrefix(file + ":") && $0.contains(": error: ") }, "\(refused)")
            let shown = try ctl("show", "backend")
            #expect(shown.code == 0 && shown.output == ["# name", "compilers"], "\(shown)")
        }
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    @Test func aMetricSaysThatTheFileIsNotInForce() throws {
        let proxy = try scene.start(configuration)
        #expect(try !isStale(proxy))
        var changed = configuration
        changed.pools[0].lines = ["queue: { size: 17 }"]
        try scene.write(changed)
        #expect(try waitUntil(within: .seconds(20)) { try isStale(proxy) })
        #expect(try socket.ask("show reload") == "No reload yet.\nconfiguration: differs from the file\n")
        #expect(try ctl("reload").code == 0)
        #expect(try !isStale(proxy))
        #expect(try socket.ask("show reload").hasSuffix(" (asked for) Reloaded: generation 1.\nconfiguration: as the file\n"))
        try scene.folder.write("nonsense: 1\n", to: "puppetfront.yaml")
        _ = try socket.ask("reload")
        #expect(try isStale(proxy))
        try scene.write(changed)
        #expect(try ctl("reload").code == 0)
        #expect(try !isStale(proxy))
    }

    /// All or nothing: a socket that cannot be opened must not leave half of a configuration in force.
    @Test(arguments: [
        "socket: { path: /nowhere/admin.sock }", "socket: { path: SOCKET }, http: { address: \"127.0.0.1:PORT\" }",
    ])
    func anAdminSocketThatCannotBeOpenedRefusesTheReload(_ admin: String) throws {
        let proxy = try scene.start(configuration)
        var changed = configuration
        changed.pools[0].name = "others"
        changed.environments = ["default: others"]
        // The port is the listener's own.
        let line = admin.replacingOccurrences(of: "SOCKET", with: socket.path).replacingOccurrences(of: "PORT", with: "\(proxy.port())")
        changed.lines[0] = "admin: { \(line) }"
        try scene.write(changed)
        let answer = try socket.ask("reload")
        #expect(answer.hasPrefix("Reload refused: the configuration in force stays.\nadmin."), "\(answer)")
        #expect(try socket.ask("show backend") == "# name\ncompilers\n")
        #expect(proxy.messages.contains { $0.contains(" error admin.") } && !proxy.messages.contains { $0.contains(" reloaded") })
        try scene.write(configuration)
        #expect(try socket.ask("reload") == "Reloaded: generation 1.\n")
    }

    /// The caller is on the socket that goes.
    @Test func theSocketMayMoveInTheReloadThatItWasAskedFor() throws {
        let proxy = try scene.start(configuration)
        var changed = configuration
        changed.lines[0] = RuntimeSocket(scene, "other.sock").line()
        try scene.write(changed)
        #expect(try socket.ask("reload") == "Reloaded: generation 1.\n")
        #expect(waitUntil { !FileManager.default.fileExists(atPath: socket.path) })
        #expect(try RuntimeSocket(scene, "other.sock").ask("show backend") == "# name\ncompilers\n")
        withExtendedLifetime(proxy) {}
    }

    @Test(arguments: ["SIGHUP", "reload"]) func aReloadOpensTheLogsFileAgain(_ way: String) throws {
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        func lines(_ name: String) -> Int { ((try? scene.folder.read(name)) ?? "").split(separator: "\n").count }
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(waitUntil { lines("access.log") == 1 })
        #expect(rename(scene.folder.path + "/access.log", scene.folder.path + "/access.log.1") == 0)
        if way == "SIGHUP" { proxy.reload() } else { #expect(try socket.ask("reload").hasPrefix("Reloaded")) }
        #expect(waitUntil { FileManager.default.fileExists(atPath: scene.folder.path + "/access.log") })
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(waitUntil { lines("access.log") == 1 })
        #expect(lines("access.log.1") == 1)
    }
}
