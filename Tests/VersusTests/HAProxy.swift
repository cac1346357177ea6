import Foundation
import StandIn
import TestKit

/// Debian's HAProxy with a scenario's configuration, ready and with its first checks done. Killed, by its pid, with the value.
final class HAProxy: Contender {
    enum Failure: Error, CustomStringConvertible {
        case notInstalled
        case notReady([String])

        var description: String {
            switch self {
            case .notInstalled: "no \(HAProxy.program): scripts/packages peers installs it"
            case .notReady(let errors): "HAProxy does not serve:\n" + errors.joined(separator: "\n")
            }
        }
    }

    private static let program = "/usr/sbin/haproxy"

    let child: ChildProcess
    private let folder: TemporaryFolder
    private let listener: LoopbackPort
    private let runtime: LoopbackPort

    /// - Parameter addresses: of the servers, by name
    init(_ scenario: Scenario, addresses: [String: String]) throws {
        guard FileManager.default.isExecutableFile(atPath: HAProxy.program) else { throw Failure.notInstalled }
        folder = try TemporaryFolder()
        listener = try LoopbackPort()
        runtime = try LoopbackPort()
        let text = HAProxyConfiguration.text(scenario, addresses: addresses, listener: listener.text, runtime: runtime.text)
        child = try ChildProcess([HAProxy.program, "-db", "-f", try folder.write(text, to: "haproxy.cfg")])
        let isReady = waitUntil { hasChecked(addresses.count) || !child.isRunning }
        guard isReady, child.isRunning else { throw Failure.notReady(child.errorLines) }
    }

    var port: UInt16 { listener.number }

    func isUp(_ server: String, of pool: String) throws -> Bool {
        let row = try statistics().first { $0["pxname"] == pool && $0["svname"] == server }
        return row?["status"]?.hasPrefix("UP") ?? false
    }

    func queuedCount() throws -> Int? {
        // Most wait for any server of the backend; for a backup that serves alone they wait at the server itself.
        try statistics().compactMap { $0["qcur"].flatMap { Int($0) } }.reduce(0, +)
    }

    private func hasChecked(_ count: Int) -> Bool {
        (try? statistics().filter { $0["check_status"]?.hasSuffix("L7OK") == true }.count) == count
    }

    /// The rows of `show stat` by the names of its columns.
    private func statistics() throws -> [[String: String]] {
        let stream = try StandInStream(connectingTo: runtime.address, port: runtime.number, timeout: .seconds(10))
        try stream.write("show stat\n")
        let text = String(decoding: try MessageReader(stream).readToEnd(limit: 1 << 20), as: UTF8.self)
        let rows = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map { String($0) } }
        guard var names = rows.first else { return [] }
        names[0] = "pxname"  // printed as "# pxname"
        return rows.dropFirst().map { Dictionary(zip(names, $0)) { first, _ in first } }
    }
}
