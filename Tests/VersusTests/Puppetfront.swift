import TestKit

/// The built puppetfront with the translation of a scenario's configuration.
final class Puppetfront: Contender {
    private let process: ProxyProcess
    private let folder: TemporaryFolder

    /// - Parameter addresses: of the servers, by name
    init(_ scenario: Scenario, addresses: [String: String]) throws {
        folder = try TemporaryFolder()
        let text = PuppetfrontConfiguration.text(scenario, addresses: addresses)
        process = try ProxyProcess(configuration: try folder.write(text, to: "puppetfront.yaml"))
    }

    var child: ChildProcess { process.child }
    var port: UInt16 { process.port() }

    /// By the last message of the log: a server begins as up.
    func isUp(_ server: String, of pool: String) throws -> Bool {
        let told = process.messages.last { $0.contains("Server \(pool)/\(server) is ") }
        return told?.contains(" is UP,") ?? true
    }

    func queuedCount() throws -> Int? { nil }
}
