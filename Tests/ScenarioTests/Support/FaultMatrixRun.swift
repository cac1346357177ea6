import StandIn
import TestKit

/// Plays all cells against one puppetfront.
struct FaultMatrixRun {
    struct Result: Sendable {
        let cell: FaultMatrixCell
        let outcome: FaultMatrixOutcome
        /// As the access log has it.
        let endpoint: String?
        let http: String?
        /// How often servers read the request's head.
        let readCount: Int
    }

    private typealias Seen = Swift.Result<RawClient.Response?, any Error>

    private let scene: Scene
    private let cells: [FaultMatrixCell]
    private let plain: FaultMatrixServers
    private let tls: FaultMatrixServers

    private let spoken: WireProtocol

    init(_ requests: [FaultMatrixRequest], _ spoken: WireProtocol) throws {
        self.spoken = spoken
        scene = try Scene()
        cells = FaultMatrixCell.all(requests)
        plain = try FaultMatrixServers(scene, tls: nil)
        let credential = try scene.authority.issue(CertificateProfile("server.test", names: ["localhost"]))
        tls = try FaultMatrixServers(scene, tls: .server(credential))
    }

    /// One of every cell.
    func results() throws -> [Result] {
        let proxy = try scene.start(configuration)
        let identity = try scene.tls()
        let ports = (agents: proxy.port(), plain: proxy.port("plain"))
        let spoken = spoken
        let seen = inParallel(cells, width: 128) { cell in
            Seen {
                let client =
                    if cell.isTLS || cell.request.needsCertificate {
                        try RawClient(ports.agents, tls: identity, timeout: .seconds(30), speaking: spoken)
                    } else {
                        try RawClient(ports.plain, address: "127.0.0.2", timeout: .seconds(30), speaking: spoken)
                    }
                for _ in 0..<cell.rehearsals { _ = try client.exchange(Requests.metadata(environment: cell.environment)) }
                try client.send(cell.request.text(environment: cell.environment))
                return try client.readResponse(toHead: cell.request.kind == .head)
            }
        }
        let lineCount = cells.reduce(0) { $0 + $1.rehearsals + 1 }
        _ = waitUntil { proxy.child.outputLines.count >= lineCount }
        return results(seen, log: proxy.log)
    }

    private var configuration: Configuration {
        var result = Configuration()
        result.lines = ["defaults: { pool: { timeouts: { connect: 10s, response: 30s, idle: 1s } } }"]
        result.pools = cells.map { ($0.isTLS ? tls : plain).pool($0) }
        result.environments = cells.map { "\($0.environment): \($0.environment)" }
        return result
    }

    private func results(_ seen: [Seen], log: [LogLine]) -> [Result] {
        // The last line of an environment is the cell's: rehearsals come before.
        let lines = Dictionary(log.map { ($0.string("environment") ?? "", $0) }) { $1 }
        let reads = (plain.requestLines + tls.requestLines).map { (Self.environment(in: $0), 1) }
        let readCounts = Dictionary(reads, uniquingKeysWith: +)
        return zip(cells, seen).map { cell, seen in
            let line = lines[cell.environment]
            return Result(
                cell: cell, outcome: outcome(cell, seen, line), endpoint: line?.string("endpoint"), http: line?.string("http"),
                readCount: (readCounts[cell.environment] ?? 0) - cell.rehearsals)
        }
    }

    private func outcome(_ cell: FaultMatrixCell, _ seen: Seen, _ line: LogLine?) -> FaultMatrixOutcome {
        guard let line else { return FaultMatrixOutcome(agent: "\(seen)", reason: "not logged", state: "", retries: "") }
        switch seen {
        case .success(let answer?): return FaultMatrixOutcome(seen: answer, isHead: cell.request.kind == .head, line: line)
        case .success(nil): return FaultMatrixOutcome(agent: "closed", line: line)
        case .failure(let error): return FaultMatrixOutcome(agent: "\(error)", line: line)
        }
    }

    /// The word that names the cell.
    private static func environment(in requestLine: String) -> String {
        guard let range = requestLine.firstRange(of: "cell") else { return "" }
        return "cell" + requestLine[range.upperBound...].prefix { $0.isNumber }
    }
}
