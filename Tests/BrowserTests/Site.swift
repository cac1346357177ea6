import Foundation
import StandIn
import TestKit

/// The demo's servers and configuration before the real program.
final class Site {
    let folder: TemporaryFolder
    let servers: DemoSites
    let proxy: ProxyProcess
    var page: String { proxy.addresses["admin"] ?? "" }
    var socket: String { folder.path + "/admin.sock" }

    init() throws {
        folder = try TemporaryFolder()
        servers = try DemoSites(folder: folder.path)
        proxy = try ProxyProcess(configuration: try servers.writeConfiguration(port: 0))
    }

    deinit { servers.stop() }

    /// A column of `show stat`.
    func status(_ server: String) throws -> String {
        let rows = try UnixClient.ask(socket, "show stat").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        guard let place = rows.first?.firstIndex(of: "status"), let row = rows.first(where: { $0.count > place && $0[1] == server }) else {
            return ""
        }
        return String(row[place])
    }

    /// One run of an agent: requests to count.
    func runAgent() throws {
        let agent = StandInAgent("agent1.test", port: proxy.port())
        _ = agent.steadyRun(as: try agent.bootstrap())
    }
}
