import Admin
import Buffers
import HTTP1
import Model
import Network
import TLS

/// One connection to `admin.http`: a request comes in, its response goes out whole, then the next (RFC 9112). On the control loop.
///
/// handshake (only with TLS) → open → ending → closed; each may go to closed. While a response is not written whole, nothing more
/// is read.
final class AdminHTTPConnection: EventTarget {
    private enum Phase { case handshake, open, ending, closed }

    /// A POST whose content is not complete.
    private struct Posted {
        var request: AdminRequest
        var content: [UInt8] = []
        var missing: Int
    }

    private let stream: Stream
    private unowned let server: ProxyServer
    private unowned let listener: AdminHTTPListener
    /// The peer's address.
    private let source: String
    private let ended: (AdminHTTPConnection) -> Void
    private var phase = Phase.open
    private let input = ByteBuffer(capacity: headLimit)
    private var parser = RequestParser(limits: HeadLimits(head: headLimit, target: headLimit / 2))
    private var head = RequestHead()
    private var posted: Posted?
    /// A request whose page needs the workers' reports; nothing else is read until its response is sent.
    private var waiting: AdminRequest?
    /// Of the forms of all connections.
    private var share = AdminPayloads.Share()
    private var output: [UInt8] = []
    private var sent = 0
    private var keepsAlive = true
    private var hasFinished = false

    private static let headLimit = 8192
    /// Bytes of a form; HAProxy's has the same bound.
    private static let formLimit = 16_384
    /// For a handshake, for a head since the last response, and for each piece of a response.
    private static let idle: Int64 = 30_000_000_000
    /// For the client to read its response, before a reset can discard it.
    private static let lingering: Int64 = 2_000_000_000
    /// For the workers to report their requests; then the page comes without them.
    private static let patience: Int64 = 1_000_000_000

    init(
        _ socket: consuming Socket, from source: String, tls: ServerTLSContext?, listener: AdminHTTPListener, server: ProxyServer,
        ended: @escaping (AdminHTTPConnection) -> Void
    ) {
        self.server = server
        self.listener = listener
        self.source = source
        self.ended = ended
        stream = Stream(socket, memory: server.administration.memory)
        super.init()
        guard let tls else { return }
        stream.startTLS(server: tls)
        phase = .handshake
    }

    func begin() {
        guard !input.isVoid else { return close() }
        do {
            try server.loop.add(self, descriptor: stream.descriptor)
        } catch {
            return close()
        }
        extend(Self.idle)
        proceed()
    }

    override func handle(_ events: ReadyEvents) {
        stream.note(events)
        proceed()
    }

    override func resume() { proceed() }
    override func deadlinePassed() { waiting == nil ? close() : reported(nil) }

    /// No response is on its way.
    var isIdle: Bool { output.isEmpty && waiting == nil && (phase == .open || phase == .handshake) }

    private func extend(_ time: Int64) { server.loop.setDeadline(self, server.loop.now + time) }

    private func proceed() {
        guard stream.flushPending() else { return stream.hasFailed ? close() : () }
        if phase == .handshake { shakeHands() }
        if phase == .open { serve() }
        if phase == .ending { discard() }
    }

    private func shakeHands() {
        switch stream.handshake() {
        case .done: phase = .open
        case .wantsRead, .wantsWrite: if stream.hasFailed { close() }
        case .failed: end()
        }
    }

    // MARK: Requests

    private func serve() {
        while phase == .open {
            guard flush() else { return stream.hasFailed ? close() : () }
            guard waiting == nil else { return }
            guard keepsAlive || posted != nil else { return end() }
            guard input.isEmpty || !parse() else {
                // Pages are expensive to make: other work comes first.
                if waiting == nil { extend(Self.idle) }
                return server.loop.deferWork(self)
            }
            input.compact()
            switch stream.read(into: input) {
            case .bytes: continue
            case .blocked: return stream.hasFailed ? close() : ()
            case .endOfStream, .failed: return close()
            }
        }
    }

