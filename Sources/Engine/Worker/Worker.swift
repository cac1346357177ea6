import AccessLogging
import Balancing
import Buffers
import HTTP1
import Logging
import Model
import Network
import Puppet
import Settings
import Synchronization
import TLS
import Telemetry

/// One thread with its own epoll, timers, buffers and TLS contexts. It owns its connections from accept to close and never blocks.
final class Worker {
    let number: UInt16
    let loop: EventLoop<WorkerMessage>
    let memory = TransferMemory()
    let log: Logger
    let counters: ProcessCounters
    let access: AccessLogWriter
    /// What operators ask about; they take copies.
    let tally: SharedTally
    var reserve = ReserveDescriptor()

    private(set) var snapshot: Snapshot
    private(set) var timeouts = WorkerTimeouts(TimeoutSettings())
    private(set) var headLimits = HeadLimits(head: 64 << 10, target: 16 << 10)
    private(set) var isDraining = false
    /// What the status path says: a drain makes it unready, unless another instance serves on.
    private(set) var isReady = true
    private var acceptors: [Acceptor] = []
    private var listeners: [ListenerContext] = []
    private var clientContexts: [ObjectIdentifier: ClientTLSContext] = [:]
    /// By listener; each empties itself when its trust changes.
    private var verified: [String: VerifiedCertificateCache] = [:]
    private(set) var connections: [ObjectIdentifier: DownstreamConnection] = [:]
    private var idle: [ObjectIdentifier: IdleConnections] = [:]
    private var waiting: [UInt64: RunningExchange] = [:]
    private var spareExchanges: [RunningExchange] = []
    private var nextSerial: UInt64 = 0
    private var nextConnection: UInt64 = 0
    /// The last one: sixteen hexadecimal digits, six of the process, two of the worker, a counter.
    private var requestID: [UInt8]
    var messages = RepeatedMessages()
    private var logLines: [UInt8] = []
    private var logLineCount = 0
    private var offsetKnownAt: Int64 = 0
    private var requestsEnded = 0
    private var formatter: AccessLogFormatter

    // Ready-made bytes.
    let forwardedForName = Array("X-Forwarded-For: ".utf8)
    let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    let readyBody = Array("ready\n".utf8)
    let notReadyBody = Array("not ready\n".utf8)

    /// Idle connections kept to one server; more are closed.
    private static let idlePerServer = 256
    private static let spareExchangeCount = 256

    init(
        number: UInt16, mailbox: Mailbox<WorkerMessage>, snapshot: Snapshot, counters: ProcessCounters, access: AccessLogWriter,
        tally: SharedTally, log: Logger, requestPrefix: [UInt8]
    ) throws(SystemError) {
        self.number = number
        self.snapshot = snapshot
        self.counters = counters
        self.access = access
        self.tally = tally
        self.log = log
        requestID = requestPrefix + [UInt8](repeating: UInt8(ascii: "0"), count: 8)
        formatter = AccessLogFormatter(format: snapshot.settings.logs.accessFormat, localOffsetSeconds: WallClock.localOffsetSeconds())
        loop = try EventLoop(mailbox: mailbox)
        loop.onMessage = { [unowned self] in handle($0) }
        loop.onTurnEnd = { [unowned self] in
            handOverLog()
            tellLeftOut()
        }
    }

    // MARK: Messages

    private func handle(_ message: WorkerMessage) {
        switch message {
        case .adopt(let snapshot, let sockets): adopt(snapshot, sockets)
        case .queueOutcome(let serial, let outcome, let pool): queueAnswered(serial, outcome, pool)
        case .serverDown(let server, let pool): serverWentDown(server, pool)
        case .shutdown(let server, let pool):
            for connection in Array(connections.values) { connection.exchange?.serverWasShutDown(server, of: pool) }
        case .pause(let name):
            for acceptor in acceptors where acceptor.listener.settings.name == name {
                acceptor.pause()
                stopAccepting(acceptor)
            }
            acceptors.removeAll { $0.listener.settings.name == name }
        case .unpause(let socket): accept(on: socket, wasPaused: true)
        case .sessions(let query, let reply): reply(sessions(query))
        case .pulse(let pulse): pulse.beat()
        case .drain(let isReplaced): drain(isReplaced)
        case .stop: stop()
        }
    }

