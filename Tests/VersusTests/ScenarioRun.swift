import StandIn
import TestKit

/// Plays a scenario through one proxy and reports what was observed.
///
/// Nothing here goes by time: a step is over when all that was sent has reached the proxy and the proxy is idle. A server may then still
/// be about to take a request that the proxy has given it, so an expectation is waited for; where it does not come true, what is seen
/// then is reported, and the play ends.
final class ScenarioRun {
    struct Outcome {
        /// One for each expectation of the scenario, up to the first that was not met.
        var situations: [Situation] = []
        /// As `Scenario.served`.
        var served: [String: [Int]] = [:]
    }

    enum Failure: Error {
        case doesNotRest
        case neverTold(Step)
        case holdsFewer(server: String)
        case notAnswered(Int)
        /// The proxy's own count of those that wait is another than ours.
        case waits(told: Int, seen: Int)
    }

    private let scenario: Scenario
    private let servers: [String: HoldingServer]
    private let proxy: any Contender
    private var open: [Int: RawClient] = [:]
    private var sentCount = 0
    private var answered: [Int] = []
    private var refused: [Int] = []

    init(_ scenario: Scenario, through start: (Scenario, [String: String]) throws -> any Contender) throws {
        self.scenario = scenario
        let names = scenario.pools.flatMap { $0.servers.map(\.name) }
        servers = try Dictionary(uniqueKeysWithValues: names.map { ($0, try HoldingServer()) })
        proxy = try start(scenario, servers.mapValues(\.address))
        try rest()
    }

    func play() throws -> Outcome {
        var outcome = Outcome()
        for step in scenario.steps {
            switch step {
            case .arrive(let count, let source, let kind): for _ in 0..<count { try arrive(from: source, for: kind) }
            case .release(let count, let server): try release(count, at: server)
            case .down(let server): try turn(server, isHealthy: false, step)
            case .up(let server): try turn(server, isHealthy: true, step)
            case .expect(let expected):
                let seen = try see(expected)
                outcome.situations.append(seen)
                if seen != expected { return outcome }
            }
        }
        try end()
        for pool in scenario.pools {
            let numbers = pool.servers.flatMap { servers[$0.name]?.taken ?? [] }.sorted()
            if !numbers.isEmpty { outcome.served[pool.name] = numbers }
        }
        return outcome
    }

    /// Names of servers that held more than their maxconn at any time.
    var overfilled: [String] {
        scenario.pools.flatMap(\.servers).filter { (servers[$0.name]?.largestHeldCount ?? 0) > $0.maxconn ?? .max }.map(\.name)
    }

    private func arrive(from source: String, for kind: NumberedRequest.Kind) throws {
        sentCount += 1
        let client = try RawClient(proxy.port, source: source)
        open[sentCount] = client
        try client.send(NumberedRequest.text(sentCount, kind))
        try rest()
    }

    private func release(_ count: Int, at name: String) throws {
        let before = answered.count
        guard let server = servers[name], waitUntil({ server.heldCount >= count }) else { throw Failure.holdsFewer(server: name) }
        server.release(count)
        guard comesTrue({ answered.count == before + count }) else { throw Failure.notAnswered(count) }
        try rest()
    }

    private func turn(_ name: String, isHealthy: Bool, _ step: Step) throws {
        guard let pool = scenario.pools.first(where: { $0.servers.contains { $0.name == name } }) else { throw Failure.neverTold(step) }
        servers[name]?.isHealthy = isHealthy
        guard try waitUntil({ try proxy.isUp(name, of: pool.name) == isHealthy }) else { throw Failure.neverTold(step) }
        try rest()
    }

    private func see(_ expected: Situation) throws -> Situation {
        _ = comesTrue { situation == expected }
        try rest()
        let seen = situation
        if let told = try proxy.queuedCount(), told != seen.queued.count { throw Failure.waits(told: told, seen: seen.queued.count) }
        return seen
    }

    private func end() throws {
        let isOver = comesTrue {
            for server in servers.values { server.release(.max) }
            return open.isEmpty
        }
        guard isOver else { throw Failure.notAnswered(open.count) }
    }

    private var situation: Situation {
        let taken = Set(servers.values.flatMap(\.taken))
        return Situation(
            running: servers.mapValues(\.heldCount).filter { $0.value > 0 },
            queued: open.keys.filter { !taken.contains($0) }.sorted(), refused: refused.sorted())
    }

    /// Waits until all that was sent has reached the proxy, and the proxy is idle.
    private func rest() throws {
        let rests = comesTrue { Delivery.isDone(to: proxy.port) && proxy.child.isAtRest }
        guard rests else { throw Failure.doesNotRest }
    }

    /// Waits for a condition, and reads the responses that arrive meanwhile.
    private func comesTrue(_ condition: () -> Bool) -> Bool {
        waitUntil(within: .seconds(20)) {
            collect()
            return condition()
        }
    }

    /// Reads the responses that have arrived, each to its connection's end, and closes their connections.
    private func collect() {
        for (number, client) in open where client.stream.becomesReadable(within: .zero) {
            // In TCP mode a refusal is the end of the connection, and not always a tidy one. A server's place is free again only when
            // the server has ended its side too: the end that comes to the client tells.
            let answer = try? client.readResponse()
            if answer?.status == 200, client.isClosed() { answered.append(number) } else { refused.append(number) }
            client.close()
            open[number] = nil
        }
    }
}