    /// True when there is something to send.
    private func parse() -> Bool {
        if posted != nil { return takeContent() }
        let buffer = input
        do {
            guard try parser.parse(buffer.readable, into: &head) == .complete else { return false }
        } catch {
            keepsAlive = false
            send(AdminAnswer(error.reason.status ?? 400, error.reason.rawValue + "\n"), omitsBody: false)
            return true
        }
        let request = AdminHTTPHead.request(
            head, at: UnsafeRawPointer(input.base + input.start), from: source, certname: stream.session?.identity?.certname)
        let framing = head.framing
        keepsAlive = head.keepAlive && (framing == .none || request.method == .post) && !server.lifecycle.isReplaced
        input.consume(head.length)
        guard request.method == .post else {
            // Its content is ignored, and not waited for.
            answer(request)
            return true
        }
        return expectContent(of: request, framing)
    }

    private func expectContent(of request: AdminRequest, _ framing: MessageFraming) -> Bool {
        switch framing {
        case .none: posted = Posted(request: request, missing: 0)
        case .contentLength(let length) where length <= Self.formLimit: posted = Posted(request: request, missing: Int(length))
        case .contentLength, .chunked, .untilClose:
            keepsAlive = false
            let isCounted = if case .contentLength = framing { true } else { false }
            let refusal =
                isCounted
                ? AdminAnswer(413, "a form has at most \(Self.formLimit) bytes\n") : AdminAnswer(411, "Content-Length is missing\n")
            send(refusal, omitsBody: false)
            return true
        }
        guard server.administration.payloads.set(&share, to: posted?.missing ?? 0) else {
            posted = nil
            keepsAlive = false
            send(AdminAnswer(503, "too many forms at once: try again later\n"), omitsBody: false)
            return true
        }
        if head.expectsContinue, input.isEmpty, posted?.missing != 0 {
            output = AdminHTTPHead.goOn
            return true
        }
        return takeContent()
    }

    private func takeContent() -> Bool {
        guard var posted else { return false }
        let count = min(posted.missing, input.count)
        posted.content += UnsafeRawBufferPointer(start: input.base + input.start, count: count)
        posted.missing -= count
        input.consume(count)
        self.posted = posted.missing == 0 ? nil : posted
        guard posted.missing == 0 else { return false }
        server.administration.payloads.release(&share)
        posted.request.form = FormText(posted.content)
        answer(posted.request)
        return true
    }

    private func answer(_ request: AdminRequest) {
        guard listener.needsRequests(request) else { return answer(request, nil) }
        waiting = request
        extend(Self.patience)
        listener.reportRequests { [weak self] in self?.reported($0) }
    }

    /// - Parameter requests: nil: the workers did not report in time
    private func reported(_ requests: SessionList?) {
        guard phase == .open, let request = waiting else { return }
        waiting = nil
        extend(Self.idle)
        answer(request, requests)
        server.loop.deferWork(self)
    }

    private func answer(_ request: AdminRequest, _ requests: SessionList?) {
        let made = listener.answer(request, requests)
        made.events.forEach(server.changes.operatorChanged)
        if let warning = made.warning { server.log.warning("\(warning)") }
        send(made, omitsBody: request.method == .head)
    }

    private func send(_ answer: AdminAnswer, omitsBody: Bool) {
        output = AdminHTTPHead.bytes(answer, keepsAlive: keepsAlive, now: Moment.now.wall)
        if !omitsBody { output += answer.body }
        sent = 0
    }

    /// True when everything is written.
    private func flush() -> Bool {
        while sent < output.count {
            guard stream.flushPending() else { return false }
            let taken = output[sent...].withUnsafeBytes { stream.write($0) }
            if taken == 0 { return false }
            sent += taken
            extend(Self.idle)
        }
        output = []
        sent = 0
        return true
    }

    // MARK: The end

    private func end() {
        guard phase != .closed else { return }
        phase = .ending
        extend(Self.lingering)
    }

    /// Reads what still comes, so that a reset does not discard the response.
    private func discard() {
        guard stream.flushPending() else { return stream.hasFailed ? close() : () }
        if !hasFinished { stream.finishWriting() }
        hasFinished = true
        for _ in 0..<16 {
            input.clear()
            switch stream.receive(into: UnsafeMutableRawBufferPointer(start: input.base, count: input.capacity)) {
            case .bytes: continue
            case .blocked: return
            case .endOfStream, .failed: return close()
            }
        }
        server.loop.deferWork(self)
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        server.administration.payloads.release(&share)
        server.loop.remove(self)
        stream.close()
        ended(self)
    }
}
