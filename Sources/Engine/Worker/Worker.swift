import AccessLogging
import Balancing
import CLinux
import HTTP1
import HTTP2
import Logging
import Model
import Network
import Settings
import Synchronization
import TLS
import Telemetry

/// One thread with its own epoll, timers, buffers and TLS contexts. It owns its connections from accept to close and never blocks.
final class Worker {
    let number: UInt16
    let loop: EventLoop<WorkerMessage>
    let memory = TransferMemory()
    let servers: ServerConnections
    let instanceClients = InstanceClients()
    let bodies: BodyQueue
    let log: Logger
    let messages: ConnectionMessages
    let counters: ProcessCounters
    /// What operators ask about; they take copies.
    let tally: SharedTally
    var tickets: QueueTickets
    private(set) var handshakes: Handshakes!
    var reserve = ReserveDescriptor()

    private(set) var snapshot: Snapshot
    private(set) var timeouts: WorkerTimeouts
    private(set) var headLimits: HeadLimits
    private(set) var isDraining = false
    /// What the status path says: a drain makes it unready, unless another instance serves on.
    private(set) var isReady = true
    private(set) var connections: [ObjectIdentifier: DownstreamConnection] = [:]
    private var listeners: WorkerListeners!
    private var exchanges = ExchangePool()
    private var requestIDs: RequestIDs
    private var accessLog: WorkerLog
    private var connectionCount: UInt64 = 0
    private var requestsEnded = 0

    /// - Parameter servers: makes its connections to servers; tests make others
    init(
        number: UInt16, mailbox: Mailbox<WorkerMessage>, snapshot: Snapshot, counters: ProcessCounters, access: AccessLogWriter,
        tally: SharedTally, log: Logger, requestPrefix: [UInt8],
        servers: (EventLoop<WorkerMessage>, TransferMemory) -> ServerConnections = { ServerConnections(loop: $0, memory: $1) }
    ) throws(SystemError) {
        self.number = number
        self.snapshot = snapshot
        self.counters = counters
        self.tally = tally
        self.log = log
        loop = try EventLoop(mailbox: mailbox)
        self.servers = servers(loop, memory)
        guard memory.isComplete else { throw SystemError("buffers", code: ENOMEM) }
        bodies = BodyQueue(counters.bodies, loop: loop)
        messages = ConnectionMessages(log: log)
        tickets = QueueTickets(worker: number, counters: counters)
        requestIDs = RequestIDs(prefix: requestPrefix)
        accessLog = WorkerLog(access, snapshot.settings.logs)
        timeouts = WorkerTimeouts(snapshot.settings.timeouts)
        headLimits = HeadLimits(head: snapshot.settings.limits.head, target: snapshot.settings.limits.target)
        listeners = WorkerListeners(self)
        handshakes = Handshakes(self)
        handshakes.adopt(limits: snapshot.settings.limits)
        loop.onMessage = { [unowned self] in handle($0) }
        loop.onTurnEnd = { [unowned self] in
            accessLog.handOver(now: loop.now)
            if memory.takeFailures() { messages.memoryMissing() }
            messages.reportSuppressed(now: loop.now)
        }
    }

    // MARK: Messages

    private func handle(_ message: WorkerMessage) {
        switch message {
        case .adopt(let snapshot, let sockets): adopt(snapshot, sockets)
        case .queueOutcome(let serial, let outcome, let pool): queueReplied(serial, outcome, pool)
        case .serverDown(let server, let pool):
            if let target = pool.target(server) { servers.serverWentDown(target) }
            forEachExchange { $0.serverWentDown(server, of: pool) }
        case .shutdown(let server, let pool):
            forEachExchange { $0.serverWasShutDown(server, of: pool) }
        case .pause(let name): listeners.pause(name)
        case .unpause(let socket): listeners.accept(on: socket, wasPaused: true)
        case .sessions(let query, let reply): reply(sessions(query))
        case .releaseSpareBuffers: memory.releaseSpares()
        case .pulse(let pulse): pulse.beat()
        case .drain(let isReplaced): drain(isReplaced)
        case .stop: stop()
        }
    }

    private func forEachExchange(_ body: (ExchangeDriver) -> Void) {
        for connection in Array(connections.values) { connection.activeExchanges.forEach(body) }
    }

    private func adopt(_ snapshot: Snapshot, _ sockets: [ListeningSocket]) {
        self.snapshot = snapshot
        timeouts = WorkerTimeouts(snapshot.settings.timeouts)
        headLimits = HeadLimits(head: snapshot.settings.limits.head, target: snapshot.settings.limits.target)
        handshakes.adopt(limits: snapshot.settings.limits)
        exchanges.removeAll()
        instanceClients.forgetAll()
        servers.adopt(snapshot.clientMaterials)
        accessLog.adopt(snapshot.settings.logs)
        listeners.adopt(snapshot, sockets)
    }

    private func queueReplied(_ serial: UInt64, _ outcome: PoolCoordinator.QueueOutcome, _ pool: PoolCoordinator) {
        guard let exchange = tickets.end(serial) else {
            // The client has gone meanwhile: the slot goes back at once.
            if case .assigned(let assignment, _) = outcome { pool.release(assignment, .none, now: MonotonicTime(nanoseconds: loop.now)) }
            return
        }
        exchange.queueReplied(outcome)
    }

    // MARK: Connections in

