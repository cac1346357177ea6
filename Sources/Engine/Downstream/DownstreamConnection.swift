import Buffers
import Model
import Network
import Settings
import TLS

/// An agent's connection, owned by one worker for its life.
///
/// proxyHeader → handshake → open → lingering → closed; the first two only where configured, each may go to closed.
/// While idle it holds no buffer and no exchange.
final class DownstreamConnection: EventTarget {
    enum Phase { case proxyHeader, handshake, open, lingering, closed }

    /// The worker outlives all that it owns; see Sources/README.md.
    unowned(unsafe) let worker: Worker
    let number: SessionNumber
    let listener: ListenerContext
    let stream: Stream
    private(set) var phase: Phase = .open
    private(set) var source: IPAddress
    private(set) var sourcePort: UInt16
    /// `source` as text.
    private(set) var sourceText: [UInt8] = []
    /// The field that names `source`, as a line.
    private(set) var forwardedFor: [UInt8] = []
    /// The peer's own address, which the limit by source counts.
    private let peer: SocketAddress
    /// It counts for `limits.connections_per_source`.
    let countsSource: Bool
    private(set) var identity: ClientIdentity?
    /// The generation of trust under which `identity` was last found good.
    private(set) var trustedGeneration: Int
    /// Plaintext that no exchange has taken yet.
    var input: ByteBuffer?
    private(set) var exchange: RunningExchange?
    private(set) var requestCount = 0
    private var isReading = false
    private var countsAsHandshake = false
    /// When the last exchange ended, for a drain; before the first one, when the connection was accepted.
    private(set) var idleSince: Int64
    let acceptedAt: Int64

    init(
        _ socket: consuming Socket, number: SessionNumber, from peer: SocketAddress, countsSource: Bool, listener: ListenerContext,
        worker: Worker
    ) {
        self.worker = worker
        self.number = number
        self.listener = listener
        self.peer = peer
        self.countsSource = countsSource
        source = IPAddress(high: peer.high, low: peer.low)
        sourcePort = peer.port
        trustedGeneration = listener.generation
        idleSince = worker.loop.now
        acceptedAt = idleSince
        stream = Stream(socket, memory: worker.memory)
    }

    /// Begins to read: TCP_DEFER_ACCEPT has seen to it that there is something.
    func begin() {
        let now = worker.loop.now
        if listener.tls != nil {
            countsAsHandshake = true
            worker.handshakeBegan()
        }
        if listener.requiresProxyHeader(from: source) {
            phase = .proxyHeader
            worker.loop.setDeadline(self, now + worker.timeouts.requestHead)
            readProxyHeader()
        } else {
            secure()
        }
    }

    // MARK: Events

    override func handle(_ events: ReadyEvents) {
        stream.note(events)
        proceed()
    }

    override func resume() { proceed() }

    private func proceed() {
        switch phase {
        case .proxyHeader: readProxyHeader()
        case .handshake: continueHandshake()
        case .open:
            if let exchange, !exchange.isReadingHead { exchange.downstreamReady() } else { readRequests() }
        case .lingering: linger()
        case .closed: break
        }
    }

    override func deadlinePassed() {
        switch phase {
        case .proxyHeader: close()
        case .handshake:
            worker.handshakeFailed(self, reason: "handshake timeout", certname: nil, serial: nil)
            close()
        case .open:
            if let exchange { exchange.downstreamTimedOut() } else { finish() }
        case .lingering: close()
        case .closed: break
        }
    }

    // MARK: Before the first request

    private func readProxyHeader() {
        let buffer = input ?? worker.memory.small.take()
        input = buffer
        // Read piece by piece without going past the header: what follows belongs to TLS.
        while true {
            let parsed = ProxyProtocol.parse(buffer.readable)
            switch parsed {
            case .needsMore(let atMost):
                switch stream.read(into: buffer, limit: atMost) {
                case .bytes: continue
                case .blocked: return
                case .endOfStream, .failed: return close()
                }
            case .addresses(let high, let low, let port):
                source = IPAddress(high: high, low: low)
                sourcePort = port
            case .local: break
            case .malformed:
                worker.prefaceMalformed(self)
                return close()
            }
            break
        }
        worker.memory.give(buffer)
        input = nil
        secure()
    }

    private func secure() {
        source.append(to: &sourceText)
        forwardedFor = worker.forwardedForName + sourceText + [0x0D, 0x0A]
        guard let context = listener.tls else { return open() }
        phase = .handshake
        stream.startTLS(server: context)
        worker.loop.setDeadline(self, worker.loop.now + worker.timeouts.handshake)
        continueHandshake()
    }

    private func continueHandshake() {
        guard stream.flushPending() else {
            if stream.hasFailed { close() }
            return
        }
        switch stream.handshake() {
        case .done:
            worker.handshakeDone(self, nanoseconds: worker.loop.now - idleSince)
            handshakeEnded()
            identity = stream.session?.identity
            open()
        case .wantsRead, .wantsWrite:
            if stream.hasFailed { close() }
        case .failed(let failure):
            worker.handshakeFailed(self, reason: failure.reason, certname: failure.certname, serial: failure.serial)
            handshakeEnded()
            finish()
        }
    }

