import Foundation
import StandIn
import TestKit

/// The result of one request: what its client saw, what the servers saw, and its access-log lines without what differs each time.
struct PairOutcome: Equatable, CustomStringConvertible {
    var client: [String]
    var servers: [String]
    var log: [String]
    /// Status, reason, termination state and retries of the request's own line.
    var end: String

    var description: String { (client + servers + log).joined(separator: "\n") }
}

/// A proxy with a single worker, so that each request gets the objects that the one before it used, and two servers.
final class PairScene {
    static let bodyPrefix = 64 << 10
    static let largeCount = 300_000

    private let scene: Scene
    let servers: PairServers
    private let proxy: ProxyProcess
    private let tls: StandInTLS
    private var client: RawClient?
    private var lineCount = 0
    private var seenCount = 0
    private let spoken: WireProtocol

    init(_ spoken: WireProtocol) throws {
        self.spoken = spoken
        scene = try Scene()
        servers = try PairServers()
        var configuration = Configuration(
            .init("compilers", servers: [Configuration.server("s1", servers.first.address)]),
            .init(
                "twins",
                servers: [
                    Configuration.server("s1", servers.first.address), Configuration.server("s2", servers.second.address, "backup: true"),
                ]),
            .init("narrow", servers: [Configuration.server("s1", servers.first.address, "maxconn: 1")]))
        configuration.environments = ["production: compilers", "twins: twins", "narrow: narrow"]
        configuration.lines = [
            "limits: { worker_threads: 1, body_prefix: \(Self.bodyPrefix) }", "defaults: { pool: { timeouts: { response: 5s } } }",
        ]
        configuration.listenerLines = ["status_path: /alive"]
        proxy = try scene.start(configuration)
        tls = try scene.tls()
    }

    func run(_ kind: PairKind) throws -> PairOutcome {
        let seen = try kind.act(self)
        // Nothing is due on a connection that stays open.
        if let client, client.hasEnded() { self.client = nil }
        // A line less or a request less shows here, one too many in the next outcome.
        _ = waitUntil { log.count >= lineCount + kind.lineCount }
        _ = waitUntil { servers.seen.count >= seenCount + kind.serverCount }
        let lines = log[lineCount...]
        let requests = servers.seen[seenCount...]
        (lineCount, seenCount) = (lineCount + lines.count, seenCount + requests.count)
        let own = lines.first { $0.target?.contains("holder") != true }
        let end = own.map { line in
            [
                line.status.map(String.init) ?? "–", line.reason ?? "–", line.termination ?? "none",
                line.int("retries").map(String.init) ?? "–",
            ]
            .joined(separator: " ")
        }
        return PairOutcome(
            client: seen + [client == nil ? "closed" : "open"], servers: requests.sorted(),
            log: lines.map { Self.stable($0, kind) }.sorted(),
            end: end ?? "no line")
    }

    // MARK: What clients do

    /// The connection that the last request left open, else a new one.
    func connection() throws -> RawClient {
        if let client { return client }
        let made = try another()
        client = made
        return made
    }

    func another() throws -> RawClient { try RawClient(proxy.port(), tls: tls, speaking: spoken) }

    func exchange(_ text: String, responses: Int = 1) throws -> [String] {
        let client = try connection()
        try client.send(text)
        return try (0..<responses).map { _ in try read(toHead: text.hasPrefix("HEAD ")) }
    }

    func send(_ text: String) throws { try connection().send(text) }

    func read(toHead: Bool = false) throws -> String {
        let client = try connection()
        guard let response = try client.readResponse(toHead: toHead) else {
            self.client = nil
            return "no response"
        }
        if spoken == .http1, response.saysClose || !response.isWhole {
            if !client.isClosed() { return "says close and stays open: \(response.head.startLine)" }
            self.client = nil
        }
        return Self.describe(response)
    }

    /// Resets the connection.
    func leave() throws {
        try connection().stream.reset()
        client = nil
    }

    /// Returns once the only worker has handled all that was sent before.
    func awaitWorker() throws {
        let other = try another()
        for _ in 0..<2 { _ = try other.exchange(Self.probe) }
        other.close()
    }

    /// Waits until one more request has ended. A connection that was reset may stay open for a moment, while another test starts a program.
    func awaitLine() { _ = waitUntil { log.count > lineCount } }

    /// Waits until the servers have seen one more request of this kind to the end.
    func awaitServer() { _ = waitUntil { servers.seen.count > seenCount } }

    private static let probe = Requests.make("HEAD", "/alive")

    /// Without the lines of `awaitWorker`.
    private var log: [LogLine] { proxy.log.filter { !($0.target == "/alive" && $0.string("method") == "HEAD") } }

    // MARK: Outcomes as text

    private static func describe(_ response: RawClient.Response) -> String {
        let fields = response.head.fields.map { "\($0.name): \($0.value)" }.filter { !$0.hasPrefix("Via") && !$0.hasPrefix("Date") }
        let text = response.bodyCount < 200 ? withoutID(response.text) : "\(response.bodyCount) bytes \(response.digest.prefix(8))"
        let words = (response.interim + [response.status]).map(String.init) + [response.isWhole ? "whole" : "cut"]
        return (words + [text] + fields).joined(separator: " | ")
    }

    private static func withoutID(_ text: String) -> String { text.replacing(/[0-9a-f]{16}/, with: "ID") }

    /// The line without times, the connection's port and the request's id.
    private static func stable(_ line: LogLine, _ kind: PairKind) -> String {
        let times = ["time", "id", "source_port", "queue_ms", "connect_ms", "response_ms", "total_ms"]
        let differing = kind.isReadInPart ? times + ["bytes_in"] : times
        return differing.reduce(line.text) { text, key in
            guard let start = text.range(of: "\"\(key)\":") else { return text }
            let rest = text[start.upperBound...]
            let end = rest.firstIndex { $0 == "," || $0 == "}" } ?? rest.endIndex
            return String(text[..<start.upperBound] + text[end...])
        }
    }
}
