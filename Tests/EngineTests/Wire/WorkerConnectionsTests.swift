import Admin
import Model
import Network
import Settings
import Synchronization
import TestKit
import Testing

@testable import Engine

/// Agents' connections on a worker: their limits and counts, their times, and their end.
struct WorkerConnectionsTests {
    private static let half = String(ScriptedExchange.file.prefix(20))

    private func counts(_ worker: WireWorker) -> [Int] {
        [
            worker.connectionCount, worker.world.counters.connections.load(ordering: .relaxed),
            worker.world.listener.limit.connections.load(ordering: .relaxed),
            Int(worker.world.tally.copy.connections[Array("agents".utf8)]?.current ?? 0),
        ]
    }

    @Test func aConnectionIsCountedUntilItEnds() throws {
        let worker = try WireWorker()
        let agents = (0..<3).map { _ in worker.connect() }
        #expect(counts(worker) == [3, 3, 3, 3])
        agents[0].close()
        worker.turn()
        #expect(counts(worker) == [2, 2, 2, 2])
        worker.send(ScriptedExchange.file, from: agents[1])
        agents[1].close()
        agents[2].close()
        worker.turn()
        #expect(counts(worker) == [0, 0, 0, 0] && worker.world.held == [])
        #expect(worker.world.tally.copy.connections[Array("agents".utf8)]?.total == 3)
    }

    @Test func noMoreConnectionsThanTheLimit() throws {
        let worker = try WireWorker(settings: { $0.limits.connections = 2 })
        let agents = (0..<2).map { _ in worker.connect() }
        let third = worker.connect()
        #expect(third.isClosed && counts(worker) == [2, 2, 2, 2])
        #expect(worker.world.counters.turnedAway.load(ordering: .relaxed) == 1)
        #expect(worker.world.log.all == ["connection rejected"])
        agents[0].close()
        worker.turn()
        #expect(!worker.connect().isClosed && counts(worker) == [2, 2, 2, 2])
    }

    @Test func anOperatorsLimitIsInForceUntilItIsTakenBack() throws {
        let worker = try WireWorker(settings: { $0.limits.connections = 5 })
        worker.world.counters.setConnectionLimit(1)
        let agents = [worker.connect(), worker.connect()]
        #expect(!agents[0].isClosed && agents[1].isClosed)
        worker.world.counters.setConnectionLimit(0)
        #expect(!worker.connect().isClosed)
    }

    @Test func eachSourceHasItsLimit() throws {
        let worker = try WireWorker(settings: { $0.limits.connectionsPerSource = 1 })
        let first = worker.connect(from: "192.0.2.1")
        #expect(worker.connect(from: "192.0.2.1", port: 9).isClosed)
        let other = worker.connect(from: "192.0.2.2")
        first.close()
        worker.turn()
        #expect(!worker.connect(from: "192.0.2.1").isClosed && !other.isClosed && counts(worker) == [2, 2, 2, 2])
    }

    /// It is the peer that is counted, and so the peer that is given back, whatever its header says.
    @Test func aProxyHeadersSourceIsNotCounted() throws {
        let worker = try WireWorker(
            ["s1"],
            settings: {
                $0.limits.connectionsPerSource = 1
                $0.listeners[0].proxyProtocol = [AddressBlock("192.0.2.0/24")!]
            })
        for count in 1...3 {
            let agent = worker.connect(from: "192.0.2.1")
            #expect(!agent.isClosed, "\(count)")
            worker.send("PROXY TCP4 198.51.100.7 198.51.100.8 5555 8140\r\n" + ScriptedExchange.file, from: agent)
            #expect(worker.server.take().contains("X-Forwarded-For: 198.51.100.7\r\n"))
            worker.respond(WireWorker.ok)
            let line = worker.world.lines().first
            #expect(line?.string("source") == "198.51.100.7" && line?.int("source_port") == 5555)
            agent.close()
            worker.turn()
        }
        #expect(worker.world.counters.admit(.init(high: 0, low: IPAddress("198.51.100.7")!.low), limit: 1))
        let other = worker.connect(from: "203.0.113.1")
        worker.send(ScriptedExchange.file, from: other)
        #expect(worker.server.take().contains("X-Forwarded-For: 203.0.113.1\r\n"), "none is asked of others")
    }

    @Test func aProxyHeaderMustComeWholeAndInTime() throws {
        for (text, wait) in [("PROXY nonsense\r\n", 0), ("PROXY TCP4 198.51", 10)] {
            let worker = try WireWorker(settings: { $0.listeners[0].proxyProtocol = [AddressBlock("192.0.2.0/24")!] })
            let agent = worker.connect()
            worker.send(text, from: agent)
            #expect(agent.isClosed == (wait == 0))
            worker.world.reachDeadline(after: .seconds(wait))
            #expect(agent.isClosed && counts(worker) == [0, 0, 0, 0] && worker.world.lines().isEmpty)
            #expect(worker.world.log.all == (wait == 0 ? ["PROXY header malformed"] : []))
        }
    }

    // MARK: Times

