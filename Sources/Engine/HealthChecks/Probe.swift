import Balancing
import Buffers
import Model
import Network
import TLS

/// Asks one server the same again and again, each time over a fresh connection. Lives on the control loop.
///
/// waiting → connecting → handshaking (with TLS) → asking → waiting; from each to waiting. Subclasses define what to ask, how to interpret
/// the response, and by `rest` when to ask again.
class Probe: EventTarget {
    private enum Phase { case waiting, connecting, handshaking, asking }

    struct Question {
        var target: UpstreamTarget
        var address: SocketAddress
        /// Whether TLS is spoken where the pool has it.
        var isSecured = true
        /// What is sent; may be empty.
        var bytes: [UInt8]
        /// For all of it, connecting included.
        var timeout: Duration
    }

    /// What to do when it is due.
    enum Plan {
        case ask(Question)
        /// Nothing can or need be asked now.
        case later(Duration)
        /// The server is gone, or is not to be asked any more.
        case never
    }

    let pool: PoolCoordinator
    let server: ServerID
    unowned let checker: HealthChecker
    private var phase: Phase = .waiting
    private var began: Int64 = 0
    private var question: Question?
    private var stream: Stream?
    private var buffer: ByteBuffer?
    private var sent = 0
    private var http2: HTTP2Question?

    /// Bytes that are held at once: a head of 16 KiB fits.
    private static let bufferCapacity = 32 << 10

    init(_ pool: PoolCoordinator, _ server: ServerID, checker: HealthChecker) {
        self.pool = pool
        self.server = server
        self.checker = checker
    }

    // MARK: What subclasses define

    func plan() -> Plan { .never }

    /// More bytes have arrived; `hasEnded`: no more will. Parsed bytes should be consumed: when the buffer is full of others, `hasEnded` is set
    /// too, and then `rest` must be called.
    func received(_ buffer: ByteBuffer, hasEnded: Bool) { preconditionFailure("a probe must interpret responses") }

    /// No response. `rest` must be called.
    func failed(_ cause: CheckFailure.Cause, _ info: String) { preconditionFailure("a probe must handle failures") }

    // MARK: When

    final func schedule(at time: Int64) {
        phase = .waiting
        // While it asks it is registered with the socket; now only a timer is needed.
        if token == 0 { try? checker.loop.add(self, descriptor: nil) }
        checker.loop.setDeadline(self, time)
    }

    /// The next time comes at `time` at the latest.
    final func hurry(to time: Int64) {
        if phase == .waiting, token != 0, time < deadline { checker.loop.setDeadline(self, time) }
    }

    /// Ends what runs, and asks again after `interval`, counted from one beginning to the next as HAProxy does. nil: never again.
    final func rest(_ interval: Duration?) {
        stop()
        guard let interval else { return checker.forget(self) }
        schedule(at: max(checker.loop.now + 1_000_000, began + interval.inNanoseconds))
    }

    /// Ends what runs; nothing is scheduled any more.
    final func stop() {
        checker.loop.remove(self)
        stream?.close()
        stream = nil
        buffer = nil
        question = nil
        http2 = nil
        phase = .waiting
    }

    /// The Host field, as in requests: a server then responds to a probe as it does to requests with that Host and SNI.
    final func authority(_ target: UpstreamTarget) -> [UInt8] { checker.agentAuthority ?? target.authority }

    final var duration: Duration { .nanoseconds(checker.loop.now - began) }

    // MARK: Asking

    private func start() {
        began = checker.loop.now
        switch plan() {
        case .never: checker.forget(self)
        case .later(let interval): rest(interval)
        case .ask(let question): connect(question)
        }
    }

    private func connect(_ question: Question) {
        self.question = question
        sent = 0
        checker.loop.remove(self)
        do {
            let stream = Stream(try Socket.connect(to: question.address, keepalive: false), memory: checker.memory)
            self.stream = stream
            phase = .connecting
            try checker.loop.add(self, descriptor: stream.descriptor)
            checker.loop.setDeadline(self, began + question.timeout.inNanoseconds)
        } catch {
            failed(.socketError, error.description)
        }
    }

    override final func handle(_ events: ReadyEvents) {
        guard let stream else { return }
        stream.note(events)
        switch phase {
        case .waiting: break
        case .connecting:
            guard !events.isDisjoint(with: [.writable, .hungUp]) else { return }
            let code = stream.takeSocketError()
            guard code == 0 else { return failed(.layer4Refused, SystemError("connect", code: code).description) }
            secure(stream)
        case .handshaking: continueHandshake(stream)
        case .asking: ask(stream)
        }
    }

    override final func deadlinePassed() {
        switch phase {
        case .waiting: start()
        case .connecting: failed(.layer4Timeout, "")
        case .handshaking: failed(.layer6Timeout, "")
        case .asking: failed(.layer7Timeout, "")
        }
    }

    private func secure(_ stream: Stream) {
        guard let question, question.isSecured, let material = question.target.tls else {
            return begin(stream)
        }
        do {
            stream.startTLS(client: try checker.context(for: material), target: question.target)
            phase = .handshaking
            continueHandshake(stream)
        } catch {
            failed(.layer6Response, error.description)
        }
    }

    private func continueHandshake(_ stream: Stream) {
        switch stream.handshake() {
        case .done where question?.target.speaksHTTP2 == true && stream.session?.negotiatedProtocol != .http2:
            failed(.layer6Response, "the server does not offer HTTP/2 (ALPN h2), as protocol: h2 needs")
        case .done: begin(stream)
        case .wantsRead, .wantsWrite: if stream.hasFailed { failed(.layer6Response, "connection closed") }
        case .failed(let failure): failed(.layer6Response, failure.reason)
        }
    }

    /// The connection is established.
    private func begin(_ stream: Stream) {
        phase = .asking
        if let question, question.target.speaksHTTP2, !question.bytes.isEmpty {
            http2 = HTTP2Question(question.bytes, isSecured: stream.session != nil, memory: checker.memory)
        }
        ask(stream)
    }

    private func ask(_ stream: Stream) {
        if let http2 { return ask(stream, http2) }
        if let bytes = question?.bytes, stream.flushPending(), sent < bytes.count {
            sent += bytes[sent...].withUnsafeBytes { stream.write($0) }
        }
        let buffer = buffer ?? ByteBuffer(capacity: Self.bufferCapacity)
        self.buffer = buffer
        while phase == .asking {
            buffer.compact()
            guard buffer.room > 0 else { return received(buffer, hasEnded: true) }
            switch stream.read(into: buffer) {
            case .bytes: received(buffer, hasEnded: false)
            case .blocked:
                if stream.hasFailed { received(buffer, hasEnded: true) }
                return
            // Servers that close after their response often do so without close_notify: the bytes before it count.
            case .endOfStream, .failed: return received(buffer, hasEnded: true)
            }
        }
    }

    private func ask(_ stream: Stream, _ http2: HTTP2Question) {
        let buffer = buffer ?? ByteBuffer(capacity: Self.bufferCapacity)
        self.buffer = buffer
        while phase == .asking {
            buffer.compact()
            switch http2.exchange(with: stream, into: buffer, now: checker.loop.now) {
            case .nothing: return
            case .more: received(buffer, hasEnded: buffer.room == 0)
            case .ended: return received(buffer, hasEnded: true)
            case .failed(let reason): return failed(.layer7Response, reason)
            }
        }
    }
}
