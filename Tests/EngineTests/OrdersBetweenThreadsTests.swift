import Balancing
import Foundation
import Model
import Settings
import StandIn
import TestKit
import Testing

@testable import Engine

/// What one thread does while another is busy: with a worker that is held, and a load that is held, the order is the test's.
struct OrdersBetweenThreadsTests {
    private let server: StandInServer
    private let gate = Gate()
    private static let request = "GET /puppet/v3/file_metadata/modules/a/b?environment=production HTTP/1.1\r\nHost: puppet.test\r\n\r\n"

    init() throws {
        var options = StandInServer.Options()
        options.name = "s1"
        server = try StandInServer(options)
        try server.start()
        server.answer { [gate] request in
            gate.pass()
            return .text(200, request.path)
        }
    }

    /// One pool of one server, which takes one request at a time.
    private func settings() throws -> ProxySettings {
        let port = try #require(server.address.split(separator: ":").last.flatMap { UInt16($0) })
        var entry = ServerSettings(name: "s1", address: UpstreamAddress(host: "127.0.0.1", port: port))
        entry.maxconn.all = 1
        return ProxySettings(pools: [PoolSettings(name: "compilers", servers: [entry])], defaultPool: PoolIndex(0))
    }

    // MARK: The control loop

    @Test func aReloadAskedForDuringAReloadIsNotForgotten() throws {
        let loading = Gate()
        let service = try InProcessService(settings()) { number in if number == 2 { loading.pass() } }
        service.reload()
        #expect(waitUntil { service.loads == 2 })
        // Both are asked for while the first one reads: one more is enough.
        service.reload()
        service.reload()
        loading.open()
        #expect(waitUntil { service.log.all.count { $0 == "reloaded" } == 2 })
        #expect(service.loads == 3)
        service.reload()
        #expect(waitUntil { service.loads == 4 }, "and the next one begins at once")
    }

    // MARK: A worker

    @Test func aPulseIsCompleteWhenEachWorkerHasBeaten() throws {
        let service = try InProcessService(settings())
        let hold = service.holdWorker()
        let pulse = Pulse(workers: 1)
        service.post(.pulse(pulse))
        usleep(50_000)
        #expect(!pulse.isComplete)
        hold.open()
        #expect(waitUntil { pulse.isComplete })
    }

    /// The queue gives a slot to a ticket whose agent has left, and whose worker does not know that yet.
    @Test func aSlotForAnAgentThatHasLeftIsGivenBack() throws {
        let service = try InProcessService(settings())
        let pool = service.snapshot.pools[0]
        func inUse() -> Int { pool.withState { pool, _ in pool.inUse } }
        let first = try RawClient(service.port)
        try first.send(Self.request)
        #expect(waitUntil { server.requestCount == 1 })
        let second = try RawClient(service.port)
        try second.send(Self.request)
        #expect(waitUntil { pool.queued == 1 })
        let hold = service.holdWorker()
        second.close()
        var reply = AgentReply()
        reply.maxconn = 2
        pool.handle(.adjust(pool.servers[0].id, reply), now: MonotonicTime(nanoseconds: 0))
        #expect(pool.queued == 0 && inUse() == 2, "the assignment is on its way")
        hold.open()
        #expect(waitUntil { inUse() == 1 })
        gate.open()
        #expect(try first.readResponse()?.status == 200)
        #expect(waitUntil { inUse() == 0 })
        #expect(server.requestCount == 1, "the request of the agent that has left was not sent")
        let third = try RawClient(service.port)
        #expect(try third.exchange(Self.request).status == 200)
    }

    /// A reload's sockets may reach a worker after the drain.
    @Test func aWorkerThatDrainsAcceptsOnNoNewSocket() throws {
        let service = try InProcessService(settings())
        var sockets = ListenerSockets(workers: 1)
        sockets.commit(try sockets.prepare(service.snapshot.settings.listeners))
        // Keeps the worker from ending at once.
        let client = try RawClient(service.port)
        try client.send(Self.request)
        #expect(waitUntil { server.requestCount == 1 })
        let hold = service.holdWorker()
        service.post(.drain(isReplaced: false))
        service.post(.adopt(service.snapshot, sockets.sockets(forWorker: 0)))
        hold.open()
        gate.open()
        #expect(try client.readResponse()?.status == 200)
        #expect(waitUntil { service.exitCode == 0 }, "a socket keeps it from ending")
    }
}