    @Test func anIdleConnectionIsClosedAfterItsTime() throws {
        let worker = try WireWorker(settings: { $0.timeouts = .init(requestHead: .seconds(10), clientIdle: .seconds(60)) })
        let agent = worker.connect()
        worker.world.pass(.seconds(9))
        #expect(!agent.isClosed, "the first request has the head's time")
        _ = worker.exchange(from: agent)
        worker.world.pass(.seconds(59))
        _ = worker.exchange(from: agent)
        worker.world.pass(.seconds(59))
        #expect(!agent.isClosed)
        worker.world.reachDeadline(after: .seconds(1))
        #expect(agent.isClosed)
        agent.close()
        worker.turn()
        #expect(counts(worker) == [0, 0, 0, 0])
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0", "200 – ---- 0"], "no line for a connection without request")
    }

    @Test func aFirstHeadThatDoesNotComeEndsTheConnectionWithoutALine() throws {
        let worker = try WireWorker(settings: { $0.timeouts.requestHead = .seconds(10) })
        let agent = worker.connect()
        worker.world.reachDeadline(after: .seconds(10))
        #expect(agent.isClosed && agent.take() == "" && worker.world.lines().isEmpty)
    }

    @Test func aBegunHeadHasItsTimeFromItsFirstByte() throws {
        let worker = try WireWorker(settings: { $0.timeouts = .init(requestHead: .seconds(10), clientIdle: .seconds(60)) })
        let agent = worker.connect()
        _ = worker.exchange(from: agent)
        worker.world.pass(.seconds(30))
        worker.send(Self.half, from: agent)
        worker.world.pass(.seconds(9))
        worker.send("x", from: agent)
        #expect(!agent.isClosed)
        worker.world.reachDeadline(after: .seconds(1))
        #expect(agent.take().contains("408 Request Timeout") && agent.isClosed)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0", "408 request_timeout cR-- 0"])
    }

    /// A reset would destroy what was sent last.
    @Test func aConnectionThatIsEndedWaitsForItsClient() throws {
        let worker = try WireWorker()
        let agent = worker.connect()
        worker.send("GET / HTTP/1.1\r\nno field\r\n\r\n", from: agent)
        #expect(agent.isClosed && counts(worker)[0] == 1, "its output has ended, and what comes is dropped")
        worker.send(String(repeating: "x", count: 100_000), from: agent)
        #expect(counts(worker)[0] == 1)
        worker.world.reachDeadline(after: .seconds(2))
        #expect(counts(worker) == [0, 0, 0, 0])
    }

    // MARK: Requests on it