    private func handshakeEnded() {
        guard countsAsHandshake else { return }
        countsAsHandshake = false
        worker.handshakeEnded()
    }

    private func open() {
        phase = .open
        worker.loop.setDeadline(self, worker.loop.now + worker.timeouts.requestHead)
        readRequests()
    }

    // MARK: Requests

    /// How many requests that are answered from here are taken in one go, so that one connection does not keep the others waiting.
    private static let requestsInOneGo = 16

    /// Takes requests one after another as long as there are bytes and nothing runs.
    func readRequests() {
        guard !isReading else { return }
        isReading = true
        defer { isReading = false }
        for _ in 0..<Self.requestsInOneGo {
            guard phase == .open else { return }
            if let exchange, !exchange.isReadingHead { return }
            guard readHead() else { return }
        }
        worker.loop.deferWork(self)
    }

    /// True when a head has come whole, or broken: the exchange has it then, or has even ended already.
    private func readHead() -> Bool {
        while true {
            if let input, !input.isEmpty {
                if exchange == nil { beginExchange() }
                if exchange?.parseHead(input) == true { return true }
            }
            let buffer = roomyInput()
            switch stream.read(into: buffer) {
            case .bytes: continue
            case .blocked:
                input = worker.memory.shrink(buffer)
                if stream.hasFailed { lost() }
                return false
            case .endOfStream, .failed:
                input = worker.memory.shrink(buffer)
                lost()
                return false
            }
        }
    }

    private func beginExchange() {
        let next = worker.takeExchange(for: self)
        requestCount += 1
        exchange = next
        next.begin(self)
        worker.loop.setDeadline(self, worker.loop.now + worker.timeouts.requestHead)
    }

    /// The input buffer, with room behind what it holds. Heads are bounded well below a large buffer.
    func roomyInput(atLeast wanted: Int = 0) -> ByteBuffer {
        guard let buffer = input else {
            let fresh = worker.memory.large.take()
            input = fresh
            return fresh
        }
        if buffer.room == 0 || wanted > buffer.capacity { buffer.compact() }
        if buffer.room > 0, wanted <= buffer.capacity { return buffer }
        let larger = worker.memory.take(capacity: max(buffer.capacity * 2, wanted))
        larger.append(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
        worker.memory.give(buffer)
        input = larger
        return larger
    }

    /// The agent has gone, or has ended the connection between requests.
    private func lost() {
        if let exchange {
            exchange.clientGone()
        } else {
            finish()
        }
    }

    /// The exchange has ended and is logged. `keepAlive`: another request may come.
    func exchangeEnded(keepAlive: Bool) {
        guard let ended = exchange else { return }
        exchange = nil
        worker.giveExchange(ended)
        guard phase == .open else { return }
        guard keepAlive else { return finish() }
        idleSince = worker.loop.now
        worker.loop.setDeadline(self, worker.loop.now + worker.idleTimeout)
        if isReading { return }
        // A pipelined request may wait in `input`, in the session or in the socket.
        readRequests()
    }

    /// Whether the agent's certificate is still good under the newest CRLs.
    func isRevoked() -> Bool {
        guard identity != nil, worker.snapshot.generation != trustedGeneration else { return false }
        if let tls = worker.judge(of: listener), stream.session?.isRevoked(under: tls) == true { return true }
        trustedGeneration = worker.snapshot.generation
        return false
    }

    // MARK: The end

    /// Says that nothing more will be sent and waits a moment for the other side, so that a reset does not eat the last answer.
    func finish() {
        guard phase != .closed, phase != .lingering else { return }
        guard !stream.hasFailed else { return close() }
        phase = .lingering
        worker.loop.setDeadline(self, worker.loop.now + 2_000_000_000)
        if stream.flushPending() { stream.finishWriting() }
        linger()
    }

    private func linger() {
        if stream.hasPendingOutput {
            guard stream.flushPending() else {
                if stream.hasFailed { close() }
                return
            }
            stream.finishWriting()
        }
        let scratch = worker.memory.large.take()
        defer { worker.memory.large.give(scratch) }
        for _ in 0..<16 {
            // As it comes: what is said now interests nobody, and a session that was refused reads nothing any more.
            switch stream.receive(into: UnsafeMutableRawBufferPointer(start: scratch.base, count: scratch.capacity)) {
            case .bytes: continue
            case .blocked: return
            case .endOfStream, .failed: return close()
            }
        }
        worker.loop.deferWork(self)
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        handshakeEnded()
        if let exchange {
            exchange.connectionClosed()
            self.exchange = nil
            worker.giveExchange(exchange)
        }
        if let input { worker.memory.give(input) }
        input = nil
        worker.loop.remove(self)
        stream.close()
        worker.connectionEnded(self, peer: peer)
    }
}
