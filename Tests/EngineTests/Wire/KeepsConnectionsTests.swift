import Model
import Network
import Settings
import TestKit
import Testing

@testable import Engine

/// Which connection to a server serves the next request, and which does not.
struct KeepsConnectionsTests {
    private static let passed = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nVia: 1.1 puppetfront\r\n\r\nhello"

    private func idle(_ worker: WireWorker) -> Int {
        worker.world.pool.withState { _, targets in targets.values.reduce(0) { $0 + $1.idleCount.load(ordering: .relaxed) } }
    }

    @Test func aConnectionServesOneRequestAfterAnother() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        for _ in 1...3 {
            #expect(worker.exchange(from: agent) == Self.passed)
            #expect(idle(worker) == 1 && worker.servers.ends.count == 1)
        }
        let lines = worker.world.lines()
        #expect(lines.map(\.end) == Array(repeating: "200 – ---- 0", count: 3))
        #expect(lines.map { $0.int("bytes_out") } == Array(repeating: Self.passed.utf8.count, count: 3))
        #expect(worker.world.held == [] && !agent.isClosed)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "the server says so"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.0"),
    ])
    func aConnectionThatTheServerEndsIsNotKept(_ response: String, _ why: Comment) throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        #expect(worker.exchange(ScriptedExchange.file, response, from: agent).hasSuffix("hello"))
        #expect(idle(worker) == 0 && worker.server.isClosed && !agent.isClosed, why)
        #expect(worker.exchange(from: agent) == Self.passed)
        #expect(worker.servers.ends.count == 2)
    }

    /// The next agent's request would be read as the rest of this one.
    @Test func aConnectionThatGotAPartOfARequestIsNotKept() throws {
        let worker = try WireWorker(["s1"], settings: { $0.limits.bodyPrefix = 10 })
        let agent = worker.connect()
        worker.send(ScriptedExchange.report(100) + String(repeating: "x", count: 20), from: agent)
        worker.respond(WireWorker.ok)
        #expect(agent.take().contains("Connection: close") && agent.isClosed)
        #expect(idle(worker) == 0 && worker.server.isClosed)
    }

    @Test func aConnectionWhoseResponseIsNotWholeIsNotKept() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        worker.respond("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        agent.close()
        worker.turn()
        #expect(idle(worker) == 0 && worker.server.isClosed && worker.world.held == [])
    }

    /// What the request before had come to says nothing of this one: its response is still to come, and would be another agent's.
    @Test func aReusedConnectionWhoseResponseIsToComeIsNotKept() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        _ = worker.exchange(from: agent)
        worker.send(ScriptedExchange.file, from: agent)
        agent.close()
        worker.turn()
        #expect(worker.servers.ends.count == 1 && worker.server.isClosed && idle(worker) == 0)
    }

    /// The server closed it while the request was on its way, which has had no byte of a response.
    @Test func aRequestOnAKeptConnectionThatEndsIsSentAgain() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        _ = worker.exchange(from: agent)
        worker.send(ScriptedExchange.file, from: agent)
        worker.server.close()
        worker.turn()
        #expect(worker.servers.ends.count == 2)
        worker.respond(WireWorker.ok)
        #expect(agent.take() == Self.passed)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0", "200 – ---- 1"])
    }

    @Test func excessBytesBelongToNoRequest() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        let seen = worker.exchange(ScriptedExchange.file, WireWorker.ok + "more", from: agent)
        #expect(seen.contains("502 Bad Gateway") && worker.server.isClosed && idle(worker) == 0)
        // Also where they come later, on a connection that is kept.
        #expect(worker.exchange(from: agent) == Self.passed)
        let kept = worker.server
        worker.respond("HTTP/1.1 200 OK\r\n\r\n")
        #expect(kept.isClosed && idle(worker) == 0)
        #expect(worker.exchange(from: agent) == Self.passed)
        #expect(worker.servers.ends.count == 3)
    }

    @Test func aKeptConnectionThatEndsIsForgotten() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        _ = worker.exchange(from: agent)
        worker.server.close()
        worker.turn()
        #expect(idle(worker) == 0)
        #expect(worker.exchange(from: agent) == Self.passed)
        #expect(worker.servers.ends.count == 2 && worker.world.lines().map(\.end) == ["200 – ---- 0", "200 – ---- 0"])
    }

    /// It was closed, and the loop has not seen it: a report must not be lost by that.
    @Test func aReportIsNotSentOnAClosedConnection() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        _ = worker.exchange(from: agent)
        agent.send(ScriptedExchange.report(2) + "{}")
        worker.server.close()
        worker.turn()
        #expect(worker.servers.ends.count == 2 && worker.server.read().hasSuffix("\r\n\r\n{}"))
        worker.respond(WireWorker.ok)
        #expect(agent.take() == Self.passed)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0", "200 – ---- 0"])
    }

    @Test func anIdleConnectionIsClosedAfterItsTime() throws {
        let worker = try WireWorker(["s1"]) { $0.timeouts.idle = .seconds(20) }
        let agent = worker.connect()
        _ = worker.exchange(from: agent)
        worker.world.pass(.seconds(19))
        #expect(!worker.server.isClosed)
        // Its use begins the time again.
        _ = worker.exchange(from: agent)
        worker.world.pass(.seconds(19))
        #expect(!worker.server.isClosed && idle(worker) == 1)
        worker.world.reachDeadline(after: .seconds(1))
        #expect(worker.server.isClosed && idle(worker) == 0)
    }

    @Test func theConnectionUsedLastIsUsedNext() throws {
        let worker = try WireWorker(["s1"])
        let agents = [worker.connect(), worker.connect()]
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        let (first, second) = (worker.servers.ends[0].end, worker.servers.ends[1].end)
        worker.respond(WireWorker.ok, from: second)
        worker.respond(WireWorker.ok, from: first)
        #expect(idle(worker) == 2)
        (_, _) = (first.take(), second.take())
        worker.send(ScriptedExchange.file, from: agents[0])
        #expect(first.take().hasPrefix("GET") && second.take() == "" && idle(worker) == 1)
    }

    @Test func aConnectionIsKeptForItsServerAlone() throws {
        let worker = try WireWorker(["s1", "s2"])
        let agents = [worker.connect(), worker.connect()]
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        #expect(worker.servers.ends.map(\.name) == ["s1", "s2"])
        worker.respond(WireWorker.ok, from: worker.servers.ends[0].end)
        worker.world.pool.handle(.admin(worker.world.pool.servers[0].id, .drain), now: .zero)
        worker.send(ScriptedExchange.file, from: agents[0])
        #expect(worker.servers.ends.map(\.name) == ["s1", "s2", "s2"])
    }

    @Test func aDrainClosesIdleConnectionsAndKeepsNoOther() throws {
        let worker = try WireWorker(["s1"])
        let agents = [worker.connect(), worker.connect()]
        for agent in agents { worker.send(ScriptedExchange.file, from: agent) }
        worker.respond(WireWorker.ok, from: worker.servers.ends[0].end)
        worker.world.post(.drain(isReplaced: false))
        #expect(worker.servers.ends[0].end.isClosed && !worker.servers.ends[1].end.isClosed)
        worker.respond(WireWorker.ok, from: worker.servers.ends[1].end)
        #expect(worker.servers.ends[1].end.isClosed && idle(worker) == 0)
    }

    /// The end of the connection follows the response at once.
    @Test func aResponseWhoseConnectionEndsWithItIsWhole() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        worker.send(ScriptedExchange.file, from: agent)
        worker.server.send(WireWorker.ok)
        worker.server.close()
        worker.turn()
        #expect(agent.take() == Self.passed && idle(worker) == 0)
        #expect(worker.world.lines().map(\.end) == ["200 – ---- 0"])
    }

    @Test func anEndInTheMiddleOfAHeadIsABadResponse() throws {
        for (text, status) in [("HTTP/1.1 200", "502"), ("HTTP/1.1 103 Early\r\n\r\n", "103"), ("HTTP/1.1 200 OK\r\nContent-Le", "502")] {
            let worker = try WireWorker()
            let agent = worker.connect()
            worker.send(ScriptedExchange.file, from: agent)
            worker.respond(text)
            worker.server.close()
            worker.turn()
            #expect(worker.servers.ends.count == 1, "a server has acted on it")
            #expect(agent.take().hasPrefix("HTTP/1.1 \(status)"))
            #expect(worker.world.lines().map(\.end) == ["502 bad_response SH-- 0"])
        }
    }

    @Test func aResponseByteByByteIsTheSame() throws {
        for response in [
            WireWorker.ok, "HTTP/1.1 103 Early Hints\r\n\r\n" + WireWorker.ok,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nX-T: v\r\n\r\n",
        ] {
            let whole = try WireWorker(["s1"])
            let agent = whole.connect()
            let expected = whole.exchange(ScriptedExchange.file, response, from: agent)
            #expect(idle(whole) == 1, "\(response)")
            let pieces = try WireWorker(["s1"])
            let other = pieces.connect()
            pieces.send(ScriptedExchange.file, from: other)
            for byte in response { pieces.respond(String(byte)) }
            #expect(other.take() == expected)
            #expect(idle(pieces) == 1 && pieces.world.lines().map(\.end) == ["200 – ---- 0"])
        }
    }

    @Test func trailersGoWithTheChunksForAClientThatKnowsNone() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        // Interim responses neither (RFC 9110 section 15.2).
        let response =
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: v\r\n\r\n"
        let seen = worker.exchange(ScriptedExchange.file.replacing("HTTP/1.1", with: "HTTP/1.0"), response, from: agent)
        #expect(
            seen.hasSuffix("\r\n\r\nhello") && !seen.contains("chunked") && !seen.contains("X-T") && !seen.contains(" 103 ")
                && agent.isClosed)
        #expect(idle(worker) == 1)
    }
}
