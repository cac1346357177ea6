import Balancing
import Buffers
import HTTP1
import Model
import Network
import Settings
import TLS

/// One server's active health check: a fresh connection each time, a request, an expected answer.
///
/// waiting → connecting → handshaking (with TLS) → asking → waiting. Lives on the control loop.
final class HealthProbe: EventTarget {
    private enum Phase { case waiting, connecting, handshaking, asking }

    let pool: PoolCoordinator
    let server: ServerID
    private unowned let checker: HealthChecker
    private var phase: Phase = .waiting
    private var stream: Stream?
    private var began: Int64 = 0
    private var check = CheckSettings()
    private var parser = ResponseParser(limit: 16 << 10)
    private var head = ResponseHead()
    private var answer: ByteBuffer?
    private var request: [UInt8] = []
    private var sent = 0
    private var headIsWhole = false

    /// As much of an answer as is looked at.
    private static let answerBound = 32 << 10

    init(_ pool: PoolCoordinator, _ server: ServerID, checker: HealthChecker) {
        self.pool = pool
        self.server = server
        self.checker = checker
    }

    // MARK: Beginning

    /// `asleep` until the deadline: only a timer. While a check runs the target is registered with the socket, so it is added anew.
    func schedule(at time: Int64) {
        phase = .waiting
        if token == 0 { try? checker.loop.add(self, descriptor: nil) }
        checker.loop.setDeadline(self, time)
    }

    private func start() {
        guard let state = pool.server(server), state.index != nil, let settings = state.health.check, let target = pool.target(server) else {
            return checker.forget(self)
        }
        check = settings
        began = checker.loop.now
        guard let address = target.address, state.admin != .maint else { return schedule(at: began + settings.inter.inNanoseconds) }
        parser.reset()
        head.reset()
        headIsWhole = false
        sent = 0
        request = Array("\(settings.method) \(settings.target) HTTP/1.1\r\nHost: ".utf8) + target.authority
        request += Array("\r\nUser-Agent: puppetfront\r\nAccept: */*\r\nConnection: close\r\n\r\n".utf8)
        checker.loop.remove(self)
        do {
            let socket = try Socket.connect(to: address, keepalive: false)
            let stream = Stream(socket, memory: checker.memory)
            self.stream = stream
            phase = .connecting
            try checker.loop.add(self, descriptor: stream.descriptor)
            checker.loop.setDeadline(self, began + settings.timeout.inNanoseconds)
        } catch {
            fail(.socketError, error.description)
        }
    }

    /// Where the next check is further off than `fastinter`, it comes after that.
    func hurry() {
        guard phase == .waiting, let check = pool.server(server)?.health.check else { return }
        let soon = checker.loop.now + check.fastinter.inNanoseconds
        if deadline > soon { checker.loop.setDeadline(self, soon) }
    }

    // MARK: Events

    override func handle(_ events: ReadyEvents) {
        guard let stream else { return }
        stream.note(events)
        switch phase {
        case .waiting: break
        case .connecting:
            guard !events.isDisjoint(with: [.writable, .hungUp]) else { return }
            let code = stream.takeSocketError()
            guard code == 0 else { return fail(.layer4Refused, SystemError("connect", code: code).description) }
            secure(stream)
        case .handshaking: continueHandshake(stream)
        case .asking: ask(stream)
        }
    }

    override func deadlinePassed() {
        switch phase {
        case .waiting: start()
        case .connecting: fail(.layer4Timeout, "")
        case .handshaking: fail(.layer6Timeout, "")
        case .asking: fail(.layer7Timeout, "")
        }
    }

    private func secure(_ stream: Stream) {
        guard let target = pool.target(server), let material = target.tls else {
            phase = .asking
            return ask(stream)
        }
        do {
            stream.startTLS(client: try checker.context(for: material), target: target)
            phase = .handshaking
            continueHandshake(stream)
        } catch {
            fail(.layer6Response, error.description)
        }
    }

    private func continueHandshake(_ stream: Stream) {
        switch stream.handshake() {
        case .done:
            phase = .asking
            ask(stream)
        case .wantsRead, .wantsWrite: if stream.hasFailed { fail(.layer6Response, "connection closed") }
        case .failed(let failure): fail(.layer6Response, failure.reason)
        }
    }

    private func ask(_ stream: Stream) {
        if stream.flushPending(), sent < request.count {
            sent += request[sent...].withUnsafeBytes { stream.write($0) }
        }
        let buffer = answer ?? ByteBuffer(capacity: Self.answerBound)
        answer = buffer
        while buffer.room > 0 {
            switch stream.read(into: buffer) {
            case .bytes: continue
            case .blocked:
                return judge(buffer, isWhole: stream.hasFailed)
            // Servers that close after their answer often do so without close_notify: what came before counts.
            case .endOfStream, .failed: return judge(buffer, isWhole: true)
            }
        }
        judge(buffer, isWhole: true)
    }

    // MARK: The verdict

    private func judge(_ buffer: ByteBuffer, isWhole: Bool) {
        do {
            if !headIsWhole { headIsWhole = try parser.parse(buffer.readable, requestMethod: .get, into: &head) == .complete }
        } catch {
            return fail(.layer7Response, "\(error)")
        }
        guard headIsWhole else {
            if isWhole { fail(.layer7Response, "connection closed before the answer") }
            return
        }
        guard head.status == check.expectedStatus else { return fail(.layer7Status, "", code: head.status) }
        guard let wanted = check.expectedBody else { return pass() }
        if contains(buffer, Array(wanted.utf8)) { return pass() }
        var isComplete = isWhole
        if case .contentLength(let length) = head.framing, UInt64(buffer.count - head.length) >= length { isComplete = true }
        if head.framing == .none { isComplete = true }
        if isComplete { fail(.layer7Response, "the body does not hold the expected text", code: head.status) }
    }

    private func contains(_ buffer: ByteBuffer, _ wanted: [UInt8]) -> Bool {
        let bytes = buffer.readable
        guard bytes.count - head.length >= wanted.count else { return false }
        search: for start in head.length...bytes.count - wanted.count {
            for offset in wanted.indices where bytes[start + offset] != wanted[offset] { continue search }
            return true
        }
        return false
    }

    private var duration: Duration { .nanoseconds(checker.loop.now - began) }

    private func pass() { end(.passed(status: head.status, duration: duration)) }

    private func fail(_ cause: CheckFailure.Cause, _ info: String, code: Int? = nil) {
        end(.failed(CheckFailure(cause, code: code, info: info, duration: duration)))
    }

    private func end(_ outcome: CheckOutcome) {
        stop()
        pool.handle(.check(server, outcome), now: MonotonicTime(nanoseconds: checker.loop.now))
        guard let interval = pool.server(server)?.health.nextInterval else { return checker.forget(self) }
        // The interval counts from one beginning to the next, as HAProxy's does.
        schedule(at: max(checker.loop.now + 1_000_000, began + interval.inNanoseconds))
    }

    /// Ends what runs; nothing is scheduled any more.
    func stop() {
        checker.loop.remove(self)
        stream?.close()
        stream = nil
        answer = nil
        phase = .waiting
    }
}
