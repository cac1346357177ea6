import Admin
import Buffers
import HTTP1
import HTTP2
import Model

/// A connection to `admin.http` as HTTP/2: which request is next, and which frames come and go?
///
/// Passive: `AdminHTTPConnection` reads, writes and answers. Responses are made one after another, as over HTTP/1.1: the next one when all of
/// the one before is in frames, or its stream has gone. So a connection holds one response at most. The limits are those of agents' listeners.
final class AdminHTTP2 {
    /// A form that is not complete.
    private struct Posted {
        let stream: HTTP2Stream
        var request: AdminRequest
        var content: [UInt8] = []
        /// Bytes that it counts for in the forms of all connections, and may have at most.
        let room: Int
    }

    /// What is answered next.
    enum Next {
        case nothing
        case request(AdminRequest)
        /// The request cannot be; here is its response.
        case refused(AdminAnswer)
    }

    private let session: HTTP2Session
    private let memory: TransferMemory
    private let payloads: AdminPayloads
    private let formLimit: Int
    private let makeRequest: (borrowing RequestHead, UnsafeRawPointer) -> AdminRequest
    private var posted: [Posted] = []
    private var ready: [(stream: HTTP2Stream, next: Next)] = []
    /// Its response is being made or sent.
    private var current: HTTP2Stream?
    private var omitsBody = false
    private var isMade = false
    private var share = AdminPayloads.Share()
    /// Frames that the socket has not taken.
    private var outgoing: ByteBuffer?
    private let fields: FieldBlock
    private let headLimit: Int

    /// - Parameters:
    ///   - formLimit: bytes of a form
    ///   - makeRequest: from a head and where its bytes are
    init(
        memory: TransferMemory, payloads: AdminPayloads, headLimit: Int, formLimit: Int,
        makeRequest: @escaping (borrowing RequestHead, UnsafeRawPointer) -> AdminRequest
    ) {
        self.memory = memory
        self.payloads = payloads
        self.formLimit = formLimit
        self.makeRequest = makeRequest
        var limits = HTTP2Limits()
        limits.headerList = headLimit
        session = HTTP2Session(.server, limits: limits, heads: memory.small)
        self.headLimit = headLimit
        fields = FieldBlock(capacity: headLimit)
    }

    var failure: HTTP2Session.Failure? { session.failure }
    /// No request, no form and no response is on its way.
    var isIdle: Bool { current == nil && ready.isEmpty && posted.isEmpty && outgoing == nil }
    /// Everything is sent and the session has ended.
    var isOver: Bool { outgoing == nil && session.isOver }

    func goAway() { session.goAway() }

    // MARK: Bytes

    func receive(_ bytes: UnsafeRawBufferPointer, now: Int64) {
        session.receive(bytes, now: now)
        takeEvents()
    }

    /// The next bytes for the socket, which the caller consumes; nil: there are none.
    func produced() -> ByteBuffer? {
        defer { takeEvents() }
        if let outgoing {
            if !outgoing.isEmpty { return outgoing }
            memory.give(outgoing)
            self.outgoing = nil
        }
        guard session.wantsWrite else { return nil }
        let buffer = memory.large.take()
        guard !buffer.isVoid else { return nil }
        _ = session.produce(into: buffer)
        outgoing = buffer
        guard buffer.isEmpty else { return buffer }
        memory.give(buffer)
        outgoing = nil
        return nil
    }

    /// The connection has gone.
    func close() {
        payloads.release(&share)
        if let outgoing { memory.give(outgoing) }
        outgoing = nil
        (current, ready, posted) = (nil, [], [])
    }

    // MARK: What the session has understood

    private func takeEvents() {
        while let event = session.nextEvent() {
            switch event {
            case .head(let stream, let head, let ends):
                headCame(head, on: stream, ends: ends)
                memory.give(head)
            case .headTooLarge(let stream): refuse(stream, AdminAnswer(431, "head_too_large\n"))
            case .content(let stream, let bytes): contentCame(bytes, on: stream)
            case .ended(let stream, let trailers):
                if let trailers { memory.give(trailers) }
                endCame(on: stream)
            case .closed(let stream, _): closed(stream)
            case .interim(_, let head): memory.give(head)
            case .drained, .goAway, .settingsAcknowledged, .pingAcknowledged: break
            }
        }
        guard let current, isMade, current.isClosed || current.pendingByteCount == 0 else { return }
        _ = current.takeEmptied()
        self.current = nil
    }

