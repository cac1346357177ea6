import Buffers
import HTTP2
import Model
import Network
import Synchronization
import TLS

/// One connection to a server as HTTP/2: which requests are under way on it, and may it take one more?
///
/// Frames of all streams go out through one buffer, once a turn of the loop. Sides are called after the session has understood what came, and
/// never from within one of their own calls. A request is sent only after the server has acknowledged our SETTINGS: one that does not speak
/// HTTP/2 is found out before anything can have been lost, and its stream limit is known.
///
/// connecting → handshaking (with TLS) → greeting → open → closed; each may go to closed. One that leaves takes no more requests and is
/// closed with its last one: after GOAWAY, when the worker drains, and when the server may have closed it.
final class HTTP2ServerConnection: EventTarget {
    private enum Phase { case connecting, handshaking, greeting, open, closed }

    private static let readsPerTurn = 8
    /// A connection with requests that has been silent for so long is asked for a sign of life; without one for the connect timeout it is lost.
    private static let silence: Int64 = 10_000_000_000
    /// What a server may do. It is known and serves many at once, so it gets larger budgets than a client.
    private static let limits: HTTP2Limits = {
        var limits = HTTP2Limits()
        // One stream's content that may come before its client has taken any: with its framing it fits one large buffer.
        limits.streamWindow = 120 << 10
        limits.connectionWindow = 4 << 20
        limits.pings = .init(burst: 1000, perSecond: 100)
        limits.emptyData = .init(burst: 1000, perSecond: 100)
        limits.otherFrames = .init(burst: 1000, perSecond: 100)
        limits.resets = .init(burst: 2000, perSecond: 500)
        return limits
    }()
    /// An instance may be far away, and carries all of its site's traffic.
    private static let limitsOfInstance: HTTP2Limits = {
        var limits = HTTP2ServerConnection.limits
        limits.connectionWindow = 16 << 20
        limits.resets = .init(burst: 20_000, perSecond: 5_000)
        return limits
    }()
    /// Streams at once, also where the server allows more.
    private var mostStreams: Int { target.isInstance ? HTTP2Limits.streamsOfInstance : 256 }

    let target: UpstreamTarget
    private let stream: Stream
    private let session: HTTP2Session
    private let group: HTTP2ServerConnections
    private let servers: ServerConnections
    private let loop: EventLoop<WorkerMessage>
    private let memory: TransferMemory
    private var phase = Phase.connecting
    private var isLeaving = false
    /// Before the server has said how many.
    private let assumedStreamLimit: Int
    private var isAcknowledged = false
    /// All sides, those without a stream too.
    private var sides: [HTTP2Upstream] = []
    private var byStream: [Int32: HTTP2Upstream] = [:]
    /// Sides that are called once the events are taken.
    private var news: [HTTP2Upstream] = []
    /// Frames that the socket has not taken.
    private var outgoing: ByteBuffer?
    /// It has served a request.
    private(set) var hasServed = false
    private var lastReceived: Int64 = 0
    private var pingDeadline: Int64?
    private var isCountedIdle = false

    init(
        _ target: UpstreamTarget, socket: consuming Socket, streamLimit: Int, group: HTTP2ServerConnections, servers: ServerConnections,
        loop: EventLoop<WorkerMessage>, memory: TransferMemory
    ) {
        self.target = target
        assumedStreamLimit = streamLimit
        self.group = group
        self.servers = servers
        self.loop = loop
        self.memory = memory
        stream = Stream(socket, memory: memory, isConnected: false)
        session = HTTP2Session(.client, limits: target.isInstance ? Self.limitsOfInstance : Self.limits, heads: memory.small)
    }

    var descriptor: Int32? { stream.descriptor }
    var isOpen: Bool { phase == .open }
    private var streamLimit: Int { phase == .open ? min(session.peerStreamLimit, mostStreams) : assumedStreamLimit }
    var hasRoom: Bool { !isLeaving && phase != .closed && sides.count < streamLimit }
    /// Idle, and the socket has something to read.
    var mayHaveEnded: Bool { phase == .open && sides.isEmpty && !stream.isQuiet }

    func begin() { loop.setDeadline(self, loop.now + target.connectTimeout) }

    // MARK: Events

    override func handle(_ events: ReadyEvents) {
        stream.note(events)
        switch phase {
        case .connecting: if !events.isDisjoint(with: [.writable, .hungUp]) { connected() }
        case .handshaking: continueHandshake()
        case .greeting, .open: transfer()
        case .closed: break
        }
    }

    override func resume() { if phase == .greeting || phase == .open { transfer() } }

