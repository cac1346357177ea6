import Buffers
import HTTP2
import Model
import Network
import Settings
import TLS

/// An agent's connection, owned by one worker for its life: who is it, is it still trusted, and when does its next request begin?
///
/// proxyHeader → handshake → (preface →) open or http2 → lingering → closed; the first two only where configured, each may go to closed.
/// While idle it holds no buffer and no exchange.
final class DownstreamConnection: EventTarget {
    /// `preface`: a plain connection's protocol is not known yet. `open`: HTTP/1.1.
    enum Phase { case proxyHeader, handshake, preface, open, http2, lingering, closed }

    /// The worker outlives all that it owns; see Sources/README.md.
    unowned(unsafe) let worker: Worker
    let number: SessionNumber
    let listener: ListenerContext
    let stream: Stream
    private(set) var phase: Phase = .open
    private(set) var source: IPAddress
    private(set) var sourcePort: UInt16
    /// Known from `open` on.
    private(set) var client: ClientContext!
    /// The peer's own address, which the limit by source counts.
    private let peer: SocketAddress
    /// It counts for `limits.connections_per_source`.
    let countsSource: Bool
    /// The generation of trust under which the client was last found good.
    private var trustedGeneration: Int
    /// A PROXY header that has not come whole.
    private var proxyHeader = ProxyHeaderReader()
    /// In phase `http2` and after it.
    private var http2: HTTP2Downstream?
    /// While there are bytes of a request.
    private var current: ExchangePool.Exchange?
    private(set) var requestCount = 0
    private var isReading = false
    /// Its handshake counts for `limits.handshakes`: its ClientHello is complete.
    private(set) var countsAsHandshake = false
    /// Its handshake waits for a place since then.
    private var waitingSince: Int64?
    private var handshakeDeadline = Int64.max
    /// When the handshake began or got its place.
    private(set) var handshakeActiveSince: Int64
    /// An agent gives up then (Puppet's `http_connect_timeout`).
    private static let longestWait: Int64 = 120_000_000_000
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
        handshakeActiveSince = idleSince
        stream = Stream(socket, memory: worker.memory)
    }

    private var exchange: ExchangeDriver? { current?.driver }
    /// Those under way.
    var activeExchanges: [ExchangeDriver] {
        (http2?.drivers ?? current.map { [$0.driver] } ?? []).filter(\.isActive)
    }
    var isHTTP2: Bool { phase == .http2 }

    /// Begins to read: TCP_DEFER_ACCEPT has seen to it that there is something.
    func begin() {
        if listener.requiresProxyHeader(from: source) {
            phase = .proxyHeader
            worker.loop.setDeadline(self, worker.loop.now + worker.timeouts.requestHead)
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
        case .handshake where waitingSince == nil: continueHandshake()
        case .handshake: if stream.peerClosed { close() }
        case .open:
            if let exchange, exchange.isActive, !exchange.isReadingHead { exchange.clientReady() } else { readRequests() }
        case .http2: http2?.ready()
        case .preface: readPreface()
        case .lingering: linger()
        case .closed: break
        }
    }

    override func deadlinePassed() {
        switch phase {
        case .proxyHeader, .lingering: close()
        case .handshake:
            let reason = waitingSince == nil ? "handshake timeout" : "no place for its handshake"
            worker.handshakeFailed(self, HandshakeFailure(.timeout, reason: reason))
            close()
        case .open, .preface: if let exchange, exchange.isActive { exchange.clientTimedOut() } else { finish() }
        case .http2: http2?.deadlinePassed()
        case .closed: break
        }
    }

    // MARK: Before the first request

    private func readProxyHeader() {
        switch proxyHeader.read(stream, worker.memory) {
        case .nothing: return
        case .gone: return close()
        case .malformed:
            worker.messages.proxyHeaderMalformed(self)
            return close()
        case .source(let address, let port):
            source = IPAddress(high: address.high, low: address.low)
            sourcePort = port
        case .local: break
        }
        proxyHeader.end(worker.memory)
        secure()
    }

    private func secure() {
        guard listener.tls != nil else { return open() }
        phase = .handshake
        handshakeDeadline = worker.loop.now + worker.timeouts.handshake
        worker.loop.setDeadline(self, handshakeDeadline)
        continueHandshake()
    }

    /// A handshake that does not count yet goes on only where it could.
    private func continueHandshake() {
        guard !countsAsHandshake else { return shakeHands() }
        switch worker.handshakes.admit(self) {
        case .goesOn: shakeHands()
        case .waits:
            waitingSince = worker.loop.now
            worker.loop.setDeadline(self, worker.loop.now + Self.longestWait)
        case .rejected: rejectHandshake()
        }
    }

    /// It waited, and may go on. The time that it waited is not its client's.
    func takeTurn() {
        guard let since = waitingSince else { return }
        waitingSince = nil
        handshakeActiveSince = worker.loop.now
        handshakeDeadline += worker.loop.now - since
        worker.loop.setDeadline(self, handshakeDeadline)
        shakeHands()
    }

    private func shakeHands() {
        if stream.session == nil, let context = listener.tls { stream.startTLS(server: context) }
        guard stream.flushPending() else {
            if stream.hasFailed { close() }
            return
        }
        switch stream.handshake() {
        case .done:
            worker.handshakeDone(self, nanoseconds: worker.loop.now - idleSince)
            handshakeEnded()
            open()
        case .wantsRead, .wantsWrite:
            if stream.hasFailed { return close() }
            if stream.hasSent, !countsAsHandshake {
                countsAsHandshake = true
                handshakeActiveSince = worker.loop.now
                worker.handshakes.takePlace(self)
            }
        // A connection that was closed without a byte, as monitors do, is no failed handshake.
        case .failed where !stream.hasReceived: close()
        case .failed(let failure):
            worker.handshakeFailed(self, failure)
            handshakeEnded()
            finish()
        }
    }

    /// There is no room for the handshakes of others.
    func endStalledHandshake() {
        worker.handshakeFailed(self, HandshakeFailure(.timeout, reason: "stalled while others needed its place"))
        close()
    }

    /// Too many of its source's wait, or its place in the queue is another connection's.
    func rejectHandshake() {
        worker.rejected("limits.handshakes")
        close()
    }

    private func handshakeEnded() {
        worker.handshakes.remove(self, wasWaiting: waitingSince != nil)
        waitingSince = nil
        guard countsAsHandshake else { return }
        countsAsHandshake = false
        worker.handshakes.releasePlace(self)
    }

    private func open() {
        phase = .open
        client = ClientContext(
            listener: listener, source: source, sourcePort: sourcePort, identity: stream.session?.identity,
            serverName: stream.session?.serverName ?? [], isTLS13: stream.isTLS13)
        worker.loop.setDeadline(self, worker.loop.now + worker.timeouts.requestHead)
        if let session = stream.session {
            if session.negotiatedProtocol == .http2 { return speakHTTP2(received: nil) }
        } else if listener.settings.http2 {
            phase = .preface
            return readPreface()
        }
        readRequests()
    }

    // MARK: HTTP/2

    /// A plain connection: which protocol do its first bytes belong to?
    private func readPreface() {
        let side = exchangeForBytes().side
        switch side.detectHTTP2() {
        case nil: finish()
        case .partial: if !side.hasInput { giveExchange() }
        case .other:
            phase = .open
            readRequests()
        case .whole: speakHTTP2(received: side.takeInput())
        }
    }

    private func speakHTTP2(received: ByteBuffer?) {
        giveExchange()
        phase = .http2
        http2 = HTTP2Downstream(self, worker: worker)
        http2?.begin(received: received)
    }

    /// A stream has begun.
    func requestBegan() { requestCount += 1 }

    // MARK: Requests

    /// How many requests that are answered from here are taken per turn, so that one connection does not keep the others waiting.
    private static let requestsPerTurn = 16

    /// Takes requests one after another as long as there are bytes and no exchange is under way.
    private func readRequests() {
        guard !isReading else { return }
        isReading = true
        defer { isReading = false }
        for _ in 0..<Self.requestsPerTurn {
            guard phase == .open else { return }
            if let exchange, exchange.isActive, !exchange.isReadingHead { return }
            guard readHead() else { return }
        }
        worker.loop.deferWork(self)
    }

    /// True when a head is complete, or malformed: its exchange is under way then, or has even ended already.
    private func readHead() -> Bool {
        let exchange = exchangeForBytes()
        let (driver, side) = (exchange.driver, exchange.side)
        while true {
            if side.hasInput {
                if !driver.isActive { begin(driver, side) }
                switch side.parseHead() {
                case .needMore: break
                case .whole:
                    driver.headCame()
                    return true
                case .broken(let error):
                    driver.headBroke(error)
                    return true
                }
            }
            switch side.receive(upTo: 0) {
            case .more: continue
            case .nothing:
                if !driver.isActive { giveExchange() }
                return false
            case .gone:
                if driver.isActive { driver.clientGone() } else { finish() }
                return false
            }
        }
    }

    private func exchangeForBytes() -> ExchangePool.Exchange {
        if let current { return current }
        let taken = worker.takeExchange(for: self)
        current = taken
        return taken
    }

    private func begin(_ driver: ExchangeDriver, _ side: HTTP1Downstream) {
        requestCount += 1
        side.begin(limits: worker.headLimits)
        driver.begin()
    }

    private func giveExchange() {
        guard let current else { return }
        self.current = nil
        worker.giveExchange(current)
    }

    /// The exchange has ended and is logged.
    func exchangeEnded(_ ending: DownstreamSide.Ending) {
        guard phase == .open else { return }
        switch ending {
        case .keepAlive:
            idleSince = worker.loop.now
            worker.loop.setDeadline(self, worker.loop.now + worker.idleTimeout)
            // A pipelined request may be in the input, in the session or in the socket.
            readRequests()
        case .close: finish()
        case .cut: close()
        case .reset:
            stream.resetOnClose()
            close()
        }
    }

    /// The worker drains: no more requests than those that are on their way.
    func drain() {
        if let http2 { return http2.drain() }
        guard phase == .open, current?.driver.isActive != true else { return }
        // Agents end idle connections after 4 s themselves; a FIN from here could cross with a request.
        worker.loop.setDeadline(self, max(worker.loop.now, idleSince + worker.idleTimeout))
    }

    /// Why the agent's certificate is no longer accepted under the newest CAs and CRLs; nil: it is, or there is none.
    func identityFault() -> IdentityFault? {
        guard client.identity != nil, worker.snapshot.generation != trustedGeneration else { return nil }
        if let tls = worker.currentTLS(for: listener), let failure = stream.session?.refusal(under: tls) { return IdentityFault(failure) }
        trustedGeneration = worker.snapshot.generation
        return nil
    }

    // MARK: The end

    /// Ends the connection's output and waits a moment for the client, so that a reset does not destroy the last response.
    func finish() {
        guard phase != .closed, phase != .lingering else { return }
        guard !stream.hasFailed else { return close() }
        phase = .lingering
        http2?.closed()
        giveExchange()
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
        switch stream.discardInput() {
        case .bytes: worker.loop.deferWork(self)
        case .blocked: break
        case .endOfStream, .failed: close()
        }
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        handshakeEnded()
        current?.driver.clientGone()
        http2?.closed()
        giveExchange()
        proxyHeader.end(worker.memory)
        worker.loop.remove(self)
        stream.close()
        worker.connectionEnded(self, peer: peer)
    }
}
