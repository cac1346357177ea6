import Foundation
import Model
import Network
import Settings
import TestKit
import Testing

@testable import Engine

/// What came of one request of a kind: what its agent got, what the server got, and its access-log lines.
struct WireOutcome: Equatable, Sendable, CustomStringConvertible {
    var agent: [String] = []
    var server: [String] = []
    var log: [String] = []
    /// What it adds to counters that no line shows.
    var counts: [String] = []
    var description: String {
        (["agent:"] + agent + ["server:"] + server + ["log:"] + log + ["counts:"] + counts).joined(separator: "\n")
    }
}

/// One worker, and an agent that keeps its connection from request to request as long as it is open.
final class WireScene {
    let worker: WireWorker
    private var agent: WireEnd?
    private var lastServer: WireEnd?
    private(set) var outcome = WireOutcome()
    static let prefix = 4096

    init() throws {
        worker = try WireWorker(["s1"]) { _ in
        } settings: {
            let twins = [TestWorker.server("t1"), TestWorker.server("t2", backup: true)]
            $0.pools.append(PoolSettings(name: "twins", servers: twins))
            $0.pools.append(PoolSettings(name: "narrow", servers: [TestWorker.server("n1", maxconn: 1)]))
            $0.pools.append(PoolSettings(name: "empty", overflow: OverflowSettings(to: PoolIndex(0), averageQueueAbove: 0)))
            $0.environments = ["twins", "narrow", "empty"].enumerated().map { EnvironmentRow(pattern: $1, pool: PoolIndex($0 + 1)) }
            $0.limits.bodyPrefix = Self.prefix
            $0.limits.head = 2048
        }
    }

    func run(_ kind: WireKind) -> WireOutcome {
        outcome = WireOutcome()
        lastServer = nil
        worker.world.tally.withLock { $0.clear() }
        kind.act(self)
        if let agent {
            let rest = agent.take()
            if !rest.isEmpty { outcome.agent.append(rest) }
            if agent.isClosed { self.agent = nil }
        }
        outcome.agent = outcome.agent.map(Self.stable) + [agent == nil ? "closed" : "open"]
        if let lastServer { outcome.server.append(lastServer.isClosed ? "closed" : "open") }
        outcome.log = worker.world.lines().map(Self.stable)
        outcome.counts = counts()
        #expect(worker.world.held == [], "\(kind.name)")
        return outcome
    }

    /// The last outcome, after a while: a program that another test is starting has copies of all descriptors for a moment, and what was
    /// closed is open until then.
    func lookAgain(within limit: Duration = .seconds(2)) -> WireOutcome {
        if outcome.server.last == "open", let lastServer, waitUntil(within: limit, { lastServer.isClosed }) {
            outcome.server[outcome.server.count - 1] = "closed"
        }
        if outcome.agent.last == "open", let agent, waitUntil(within: limit, { agent.isClosed }) {
            outcome.agent[outcome.agent.count - 1] = "closed"
            self.agent = nil
        }
        return outcome
    }

    private func counts() -> [String] {
        worker.world.tally.copy.pools.flatMap { name, pool in
            let pool = (String(decoding: name, as: UTF8.self), pool)
            let servers = pool.1.servers.map { name, server in
                "\(pool.0)/\(String(decoding: name, as: UTF8.self)): \(server.requests) requests, \(server.retries) retries, "
                    + "\(server.connectsPassedOn + server.responsesPassedOn) passed on"
            }
            return servers + pool.1.overflowed.map { "\(pool.0): \($1) to \(String(decoding: $0, as: UTF8.self))" }
        }
        .sorted()
    }

    // MARK: The agent

    func send(_ text: String) {
        let agent = agent ?? worker.connect()
        self.agent = agent
        var rest = Substring(text)
        while !rest.isEmpty {
            let count = agent.send(String(rest))
            rest = rest.dropFirst(count)
            worker.turn(count == 0 ? 8 : 2)
        }
        worker.turn()
    }

    func see() {
        if let seen = agent?.take(), !seen.isEmpty { outcome.agent.append(seen) }
    }

    func leave() {
        see()
        agent?.close()
        agent = nil
        worker.turn()
    }

    func halfClose() {
        agent?.shutdownWriting()
        worker.turn()
    }

    // MARK: The server

    /// The connection on which a request was received; what it was is noted.
    func server() -> WireEnd? {
        guard let found = worker.servers.ends.last(where: { !$0.end.read().isEmpty }) else { return nil }
        outcome.server.append("\(found.name): \(Self.summary(found.end.take()))")
        lastServer = found.end
        return found.end
    }

    func respond(_ text: String) {
        guard let server = server() else { return outcome.server.append("no request") }
        var rest = Substring(text)
        while !rest.isEmpty {
            rest = rest.dropFirst(server.send(String(rest)))
            worker.turn(2)
            see()
        }
        worker.turn()
    }

    /// More of the response that was begun last.
    func goOn(_ text: String) {
        lastServer?.send(text)
        worker.turn()
    }

    func lose() {
        server()?.close()
        worker.turn()
    }

    /// What is kept of connections to servers goes: a loss on one that was kept is another matter.
    func dropIdle() {
        for (end, _) in worker.servers.ends { end.close() }
        worker.turn()
    }

    func pass(_ duration: Duration) {
        worker.world.reachDeadline(after: duration)
        worker.turn()
    }

    // MARK: In words

    private static func summary(_ text: String) -> String {
        text.utf8.count < 600
            ? text : "\(text.prefix(300))… \(text.utf8.count) bytes \(text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF })"
    }

    /// A line without its time and ids, after its end.
    private static func stable(_ line: LogLine) -> String {
        let keys = line.keys.subtracting(["time", "id"]).sorted()
        let values = keys.compactMap { key in
            (line.string(key) ?? line.double(key).map { "\($0)" }).map { "\(key)=\($0)" }
        }
        return stable("\(line.end) | " + values.joined(separator: " "))
    }

    private static func stable(_ text: String) -> String {
        summary(text.replacing(/[0-9a-f]{16}/, with: "ID"))
    }
}

/// A kind of request, and what its agent and its server do.
struct WireKind: Sendable, CustomTestStringConvertible {
    let name: String
    /// Of its last line.
    let end: String
    let act: @Sendable (WireScene) -> Void
    var testDescription: String { name }

    init(_ name: String, _ end: String, _ act: @escaping @Sendable (WireScene) -> Void) {
        (self.name, self.end, self.act) = (name, end, act)
    }

    init(_ name: String, _ end: String, _ request: String, _ response: String) {
        self.init(name, end) { scene in
            scene.send(request)
            scene.respond(response)
        }
    }
}