    private func adopt(_ snapshot: Snapshot, _ sockets: [ListeningSocket]) {
        self.snapshot = snapshot
        timeouts = WorkerTimeouts(snapshot.settings.timeouts)
        headLimits = HeadLimits(head: snapshot.settings.limits.head, target: snapshot.settings.limits.target)
        let live = Set(snapshot.clientMaterials.map { ObjectIdentifier($0) })
        clientContexts = clientContexts.filter { live.contains($0.key) }
        // They would keep the snapshots that they last worked for.
        spareExchanges.removeAll()
        // Of servers that are gone.
        idle = idle.filter { !$0.value.list.isEmpty }
        formatter = AccessLogFormatter(format: snapshot.settings.logs.accessFormat, localOffsetSeconds: WallClock.localOffsetSeconds())
        let before = acceptors
        acceptors.removeAll()
        listeners.removeAll()
        let names = Set(snapshot.settings.listeners.map(\.name))
        verified = verified.filter { names.contains($0.key) }
        for (index, settings) in snapshot.settings.listeners.enumerated() {
            listeners.append(makeListener(settings, snapshot.listenerTLS[index], snapshot.listenerLimits[index], snapshot.generation))
        }
        for acceptor in before {
            let old = acceptor.listener.settings
            // Who waits at a listener that is gone would be reset with it.
            if !listeners.contains(where: { $0.settings.hasSocket(boundTo: old.address, for: old.name) }) { acceptor.acceptAll() }
            stopAccepting(acceptor)
        }
        for socket in sockets { accept(on: socket) }
    }

    private func accept(on socket: ListeningSocket, wasPaused: Bool = false) {
        let acceptor = Acceptor(listeners[socket.listener], socket: socket, worker: self)
        guard !isDraining else { return }
        acceptors.append(acceptor)
        do {
            if wasPaused { try acceptor.unpause() }
            try loop.add(acceptor, descriptor: acceptor.descriptor, interest: acceptor.isShared ? .sharedInput : .edges)
        } catch {
            log.error("cannot listen", metadata: ["reason": "\(error.description)"])
        }
        acceptor.resume()
    }

    /// The descriptor is a copy, and closing a copy does not take it out of epoll.
    private func stopAccepting(_ acceptor: Acceptor) {
        loop.unwatch(acceptor.descriptor)
        loop.remove(acceptor)
    }

    private func makeListener(
        _ settings: ListenerSettings, _ material: ServerTLSMaterial?, _ limit: ListenerLimit, _ generation: Int
    ) -> ListenerContext {
        guard let material else { return ListenerContext(settings, limit: limit, tls: nil, generation: generation) }
        let cache = verified[settings.name] ?? VerifiedCertificateCache()
        verified[settings.name] = cache
        do {
            let context = try ServerTLSContext(
                material, identityFields: { IdentityHeaders.block(distinguishedName: $0, der: $1) }, verified: cache)
            return ListenerContext(settings, limit: limit, tls: context, generation: generation)
        } catch {
            // The same material made a context when the snapshot was built, so this is memory or OpenSSL itself.
            fatalError("listener \(settings.name): \(error.description)")
        }
    }

    private func queueAnswered(_ serial: UInt64, _ outcome: PoolCoordinator.QueueOutcome, _ pool: PoolCoordinator) {
        guard let exchange = stopWaiting(serial) else {
            // The agent has gone meanwhile: the slot goes back at once.
            if case .assigned(let assignment, _) = outcome { pool.release(assignment, .none, now: MonotonicTime(nanoseconds: loop.now)) }
            return
        }
        exchange.queueAnswered(outcome)
    }

    private func serverWentDown(_ server: ServerID, _ pool: PoolCoordinator) {
        for connection in Array(connections.values) { connection.exchange?.serverWentDown(server, of: pool) }
    }

    // MARK: Connections in

