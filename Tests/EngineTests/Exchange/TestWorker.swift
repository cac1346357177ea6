import Balancing
import Foundation
import Model
import Routing
import Settings
import Synchronization
import Telemetry
import TestKit

@testable import AccessLogging
@testable import Engine
@testable import Network

/// A worker without a thread: the test gives it the time, turns its loop, and delivers the pools' messages when it wants to.
final class TestWorker {
    private final class Outcomes: Sendable {
        let list = Mutex<[(serial: UInt64, outcome: PoolCoordinator.QueueOutcome, pool: PoolCoordinator)]>([])
    }

    let worker: Worker
    let snapshot: Snapshot
    let counters = ProcessCounters()
    let tally = SharedTally()
    let log = LogLines()
    let listener: ListenerContext
    /// Nanoseconds of the loop's clock.
    private(set) var time: Int64
    private let access: AccessLogWriter
    private let outcomes = Outcomes()
    private static let names = try? BackgroundThread(name: "names")

    static func server(_ name: String, maxconn: Int? = nil, backup: Bool = false) -> ServerSettings {
        let address = UpstreamAddress(host: "192.0.2.1", port: 8140)
        return ServerSettings(name: name, address: address, backup: backup, maxconn: MaxconnSettings(all: maxconn))
    }

    /// - Parameters:
    ///   - pools: the first one is the default pool
    ///   - edit: changes the settings before they are in force
    init(
        _ pools: [PoolSettings], edit: (inout ProxySettings) -> Void = { _ in },
        servers: (EventLoop<WorkerMessage>, TransferMemory) -> ServerConnections = { ServerConnections(loop: $0, memory: $1) }
    ) throws {
        var settings = ProxySettings(pools: pools, defaultPool: PoolIndex(0))
        let address = ListenAddress(address: IPAddress("127.0.0.1")!, port: 0)
        settings.listeners = [ListenerSettings(name: "agents", address: address, statusPath: "/alive")]
        edit(&settings)
        let (outcomes, final) = (outcomes, settings)
        let coordinators = final.pools.map { pool in
            let made = PoolCoordinator(
                settings: pool, site: nil, sites: [],
                dispatch: { ticket, outcome, pool in outcomes.list.withLock { $0.append((ticket.serial, outcome, pool)) } },
                notice: { _, _ in })
            made.reconfigure(pool, site: nil, sites: [], now: .zero) {
                UpstreamTarget($0, pool: pool, materials: TLSMaterials(), known: $1)
            }
            return made
        }
        let limit = ListenerLimit()
        snapshot = Snapshot(
            generation: 0, settings: final, routes: RouteTable(final), pools: coordinators, listenerTLS: [nil], listenerLimits: [limit],
            clientMaterials: [])
        access = try AccessLogWriter(final.logs, names: Self.names!, log: log.logger)
        worker = try Worker(
            number: 0, mailbox: Mailbox(), snapshot: snapshot, counters: counters, access: access, tally: tally, log: log.logger,
            requestPrefix: Array("0123456789abcdef".utf8.prefix(8)), servers: servers)
        listener = ListenerContext(final.listeners[0], limit: limit, tls: nil, generation: 0)
        time = worker.loop.now
    }

    deinit { worker.loop.onMessage?(.stop) }

    var pool: PoolCoordinator { snapshot.pools[0] }

    // MARK: Time

    /// Turns the loop until what is ready is done.
    func turn(_ count: Int = 1) { for _ in 0..<count { worker.loop.turn(at: time) } }

    /// Lets time pass; deadlines that are due then pass too.
    func pass(_ duration: Duration) {
        time += duration.inNanoseconds
        turn()
    }

    /// Lets the deadline pass that is due after `duration`, and not one millisecond earlier.
    func reachDeadline(after duration: Duration) {
        time += duration.inNanoseconds
        // The wheel may look at it so late.
        turn()
        time += 33_000_000
        turn()
    }

    /// Milliseconds until the target's deadline; nil where it has none.
    func wait(of target: EventTarget) -> Double? {
        target.deadline == .max ? nil : Double(target.deadline - time) / 1_000_000
    }

    // MARK: Messages

    func post(_ message: WorkerMessage) { worker.loop.onMessage?(message) }

    /// A reload with other settings and the same pools.
    func adopt(_ edit: (inout ProxySettings) -> Void) {
        var settings = snapshot.settings
        edit(&settings)
        let next = Snapshot(
            generation: snapshot.generation + 1, settings: settings, routes: RouteTable(settings), pools: snapshot.pools,
            listenerTLS: snapshot.listenerTLS, listenerLimits: snapshot.listenerLimits, clientMaterials: [])
        post(.adopt(next, []))
    }

    /// How many outcomes of queues are on their way.
    var outcomeCount: Int { outcomes.list.withLock { $0.count } }

    /// They reach the worker.
    func deliverOutcomes() {
        let taken = outcomes.list.withLock { list in
            defer { list.removeAll() }
            return list
        }
        for (serial, outcome, pool) in taken { post(.queueOutcome(serial: serial, outcome, from: pool)) }
    }

    /// As the control loop does for the pools' own deadlines. The results reach the worker.
    func tickPools() {
        for pool in snapshot.pools { pool.handle(.tick, now: MonotonicTime(nanoseconds: time)) }
        deliverOutcomes()
    }

    // MARK: Results

    /// The access log's lines since the last call.
    func lines() -> [LogLine] {
        turn()
        var bytes: [UInt8] = []
        _ = access.take(&bytes)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { LogLine(String($0)) }
    }

    func inUse(_ pool: Int = 0) -> Int { snapshot.pools[pool].withState { pool, _ in pool.inUse } }

    /// Servers of the first pool that were ejected.
    var ejected: Int { pool.servers.count { $0.outlier.ejectedUntil != nil } }

    /// What is held of the process's and the pools' limits, as text; empty if all was released.
    var held: [String] {
        var found: [String] = []
        func note(_ name: String, _ count: Int) { if count != 0 { found.append("\(name) \(count)") } }
        for pool in snapshot.pools {
            note("slots of \(pool.name)", pool.withState { pool, _ in pool.inUse })
            for server in pool.servers { note("slots of \(server.name)", server.inUse) }
            note("tickets of \(pool.name)", pool.queued)
        }
        note("waiting", counters.waiting.load(ordering: .relaxed))
        note("bodies", counters.bodies.held)
        note("outcomes", outcomeCount)
        return found
    }
}

extension LogLine {
    /// Status, reason, termination state and retries; `–` where there is none.
    var end: String {
        let retries = int("retries") ?? -1
        return "\(status.map(String.init) ?? "–") \(reason ?? "–") \(termination ?? "–") \(retries)"
    }
}
