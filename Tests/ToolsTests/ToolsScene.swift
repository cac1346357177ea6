import Foundation
import StandIn
import TestKit

/// A proxy with its runtime socket and `admin.http` before two servers, for the tools of others. Listeners `agents` and `spare`,
/// pool `compilers` with `s1` and `s2`, which are checked.
final class ToolsScene {
    let servers: [StandInServer]
    let socket: String
    private let proxy: ProxyProcess
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        socket = folder.path + "/admin.sock"
        servers = try (1...2).map { number in
            var options = StandInServer.Options()
            options.name = "s\(number)"
            let server = try StandInServer(options)
            try server.start()
            return server
        }
        let entries = servers.map { "{ name: \($0.name), address: \"\($0.address)\" }" }.joined(separator: ", ")
        let text = """
            admin: { socket: { path: \(socket) }, http: { address: "127.0.0.1:0" } }
            listeners:
              - { name: agents, address: "127.0.0.1:0" }
              - { name: spare, address: "127.0.0.1:0" }
            pools:
              compilers:
                check:
                  request: "GET /status/v1/simple"
                  expect: { body: running }
                  inter: 200ms
                  fastinter: 50ms
                  downinter: 50ms
                  rise: 1
                  fall: 1
                servers: [\(entries)]
            environments: { default: compilers }

            """
        proxy = try ProxyProcess(configuration: try folder.write(text, to: "puppetfront.yaml"))
        guard try waitUntil({ try isUp("s1") && isUp("s2") }) else { throw Failure.notUp }
    }

    enum Failure: Error { case notUp }

    var adminAddress: String { proxy.addresses["admin"] ?? "" }

    /// A column of `show stat`; empty where there is no such row.
    func stat(_ proxy: String, _ server: String, _ column: Int) throws -> String {
        let rows = try UnixClient.ask(socket, "show stat").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        return rows.first { $0.count > column && $0[0] == proxy && $0[1] == server }.map { String($0[column]) } ?? ""
    }

    /// By its check, not for want of one.
    func isUp(_ server: String) throws -> Bool {
        try stat("compilers", server, Self.status) == "UP" && stat("compilers", server, 36) == "L7OK"
    }

    static let (status, weight) = (17, 18)

    // MARK: Programs

    /// Runs a program to its end, at most a minute: its exit code, and what it wrote on both outputs.
    func run(_ words: [String], within timeout: Duration = .seconds(60)) throws -> (code: Int32?, text: String) {
        let output = folder.path + "/output-\(UUID().uuidString)"
        let child = try ChildProcess(["/bin/sh", "-c", "exec \"$@\" >'\(output)' 2>&1", "sh"] + words)
        let code = child.waitForEnd(within: timeout)
        return (code, try String(contentsOfFile: output, encoding: .utf8))
    }

    /// Of Tests/Fixtures/tools.
    static func fixture(_ name: String) -> String { root + "/Tests/Fixtures/tools/" + name }
    /// Python with what requirements.txt names; scripts/test makes it.
    static let python = root + "/.build/tools/bin/python"
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
}
