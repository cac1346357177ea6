import StandIn
import TestKit

/// A good server, which sends `good`, and one of every misbehaving kind; all plain, or all in TLS.
struct FaultMatrixServers {
    private let good: StandInServer
    private let bad: [Misbehaviour: MisbehavingServer]

    init(_ scene: Scene, tls: StandInTLS?) throws {
        good = try scene.server("good") { $0.tls = tls }
        good.answer { _ in StandInAnswer(200, .bytes(Array("good".utf8)), fields: [(name: "X-Puppet-Compiler-Name", value: "good")]) }
        bad = try Dictionary(uniqueKeysWithValues: Misbehaviour.allCases.map { ($0, try MisbehavingServer($0, tls: tls)) })
    }

    /// The cell's pool.
    func pool(_ cell: FaultMatrixCell) -> Configuration.Pool {
        var servers = [Configuration.server("bad", bad[cell.behaviour]?.address ?? "")]
        if cell.situation == .beside { servers.append(Configuration.server("good", good.address)) }
        return Configuration.Pool(cell.environment, cell.poolLines, servers: servers)
    }

    /// The request line of every head that was read.
    var requestLines: [String] { good.requests.map(\.head.startLine) + bad.values.flatMap(\.heads).map(\.startLine) }
}
