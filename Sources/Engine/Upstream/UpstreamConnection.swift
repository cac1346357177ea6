import Buffers
import Model
import Network
import TLS

/// A connection to a server, owned by one worker: made for an exchange, kept for the next one while idle.
///
/// connecting → handshaking (with TLS) → busy ⇄ idle → closed; each may go to closed.
final class UpstreamConnection: EventTarget {
    enum Phase { case connecting, handshaking, busy, idle, closed }

    let target: UpstreamTarget
    let stream: Stream
    private unowned(unsafe) let worker: Worker
    private(set) var phase: Phase = .connecting
    /// The exchange that it serves; nil while idle.
    private(set) var exchange: RunningExchange?
    /// It has served a request before this one.
    private(set) var wasReused = false
    /// Bytes of an answer's head that has not come whole.
    var input: ByteBuffer?

    init(_ target: UpstreamTarget, socket: consuming Socket, worker: Worker) {
        self.target = target
        self.worker = worker
        stream = Stream(socket, memory: worker.memory)
    }

    /// Serves `exchange` from now on. A connection that stands already says so at once.
    func begin(_ exchange: RunningExchange) {
        self.exchange = exchange
        if phase == .idle {
            phase = .busy
            wasReused = true
            worker.loop.setDeadline(self, .max)
            return
        }
        worker.loop.setDeadline(self, worker.loop.now + target.connectTimeout)
    }

    // MARK: Events

    override func handle(_ events: ReadyEvents) {
        stream.note(events)
        switch phase {
        case .connecting: if !events.isDisjoint(with: [.writable, .hungUp]) { connected() }
        case .handshaking: continueHandshake()
        case .busy: exchange?.upstreamReady()
        case .idle: if !isQuiet { worker.dropIdle(self) }
        case .closed: break
        }
    }

    override func resume() { if phase == .busy { exchange?.upstreamReady() } }

    override func deadlinePassed() {
        switch phase {
        case .connecting, .handshaking: exchange?.upstreamFailed(ProxyError(.connectTimeout, context: "connect timeout"))
        case .busy: exchange?.answerTimedOut()
        case .idle: worker.dropIdle(self)
        case .closed: break
        }
    }

    private func connected() {
        let code = stream.takeSocketError()
        guard code == 0 else {
            exchange?.upstreamFailed(ProxyError(.connectRefused, context: SystemError("connect", code: code).description))
            return
        }
        guard let material = target.tls else { return ready() }
        do {
            let context = try worker.clientContext(for: material)
            stream.startTLS(client: context, target: target)
            phase = .handshaking
            continueHandshake()
        } catch {
            exchange?.upstreamFailed(ProxyError(.tlsHandshake, context: error.description))
        }
    }

    private func continueHandshake() {
        guard stream.flushPending() else {
            if stream.hasFailed { handshakeFailed("connection lost") }
            return
        }
        switch stream.handshake() {
        case .done: ready()
        case .wantsRead, .wantsWrite: if stream.hasFailed { handshakeFailed("connection lost") }
        case .failed(let failure): handshakeFailed(failure.reason)
        }
    }

    private func handshakeFailed(_ reason: String) {
        exchange?.upstreamFailed(ProxyError(.tlsHandshake, context: reason))
    }

    private func ready() {
        phase = .busy
        worker.loop.setDeadline(self, .max)
        exchange?.upstreamConnected()
    }

    // MARK: The end of an exchange

    /// Neither bytes nor an end have come. Session tickets of TLS 1.3 are read away: they are no answer.
    var isQuiet: Bool {
        if stream.isQuiet { return true }
        guard stream.session != nil, !stream.peerClosed, !stream.hasFailed else { return false }
        let scratch = worker.memory.small.take()
        defer { worker.memory.small.give(scratch) }
        return stream.read(into: scratch) == .blocked
    }

    /// The exchange is done with it: kept when `isReusable`, else closed.
    func end(isReusable: Bool) {
        exchange = nil
        if let input { worker.memory.give(input) }
        input = nil
        guard isReusable, phase == .busy, !stream.peerClosed, !stream.hasFailed, worker.keepIdle(self) else { return close() }
        phase = .idle
        worker.loop.setDeadline(self, worker.loop.now + target.idleTimeout)
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        exchange = nil
        if let input { worker.memory.give(input) }
        input = nil
        worker.loop.remove(self)
        stream.close()
    }
}