    func take(_ socket: consuming Socket, from address: SocketAddress, listener: ListenerContext) {
        let limits = snapshot.settings.limits
        guard ProcessMemory.hasHeadroom, !listener.isUnavailable else { return rejected("memory") }
        guard makeRoomForConnection(from: address) else { return rejected("limits.connections") }
        let source = ProcessCounters.SourceAddress(high: address.high, low: address.low)
        let countsSource = limits.connectionsPerSource > 0
        if countsSource, !counters.admit(source, limit: limits.connectionsPerSource) { return rejected("limits.connections_per_source") }
        counters.connections.add(1, ordering: .relaxed)
        listener.limit.connections.add(1, ordering: .relaxed)
        connectionCount += 1
        let connection = DownstreamConnection(
            socket, number: SessionNumber(worker: number, count: connectionCount), from: address, countsSource: countsSource,
            listener: listener, worker: self)
        connections[ObjectIdentifier(connection)] = connection
        let second = WallClock.nanoseconds() / 1_000_000_000
        tally.withLock { $0.opened(listener.name, at: second) }
        do {
            try loop.add(connection, descriptor: connection.stream.descriptor)
        } catch {
            messages.acceptFailed(error)
            return connection.close()
        }
        connection.begin()
    }

    func connectionEnded(_ connection: DownstreamConnection, peer: SocketAddress) {
        connections[ObjectIdentifier(connection)] = nil
        tally.withLock { $0.closed(connection.listener.name) }
        counters.connections.subtract(1, ordering: .relaxed)
        connection.listener.limit.connections.subtract(1, ordering: .relaxed)
        if connection.countsSource {
            counters.leave(ProcessCounters.SourceAddress(high: peer.high, low: peer.low))
        }
        if isDraining { stopWhenDrained() }
    }

    /// Whether another connection may be accepted: at the limit a handshake may be ended for it. Workers look for themselves, so that there
    /// can be one too many for each.
    private func makeRoomForConnection(from address: SocketAddress) -> Bool {
        if counters.connections.load(ordering: .relaxed) < counters.connectionLimit(snapshot.settings.limits.connections) { return true }
        return handshakes.makeRoom(for: IPAddress(high: address.high, low: address.low))
    }

    func handshakeFailed(_ connection: DownstreamConnection, _ failure: HandshakeFailure) {
        let refused = HandshakeRefusal(failure.kind).map { refusal in
            RefusedHandshake(
                refusal, time: WallClock.nanoseconds() / 1_000_000_000, listener: connection.listener.name,
                source: Array(connection.source.description.utf8), certname: Array((failure.certname ?? "").utf8),
                serial: Array((failure.serial ?? "").utf8), cause: Array(failure.reason.utf8))
        }
        tally.withLock {
            $0.handshakeFailed(connection.listener.name)
            if let refused { $0.handshakeRefused(refused) }
        }
        messages.handshakeFailed(connection, failure)
    }

    func handshakeDone(_ connection: DownstreamConnection, nanoseconds: Int64) {
        tally.withLock { $0.handshakeDone(connection.listener.name, nanoseconds: nanoseconds) }
    }

    /// A listener for whose TLS context there was no memory may get it now.
    func remake(_ listener: ListenerContext) -> ListenerContext? { listeners.remake(listener) }

    func currentTLS(for listener: ListenerContext) -> ServerTLSContext? { listeners.currentTLS(for: listener) }

    func rejected(_ limit: String) {
        counters.turnedAway.add(1, ordering: .relaxed)
        messages.rejected(limit)
    }

    /// A client went over a limit of HTTP/2, or spoke something else.
    func http2Failed(_ connection: DownstreamConnection, _ failure: HTTP2Session.Failure) {
        if case .abuse(let abuse) = failure { counters.http2Abuse.add(abuse) }
        messages.http2Failed(connection, failure)
    }

    /// While draining, agents have closed by themselves after 4 s; a connection that stays is closed soon after.
    var idleTimeout: Int64 { isDraining ? min(5_000_000_000, timeouts.clientIdle) : timeouts.clientIdle }

    // MARK: Exchanges

    func takeExchange(for connection: DownstreamConnection) -> ExchangePool.Exchange { exchanges.take(for: connection, self) }

    func giveExchange(_ exchange: ExchangePool.Exchange) { exchanges.give(exchange, snapshot) }

    func appendRequestID(to output: inout [UInt8]) { requestIDs.append(to: &output) }

    /// False where all pools together hold as many as may wait. Workers that ask at one moment may each add one more.
    var mayQueue: Bool { counters.waiting.load(ordering: .relaxed) < snapshot.settings.limits.queue }

    func cancel(_ serial: UInt64, in pool: PoolCoordinator) {
        _ = tickets.end(serial)
        pool.handle(.cancel(tickets.ticket(serial)), now: MonotonicTime(nanoseconds: loop.now))
    }

    func writeLog(_ record: borrowing AccessRecord) {
        requestsEnded += 1
        tally.withLock { $0.add(record) }
        accessLog.write(record)
    }

    // MARK: The end

    private func drain(_ isReplaced: Bool) {
        guard !isDraining else { return }
        isDraining = true
        isReady = isReplaced
        listeners.close()
        for connection in Array(connections.values) { connection.drain() }
        servers.closeIdle()
        stopWhenDrained()
    }

    /// The loop has ended: the last lines go out.
    func ended() {
        accessLog.handOver(now: loop.now)
        messages.reportSuppressed(now: .max)
        counters.requests.add(requestsEnded, ordering: .relaxed)
    }

    /// Not while the drain still accepts connections: those that end at once are not the last.
    private func stopWhenDrained() { if listeners.isClosed, connections.isEmpty { loop.stop() } }

    private func stop() {
        for connection in Array(connections.values) { connection.close() }
        loop.stop()
    }
}