    private func connected() {
        let code = stream.takeSocketError()
        guard code == 0 else { return fail(.connectRefused, SystemError("connect", code: code).description) }
        guard let material = target.tls else { return greet() }
        do {
            stream.startTLS(client: try servers.context(for: material), target: target)
        } catch {
            return fail(.tlsHandshake, error.description)
        }
        phase = .handshaking
        continueHandshake()
    }

    private func continueHandshake() {
        guard stream.flushPending() else {
            if stream.hasFailed { fail(.tlsHandshake, "connection lost") }
            return
        }
        switch stream.handshake() {
        case .done where stream.session?.negotiatedProtocol != .http2:
            fail(.tlsHandshake, "the server does not offer HTTP/2 (ALPN h2), as protocol: h2 needs")
        case .done: greet()
        case .wantsRead, .wantsWrite: if stream.hasFailed { fail(.tlsHandshake, "connection lost") }
        case .failed(let failure): fail(.tlsHandshake, failure.reason)
        }
    }

    private func greet() {
        phase = .greeting
        lastReceived = loop.now
        transfer()
    }

    /// The server has acknowledged our SETTINGS, so its own were received.
    private func greeted() {
        phase = .open
        target.http2Count.add(1, ordering: .relaxed)
        target.http2Total.add(1, ordering: .relaxed)
        let streamLimit = streamLimit
        group.streamLimitCame(self, streamLimit)
        let waiting = sides
        if streamLimit > 0 { sides.removeLast(max(0, sides.count - streamLimit)) }
        restartDeadline()
        for (index, side) in waiting.enumerated() {
            if index < streamLimit {
                side.connected()
            } else if streamLimit > 0 {
                group.move(side, of: servers)
            } else {
                side.connectFailed(ProxyError(.closed, context: "the server allows no streams"))
            }
        }
    }

    // MARK: Bytes