    private func headCame(_ buffer: ByteBuffer, on stream: HTTP2Stream, ends: Bool) {
        var head = RequestHead()
        // The session bounds the list; the assembler adds a little to it.
        var parser = RequestParser(limits: HeadLimits(head: headLimit + 1024, target: headLimit / 2))
        do throws(RequestError) {
            guard try parser.parse(buffer.readable, into: &head) == .complete else { throw .headTooLarge }
        } catch {
            return refuse(stream, AdminAnswer(error.reason.status ?? 400, error.reason.rawValue + "\n"))
        }
        let request = makeRequest(head, UnsafeRawPointer(buffer.base + buffer.start))
        guard request.method == .post else {
            // Its content is ignored, and not waited for.
            ready.append((stream, .request(request)))
            return
        }
        if ends { return ready.append((stream, .request(request))) }
        var room = formLimit
        if case .contentLength(let length) = head.framing {
            guard length <= formLimit else { return refuse(stream, tooLong) }
            room = Int(length)
        }
        guard payloads.set(&share, to: share.held + room) else {
            return refuse(stream, AdminAnswer(503, "too many forms at once: try again later\n"))
        }
        posted.append(Posted(stream: stream, request: request, room: room))
        guard head.expectsContinue else { return }
        fields.setStatus("100")
        session.sendInterim(stream, fields)
    }

    private var tooLong: AdminAnswer { AdminAnswer(413, "a form has at most \(formLimit) bytes\n") }

    private func refuse(_ stream: HTTP2Stream, _ answer: AdminAnswer) { ready.append((stream, .refused(answer))) }

    private func contentCame(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2Stream) {
        guard let index = posted.firstIndex(where: { $0.stream === stream }) else { return }
        guard posted[index].content.count + bytes.count <= posted[index].room else {
            drop(index)
            return refuse(stream, tooLong)
        }
        posted[index].content += bytes
    }

    private func endCame(on stream: HTTP2Stream) {
        guard let index = posted.firstIndex(where: { $0.stream === stream }) else { return }
        var request = posted[index].request
        request.form = FormText(posted[index].content)
        drop(index)
        ready.append((stream, .request(request)))
    }

    private func drop(_ index: Int) {
        _ = payloads.set(&share, to: share.held - posted[index].room)
        posted.remove(at: index)
    }

    private func closed(_ stream: HTTP2Stream) {
        _ = stream.takeEmptied()
        if let index = posted.firstIndex(where: { $0.stream === stream }) { drop(index) }
        ready.removeAll { $0.stream === stream }
    }

    // MARK: Requests and responses

    /// The next request, where no response is under way. Its `respond` is to follow.
    func next() -> Next {
        guard current == nil, !ready.isEmpty else { return .nothing }
        let (stream, next) = ready.removeFirst()
        current = stream
        isMade = false
        omitsBody = if case .request(let request) = next { request.method == .head } else { false }
        return next
    }

    /// - Parameter head: as HTTP/1.1 has it
    func respond(head: [UInt8], body: [UInt8]) {
        guard let stream = current else { return }
        isMade = true
        var parsed = ResponseHead()
        var parser = ResponseParser()
        guard (try? parser.parse(head.span, requestMethod: .get, into: &parsed)) == .complete,
            fields.setResponse(parsed, bytes: head.span, via: "")
        else { return session.reset(stream, .internalError) }
        let hasContent = !omitsBody && !body.isEmpty
        session.respond(stream, fields, hasContent: hasContent)
        guard hasContent else { return session.stop(stream) }
        let content = ByteBuffer(capacity: body.count)
        guard content.append(body) == body.count else { return session.reset(stream, .internalError) }
        stream.put(content)
        stream.end()
        session.resume(stream)
        session.stop(stream)
    }
}
