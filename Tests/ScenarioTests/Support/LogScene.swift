import Foundation
import StandIn
import TestKit
import Testing

/// A proxy before one server, with a runtime socket and pages, whose access log goes where a test wants it. A long target makes a long
/// line: a few of them are more than may wait.
final class LogScene {
    let scene: Scene
    let server: StandInServer
    let socket: RuntimeSocket
    private var configuration: Configuration
    private(set) var sentCount = 0

    /// More than may wait, by itself less: 8 MiB.
    static let longCount = 900_000

    init(to target: String, _ rest: String = "") throws {
        scene = try Scene()
        server = try scene.server()
        socket = RuntimeSocket(scene)
        configuration = .pool(server.address)
        configuration.lines = [
            "admin: { socket: { path: \(socket.path) }, http: { address: \"\(AdminScene.address):0\" } }", "timeouts: { drain: 1s }",
            "limits: { head: 1M, target: 1M }", "logs: { access: { to: \"\(target)\"\(rest.isEmpty ? "" : ", " + rest) } }",
        ]
    }

    func start(environment: [String: String] = [:], shell: String? = nil) throws -> ProxyProcess {
        try scene.start(configuration, environment: environment, shell: shell)
    }

    /// One whose messages may not be read, so that it cannot report when it is ready, and where.
    func startUnheard(listening port: UInt16, shell: String) throws -> ChildProcess {
        let text = configuration.text.replacing("\"127.0.0.1:0\"", with: "\"127.0.0.1:\(port)\"")
        let file = try scene.folder.write(text, to: "puppetfront.yaml")
        let child = try ChildProcess(["/bin/sh", "-c", shell, "sh", #require(ProxyProcess.binary), "run", "--config", file])
        let isReady = waitUntil { (try? RawClient(port)) != nil || !child.isRunning }
        #expect(isReady && child.isRunning, "\(child.errorLines)")
        return child
    }

    func path(_ name: String) -> String { scene.folder.path + "/" + name }

    /// Requests that must get a response: puppetfront's own if their target is too long for the server.
    func send(_ client: RawClient, count: Int, targetCount: Int = 100) throws {
        for _ in 0..<count {
            sentCount += 1
            let isLong = targetCount > 8000
            let path = isLong ? "/puppet/v3/node/other.test" : "/puppet/v3/file_metadata/modules/m/\(sentCount)"
            let padding = String(repeating: "x", count: targetCount)
            let answer = try client.exchange(Requests.get("\(path)?environment=production&padding=\(padding)"))
            #expect(answer.status == (isLong ? 403 : 200))
        }
    }

    /// As in `show info`; /metrics must have the same.
    func dropped(_ proxy: ProxyProcess) throws -> Int {
        let info = try socket.ask("show info").split(separator: "\n").first { $0.hasPrefix("DroppedLogs: ") }
        return try #require(info.flatMap { Int($0.dropFirst("DroppedLogs: ".count)) })
    }

    func droppedByMetrics(_ proxy: ProxyProcess) throws -> Int {
        let name = "puppetfront_log_lines_dropped_total "
        let page = try AdminScene.connect(proxy).exchange(AdminScene.get("/metrics")).text
        let line = page.split(separator: "\n").first { $0.hasPrefix(name) }
        return try #require(line.flatMap { Int($0.dropFirst(name.count)) })
    }
}