    private func transfer() {
        for _ in 0..<Self.readsPerTurn {
            flush()
            guard phase != .closed, stream.mayRead, session.failure == nil else { return conclude() }
            let buffer = memory.large.take()
            let result = stream.read(into: buffer)
            if case .bytes = result {
                lastReceived = loop.now
                pingDeadline = nil
                session.receive(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count), now: loop.now)
                takeEvents()
            }
            memory.give(buffer)
            switch result {
            case .bytes: wake()
            case .blocked: return conclude()
            case .endOfStream, .failed:
                return fail(.closed, phase == .greeting ? "connection closed instead of HTTP/2, as protocol: h2 needs" : "connection lost")
            }
        }
        loop.deferWork(self)
        conclude()
    }

    private func conclude() {
        guard phase != .closed else { return }
        if isLeaving, sides.isEmpty { return close() }
        if stream.hasFailed { return fail(.closed, "connection lost") }
        guard session.failure != nil || session.isOver else { return }
        flush()
        switch session.failure {
        case .abuse(let limit): fail(.closed, "the server went over a limit of HTTP/2: \(limit.rawValue)")
        case .protocolError(let reason): fail(.closed, "broken HTTP/2: \(reason)")
        case nil where phase == .greeting: fail(.closed, "the server does not speak HTTP/2, as protocol: h2 needs")
        case nil: fail(.closed, "broken HTTP/2")
        }
    }

    /// Writes frames as long as there are some and the socket takes them.
    private func flush() {
        guard phase == .greeting || phase == .open else { return }
        while stream.flushPending() {
            guard let buffer = outgoing ?? produced() else { break }
            let count = stream.write(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
            buffer.consume(count)
            outgoing = memory.shrink(buffer)
            if outgoing != nil { break }
        }
        takeEvents()
        wake()
    }

    private func produced() -> ByteBuffer? {
        guard session.wantsWrite else { return nil }
        let buffer = memory.large.take()
        guard !buffer.isVoid else {
            stream.fail()
            return nil
        }
        _ = session.produce(into: buffer)
        guard buffer.isEmpty else { return buffer }
        memory.give(buffer)
        return nil
    }

    // MARK: What the session has understood

    private func takeEvents() {
        while let event = session.nextEvent() {
            switch event {
            case .interim(let stream, let head): headCame(head, on: stream, isInterim: true, ends: false)
            case .head(let stream, let head, let ends): headCame(head, on: stream, isInterim: false, ends: ends)
            case .content(let stream, let bytes): note(stream)?.contentCame(bytes)
            case .ended(let stream, let trailers):
                if let side = note(stream) { side.endCame(trailers: trailers) } else if let trailers { memory.give(trailers) }
            case .drained(let stream): note(stream)
            case .closed(let stream, let code): closed(stream, code)
            case .goAway: leave()
            case .settingsAcknowledged: isAcknowledged = true
            case .headTooLarge, .pingAcknowledged: break
            }
        }
    }

    private func headCame(_ head: ByteBuffer, on stream: HTTP2Stream, isInterim: Bool, ends: Bool) {
        if !isInterim { hasServed = true }
        guard let side = note(stream) else { return memory.give(head) }
        side.headCame(head, isInterim: isInterim)
        if ends { side.endCame(trailers: nil) }
    }

    private func closed(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        note(stream)?.closed(code, connectionLeaves: isLeaving)
        byStream[stream.id] = nil
        if let emptied = stream.takeEmptied() { memory.give(emptied) }
    }

    /// The stream's side, which is called later in the turn; nil: its exchange is over.
    @discardableResult
    private func note(_ stream: HTTP2Stream) -> HTTP2Upstream? {
        guard let side = byStream[stream.id] else { return nil }
        if !news.contains(where: { $0 === side }) { news.append(side) }
        return side
    }

    private func wake() {
        if isAcknowledged, phase == .greeting { greeted() }
        while !news.isEmpty {
            let sides = news
            news.removeAll(keepingCapacity: true)
            for side in sides { side.report() }
        }
    }

    // MARK: For the sides

    /// - Returns: whether a request may be sent at once
    func attach(_ side: HTTP2Upstream) -> Bool {
        sides.append(side)
        if phase == .open { restartDeadline() }
        return phase == .open
    }

    /// nil where the connection takes no more.
    func request(_ side: HTTP2Upstream, _ fields: FieldBlock, hasContent: Bool) -> HTTP2Stream? {
        guard phase == .open, let stream = session.request(fields, hasContent: hasContent) else { return nil }
        byStream[stream.id] = side
        loop.deferWork(self)
        return stream
    }

    func resume(_ stream: HTTP2Stream) {
        session.resume(stream)
        loop.deferWork(self)
    }

    func consume(_ stream: HTTP2Stream, _ byteCount: Int) {
        session.consume(stream, byteCount)
        if session.wantsWrite { loop.deferWork(self) }
    }

    func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        session.reset(stream, code)
        loop.deferWork(self)
    }

    /// The side's exchange is done with it.
    func detach(_ side: HTTP2Upstream, _ stream: HTTP2Stream?) {
        if let stream { byStream[stream.id] = nil }
        sides.removeAll { $0 === side }
        loop.remove(side)
        if servers.keepsNone { leave() }
        guard sides.isEmpty, phase != .closed else { return }
        if isLeaving { loop.deferWork(self) }
        if phase == .open { restartDeadline() }
    }

    // MARK: Time

    private func restartDeadline() {
        let isIdle = sides.isEmpty
        if isIdle != isCountedIdle { target.idleCount.add(isIdle ? 1 : -1, ordering: .relaxed) }
        isCountedIdle = isIdle
        pingDeadline = nil
        loop.setDeadline(self, loop.now + (isIdle ? target.idleTimeout : Self.silence))
    }

    override func deadlinePassed() {
        switch phase {
        case .connecting, .handshaking, .greeting: fail(.connectTimeout, "connect timeout")
        case .open where sides.isEmpty: leave()
        case .open: watchSilence()
        case .closed: break
        }
    }

    private func watchSilence() {
        if let pingDeadline, loop.now >= pingDeadline { return fail(.closed, "no sign of life from the server") }
        if pingDeadline == nil, loop.now - lastReceived >= Self.silence {
            pingDeadline = loop.now + target.connectTimeout
            session.ping()
            loop.deferWork(self)
        }
        loop.setDeadline(self, pingDeadline ?? lastReceived + Self.silence)
    }

    // MARK: The end

    /// Takes no more requests.
    func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        group.leaves(self)
        if sides.isEmpty { loop.deferWork(self) }
    }

    private func fail(_ kind: ProxyError.Kind, _ context: String) {
        guard phase != .closed else { return }
        let error = ProxyError(kind, context: context)
        let wasOpen = phase == .open
        let ended = sides
        close()
        for side in ended { if wasOpen { side.connectionLost() } else { side.connectFailed(error) } }
    }

    private func close() {
        guard phase != .closed else { return }
        if phase == .open, session.failure == nil {
            session.goAway()
            flush()
        }
        if phase == .open { target.http2Count.subtract(1, ordering: .relaxed) }
        phase = .closed
        isLeaving = true
        group.leaves(self)
        if isCountedIdle { target.idleCount.subtract(1, ordering: .relaxed) }
        isCountedIdle = false
        if let outgoing { memory.give(outgoing) }
        outgoing = nil
        loop.remove(self)
        stream.close()
    }
}