    @Test func requestsCanComeByteByByteOrAllAtOnce() throws {
        let requests = [
            ScriptedExchange.file, ScriptedExchange.report(3) + "abc", ScriptedExchange.head, ScriptedExchange.catalog(7) + "facts=x",
            ScriptedExchange.report(0).replacing("Content-Length: 0", with: "Transfer-Encoding: chunked")
                + "3\r\nabc\r\n0\r\nX-T: v\r\n\r\n",
            "\r\n\r\n" + ScriptedExchange.file,
        ]
        var seen: [[String]] = []
        for pieces in [requests.joined().map { String($0) }, [requests.joined()], requests] {
            let worker = try WireWorker(["s1"])
            let agent = worker.connect()
            var server: [String] = []
            func serve() {
                while let end = worker.servers.ends.last?.end, !end.read().isEmpty, worker.world.inUse() == 1 {
                    let text = end.take()
                    server.append(text)
                    worker.respond(text.hasPrefix("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : WireWorker.ok)
                }
            }
            for piece in pieces {
                worker.send(piece, from: agent)
                // Each content waits for its end: the server sees it whole.
                serve()
            }
            #expect(agent.take().components(separatedBy: "HTTP/1.1 200 OK").count == requests.count + 1)
            let lines = worker.world.lines()
            #expect(lines.map(\.end) == Array(repeating: "200 – ---- 0", count: requests.count))
            #expect(lines.compactMap { $0.int("bytes_in") } == requests.map(\.utf8.count))
            #expect(worker.servers.ends.count == 1 && worker.world.held == [])
            seen.append(server)
        }
        #expect(seen[0] == seen[1] && seen[1] == seen[2] && seen[0].count == requests.count)
        #expect(seen[0][4].hasSuffix("\r\n\r\n3\r\nabc\r\n0\r\nX-T: v\r\n\r\n"), "trailers are the agent's")
    }

    /// A connection that asks this instance itself over and over does not keep the others waiting.
    @Test func aTurnTakesABoundedNumberOfRequestsOfAConnection() throws {
        let worker = try WireWorker()
        let agent = worker.connect()
        let status = "GET /alive HTTP/1.1\r\nHost: p\r\n\r\n"
        agent.send(String(repeating: status, count: 40))
        // At its event, and after those of all others.
        for expected in [32, 40] {
            worker.world.turn()
            #expect(agent.read().components(separatedBy: "ready\n").count - 1 == expected)
        }
    }

    @Test func requestIDsAreCountedInHexadecimal() throws {
        let worker = try WireWorker()
        let agent = worker.connect()
        for _ in 1...300 {
            worker.send("GET /alive HTTP/1.1\r\nHost: p\r\n\r\n", from: agent)
            agent.read()
        }
        let ids = worker.world.lines().compactMap { $0.string("id") }
        #expect(ids.count == 300 && ids.allSatisfy { $0.hasPrefix("01234567") && $0.count == 16 })
        #expect(ids.compactMap { Int($0.dropFirst(8), radix: 16) } == Array(1...300))
    }

    // MARK: The end

    /// Agents close both directions at once: the other one's end is not seen before something is sent.
    @Test func anAgentThatEndsItsDirectionWhileItsServerWorksHasLeft() throws {
        let worker = try WireWorker()
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        agent.shutdownWriting()
        worker.turn()
        #expect(worker.server.isClosed && worker.world.held == [])
        #expect(worker.world.lines().map(\.end) == ["– client_gone CH-- 0"])
    }

    @Test func aDrainWaitsForWhatRunsAndEndsWhatIsIdle() throws {
        let worker = try WireWorker(settings: { $0.timeouts.clientIdle = .seconds(60) })
        let (idle, busy) = (worker.connect(), worker.connect())
        _ = worker.exchange(from: idle)
        worker.send(ScriptedExchange.file, from: busy)
        worker.world.pass(.seconds(1))
        worker.world.post(.drain(isReplaced: false))
        worker.world.pass(.seconds(3))
        #expect(!idle.isClosed, "agents close by themselves after four seconds")
        worker.world.reachDeadline(after: .seconds(1))
        #expect(idle.isClosed && !busy.isClosed)
        worker.respond(WireWorker.ok)
        #expect(busy.take().contains("Connection: close") && busy.isClosed)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0", "200 – ---- 0"])
    }

    @Test func aRequestThatCrossesWithTheDrainIsServed() throws {
        let worker = try WireWorker()
        let agent = worker.connect()
        _ = worker.exchange(from: agent)
        worker.world.post(.drain(isReplaced: false))
        #expect(worker.exchange(from: agent).contains("hello") && agent.isClosed)
    }

    @Test func aServerThatIsDownIsLeftByAllItsRequests() throws {
        let worker = try WireWorker(["s1", "s2"])
        let agents = (0..<4).map { _ in worker.connect() }
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        let first = worker.world.pool.servers[0]
        worker.world.pool.handle(.admin(first.id, .maint), now: .zero)
        worker.world.post(.serverDown(first.id, of: worker.world.pool))
        worker.turn()
        #expect(worker.servers.ends.map(\.name) == ["s1", "s2", "s1", "s2", "s2", "s2"])
        #expect(worker.world.pool.servers.map(\.inUse) == [0, 4])
    }

    @Test func anOperatorsShutdownEndsWhatIsConnectedThere() throws {
        let worker = try WireWorker(["s1"]) { $0.retry.attempts = 0 }
        let agents = (0..<2).map { _ in worker.connect() }
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        worker.world.post(.shutdown(worker.world.pool.servers[0].id, of: worker.world.pool))
        worker.turn()
        #expect(agents.allSatisfy { $0.take().contains("502 Bad Gateway") } && worker.world.held == [])
    }

    // MARK: For operators

    private func list(_ worker: WireWorker, _ query: SessionQuery) -> SessionList {
        let found = Mutex(SessionList())
        worker.world.post(.sessions(query, reply: { list in found.withLock { $0 = list } }))
        return found.withLock { $0 }
    }

    @Test func sessionsAreListedBusyOnesFirst() throws {
        let worker = try WireWorker()
        let agents = (0..<3).map { worker.connect(port: UInt16(100 + $0)) }
        worker.send(ScriptedExchange.file, from: agents[2])
        worker.world.pass(.seconds(2))
        worker.send(ScriptedExchange.file, from: agents[1])
        let all = list(worker, .list(limit: 10))
        #expect(all.sessions.count == 3 && all.omitted == 0 && all.sessions[2].state == .idle)
        #expect(Set(all.sessions.prefix(2).map(\.source)) == ["192.0.2.9:101", "192.0.2.9:102"])
        let some = list(worker, .list(limit: 1))
        #expect(some.sessions.count == 1 && some.omitted == 2 && some.sessions[0].state == .running)
        let requests = list(worker, .requests(limit: 1))
        #expect(requests.sessions.map(\.source) == ["192.0.2.9:102"] && requests.omitted == 1, "the oldest first")
        #expect(requests.sessions[0].requestMilliseconds == 2000 && requests.sessions[0].requests == 1)
        #expect(requests.sessions[0].now - requests.sessions[0].startedAt == 2_000_000_000)
        #expect(list(worker, .requests(limit: 10)).omitted == 0)
        let number = requests.sessions[0].id
        #expect(list(worker, .one(number)).sessions.map(\.id) == [number] && list(worker, .one(number + 5)).sessions.isEmpty)
        #expect(list(worker, .end(number)).sessions.map(\.id) == [number])
        worker.turn()
        #expect(agents[2].isClosed && !agents[1].isClosed && worker.world.lines().map(\.end) == ["– client_gone CH-- 0"])
    }
}