    func take(_ socket: consuming Socket, from address: SocketAddress, listener: ListenerContext) {
        let limits = snapshot.settings.limits
        guard counters.connections.load(ordering: .relaxed) < counters.connectionLimit(limits.connections) else {
            return turnedAway("limits.connections")
        }
        let source = ProcessCounters.SourceAddress(high: address.high, low: address.low)
        let countsSource = limits.connectionsPerSource > 0
        if countsSource, !counters.admit(source, limit: limits.connectionsPerSource) { return turnedAway("limits.connections_per_source") }
        counters.connections.add(1, ordering: .relaxed)
        listener.limit.connections.add(1, ordering: .relaxed)
        nextConnection += 1
        let connection = DownstreamConnection(
            socket, number: SessionNumber(worker: number, count: nextConnection), from: address, countsSource: countsSource,
            listener: listener, worker: self)
        connections[ObjectIdentifier(connection)] = connection
        let second = WallClock.nanoseconds() / 1_000_000_000
        tally.withLock { $0.opened(listener.name, at: second) }
        do {
            try loop.add(connection, descriptor: connection.stream.descriptor)
        } catch {
            acceptFailed(error)
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

    /// Whether another handshake may begin now. Workers look for themselves, so that there can be one too many for each.
    var hasRoomForHandshake: Bool { counters.handshakes.load(ordering: .relaxed) < snapshot.settings.limits.handshakes }

    func handshakeBegan() { counters.handshakes.add(1, ordering: .relaxed) }

    func handshakeDone(_ connection: DownstreamConnection, nanoseconds: Int64) {
        tally.withLock { $0.handshakeDone(connection.listener.name, nanoseconds: nanoseconds) }
    }

    func handshakeEnded() { counters.handshakes.subtract(1, ordering: .relaxed) }

    /// By whose CA and CRL a kept connection is judged: its listener's newest, and where a reload has renamed or removed that, those of the
    /// one at its address, else of the first that verifies agents.
    func judge(of listener: ListenerContext) -> ServerTLSContext? {
        let settings = listener.settings
        let heir = listeners.first { $0.settings.name == settings.name } ?? listeners.first { $0.settings.address == settings.address }
        return heir?.tls ?? listeners.lazy.compactMap(\.tls).first { $0.material.trustGeneration != nil }
    }

    // MARK: Exchanges

    func takeExchange(for connection: DownstreamConnection) -> RunningExchange {
        spareExchanges.popLast() ?? RunningExchange(self, connection: connection)
    }

    func giveExchange(_ exchange: RunningExchange) {
        exchange.releaseBuffers()
        if exchange.snapshot === snapshot, spareExchanges.count < Self.spareExchangeCount { spareExchanges.append(exchange) }
    }

    func newTicket() -> Ticket {
        nextSerial += 1
        return Ticket(worker: number, serial: nextSerial)
    }

    /// The next one: counted digit by digit, since nearly always only the last one changes.
    func appendRequestID(to output: inout [UInt8]) {
        var place = requestID.count - 1
        while requestID[place] == UInt8(ascii: "f"), place > requestID.count - 8 {
            requestID[place] = UInt8(ascii: "0")
            place -= 1
        }
        switch requestID[place] {
        case UInt8(ascii: "9"): requestID[place] = UInt8(ascii: "a")
        case UInt8(ascii: "f"): requestID[place] = UInt8(ascii: "0")
        default: requestID[place] += 1
        }
        output += requestID
    }

    /// It waits until the queue has answered or the ticket is cancelled; as long it counts for `limits.queue`.
    func waitForServer(_ exchange: RunningExchange, serial: UInt64) {
        counters.waiting.add(1, ordering: .relaxed)
        waiting[serial] = exchange
    }

    private func stopWaiting(_ serial: UInt64) -> RunningExchange? {
        guard let exchange = waiting.removeValue(forKey: serial) else { return nil }
        counters.waiting.subtract(1, ordering: .relaxed)
        return exchange
    }

    /// False where all pools together hold as many as may wait. Workers that ask at one moment may each add one more.
    var mayQueue: Bool { counters.waiting.load(ordering: .relaxed) < snapshot.settings.limits.queue }

    func cancel(_ serial: UInt64, in pool: PoolCoordinator) {
        _ = stopWaiting(serial)
        pool.handle(.cancel(Ticket(worker: number, serial: serial)), now: MonotonicTime(nanoseconds: loop.now))
    }

    /// While draining, agents have closed by themselves after 4 s; who has not is closed soon after.
    var idleTimeout: Int64 { isDraining ? min(5_000_000_000, timeouts.clientIdle) : timeouts.clientIdle }

    // MARK: The access log

    func writeLog(_ record: borrowing AccessRecord) {
        requestsEnded += 1
        tally.withLock { $0.add(record) }
        guard snapshot.settings.logs.accessTo != .none else { return }
        formatter.append(record, to: &logLines)
        logLineCount += 1
    }

    private func handOverLog() {
        guard logLineCount > 0 else { return }
        if loop.now - offsetKnownAt > 60_000_000_000 {
            formatter.setLocalOffset(seconds: WallClock.localOffsetSeconds())
            offsetKnownAt = loop.now
        }
        access.submit(&logLines, count: logLineCount)
        logLineCount = 0
    }

    // MARK: Connections out

    func connect(to target: UpstreamTarget) throws(ProxyError) -> UpstreamConnection {
        guard let address = target.address else { throw ProxyError(.unresolved, context: "name does not resolve") }
        do {
            let socket = try Socket.connect(to: address, keepalive: target.keepalive)
            let connection = UpstreamConnection(target, socket: socket, worker: self)
            try loop.add(connection, descriptor: connection.stream.descriptor)
            return connection
        } catch {
            throw ProxyError(error.isOutOfDescriptors ? .noDescriptors : .connectRefused, context: error.description)
        }
    }

    func clientContext(for material: ClientTLSMaterial) throws(OpenSSLError) -> ClientTLSContext {
        if let known = clientContexts[ObjectIdentifier(material)] { return known }
        let made = try ClientTLSContext(material)
        clientContexts[ObjectIdentifier(material)] = made
        return made
    }

    /// An idle connection to that very server, the most recently used one.
    /// - Parameter looksTwice: asks the socket whether its end has come since the last turn of the loop: for requests that cannot be sent
    ///   again. The others are, should it have.
    func takeIdle(_ target: UpstreamTarget, looksTwice: Bool) -> UpstreamConnection? {
        guard let kept = idle[ObjectIdentifier(target)] else { return nil }
        while let connection = kept.list.popLast() {
            if !looksTwice || connection.isQuiet { return connection }
            connection.close()
        }
        return nil
    }

    func keepIdle(_ connection: UpstreamConnection) -> Bool {
        if isDraining { return false }
        let key = ObjectIdentifier(connection.target)
        guard let kept = idle[key] else {
            idle[key] = IdleConnections(connection)
            return true
        }
        guard kept.list.count < Self.idlePerServer else { return false }
        kept.list.append(connection)
        return true
    }

    func dropIdle(_ connection: UpstreamConnection) {
        let key = ObjectIdentifier(connection.target)
        idle[key]?.list.removeAll { $0 === connection }
        if idle[key]?.list.isEmpty == true { idle[key] = nil }
        connection.close()
    }

    // MARK: The end

    private func drain(_ isReplaced: Bool) {
        guard !isDraining else { return }
        isDraining = true
        isReady = isReplaced
        for acceptor in acceptors {
            // Who is in the queue already would be reset with it.
            acceptor.acceptAll()
            stopAccepting(acceptor)
        }
        acceptors.removeAll()
        for connection in Array(connections.values) where connection.phase == .open && connection.exchange == nil {
            // Agents end idle connections after 4 s themselves; a FIN from here could cross with a request.
            loop.setDeadline(connection, max(loop.now, connection.idleSince + idleTimeout))
        }
        for kept in idle.values { for connection in kept.list { connection.close() } }
        idle.removeAll()
        stopWhenDrained()
    }

    /// The loop has ended: the last lines go out.
    func ended() {
        handOverLog()
        tellLeftOut(now: .max)
        counters.requests.add(requestsEnded, ordering: .relaxed)
    }

    /// Not while the drain still takes connections in: those that end at once are not the last.
    private func stopWhenDrained() { if acceptors.isEmpty, connections.isEmpty { loop.stop() } }

    private func stop() {
        for connection in Array(connections.values) { connection.close() }
        loop.stop()
    }
}
