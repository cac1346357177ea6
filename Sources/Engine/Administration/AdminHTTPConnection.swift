import Admin
import Buffers
import HTTP1
import HTTP2
import Model
import Network
import TLS

/// One connection to `admin.http`: a request comes in, its response goes out whole, then the next (RFC 9112). On the control loop.
///
/// handshake (with TLS) or preface (without) → open or http2 → ending → closed; each may go to closed. While a response of HTTP/1.1 is not
/// written whole, nothing more is read. What HTTP/2 needs besides is in `AdminHTTP2`.
final class AdminHTTPConnection: EventTarget {
    /// `preface`: a plain connection's protocol is not known yet. `open`: HTTP/1.1.
    private enum Phase { case handshake, preface, open, http2, ending, closed }

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
    /// In phase `http2` and after it.
    private var http2: AdminHTTP2?
    private let speaksHTTP2: Bool
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
    /// A write of fewer bytes of HTTP/2 is no piece of a response.
    private static let leastProgress = 64
    /// For the workers to report their requests; then the page comes without them.
    private static let patience: Int64 = 1_000_000_000

    init(
        _ socket: consuming Socket, from source: String, tls: ServerTLSContext?, speaksHTTP2: Bool, listener: AdminHTTPListener,
        server: ProxyServer, ended: @escaping (AdminHTTPConnection) -> Void
    ) {
        self.server = server
        self.listener = listener
        self.source = source
        self.ended = ended
        self.speaksHTTP2 = speaksHTTP2
        stream = Stream(socket, memory: server.administration.memory)
        super.init()
        guard let tls else {
            if speaksHTTP2 { phase = .preface }
            return
        }
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

    override func deadlinePassed() {
        if waiting != nil { return reported(nil) }
        guard phase == .http2, let http2, http2.isIdle else { return close() }
        http2.goAway()
        _ = flushFrames(http2)
        end()
    }

    /// No response is on its way.
    var isIdle: Bool {
        switch phase {
        case .handshake, .preface: true
        case .open: output.isEmpty && waiting == nil
        case .http2: http2?.isIdle == true
        case .ending, .closed: false
        }
    }

    private func extend(_ time: Int64) { server.loop.setDeadline(self, server.loop.now + time) }

    private func proceed() {
        guard stream.flushPending() else { return stream.hasFailed ? close() : () }
        if phase == .handshake { shakeHands() }
        if phase == .preface { readPreface() }
        if phase == .open { serve() }
        if phase == .http2 { serveStreams() }
        if phase == .ending { discard() }
    }

    private func shakeHands() {
        switch stream.handshake() {
        case .done where stream.session?.negotiatedProtocol == .http2: speakHTTP2()
        case .done: phase = .open
        case .wantsRead, .wantsWrite: if stream.hasFailed { close() }
        case .failed: end()
        }
    }

    // MARK: HTTP/2

    /// A plain connection: which protocol do its first bytes belong to?
    private func readPreface() {
        switch stream.read(into: input) {
        case .bytes: break
        case .blocked: return stream.hasFailed ? close() : ()
        case .endOfStream, .failed: return close()
        }
        let received = input
        switch HTTP2Preface.match(received.readable) {
        case .partial: break
        case .other: phase = .open
        case .whole:
            speakHTTP2()
            receiveFrames()
        }
    }

    private func speakHTTP2() {
        phase = .http2
        http2 = AdminHTTP2(
            memory: server.administration.memory, payloads: server.administration.payloads, headLimit: Self.headLimit,
            formLimit: Self.formLimit
        ) { [source, unowned stream] head, start in
            AdminHTTPHead.request(head, at: start, from: source, certname: stream.session?.identity?.certname)
        }
    }

    private func receiveFrames() {
        http2?.receive(UnsafeRawBufferPointer(start: input.base + input.start, count: input.count), now: server.loop.now)
        input.clear()
    }

    private func serveStreams() {
        guard let http2 else { return }
        while phase == .http2 {
            guard flushFrames(http2) else { return stream.hasFailed ? close() : () }
            if let failure = http2.failure {
                listener.http2Failed(source, failure)
                return end()
            }
            if http2.isOver { return end() }
            if waiting == nil, answerNext(http2) { return server.loop.deferWork(self) }
            switch stream.read(into: input) {
            case .bytes: receiveFrames()
            case .blocked: return stream.hasFailed ? close() : ()
            case .endOfStream, .failed: return close()
            }
        }
    }

    /// Pages are expensive to make: other work comes after each.
    private func answerNext(_ http2: AdminHTTP2) -> Bool {
        let next = http2.next()
        if case .nothing = next { return false }
        if server.lifecycle.isReplaced { http2.goAway() }
        extend(Self.idle)
        switch next {
        case .nothing: break
        case .refused(let refusal): send(refusal, omitsBody: false)
        case .request(let request): answer(request)
        }
        return true
    }

    /// True when everything that may be sent is written.
    private func flushFrames(_ http2: AdminHTTP2) -> Bool {
        while let buffer = http2.produced() {
            guard stream.flushPending() else { return false }
            let taken = stream.write(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
            if taken == 0 { return false }
            buffer.consume(taken)
            // Acknowledgements alone keep nothing open.
            if !http2.isIdle, taken > Self.leastProgress { extend(Self.idle) }
        }
        return true
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
        guard phase == .open || phase == .http2, let request = waiting else { return }
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
        if let http2 {
            let head = AdminHTTPHead.bytes(answer, keepsAlive: true, now: Moment.now.wall)
            return http2.respond(head: head, body: answer.body)
        }
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
        http2?.close()
        server.loop.remove(self)
        stream.close()
        ended(self)
    }
}
