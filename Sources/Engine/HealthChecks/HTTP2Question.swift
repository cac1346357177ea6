import Buffers
import HTTP1
import HTTP2
import Model
import Network

/// A probe's question over HTTP/2: its request, given as text, becomes the one stream of a connection; what comes of the response is text
/// again: the head, then the content without framing.
final class HTTP2Question {
    enum Progress: Equatable {
        /// Nothing now.
        case nothing
        case more
        /// That was all of the response.
        case ended
        case failed(String)
    }

    private let session: HTTP2Session
    private let memory: TransferMemory
    private var hasAsked = false
    /// The server has shown that it speaks HTTP/2.
    private var isAcknowledged = false
    /// Holds what the session's events point into.
    private let input = ByteBuffer(capacity: 16 << 10)
    private let outgoing = ByteBuffer(capacity: HTTP2Session.leastRoom)

    /// - Parameter text: a request's head of our own, for a request without content
    init(_ text: [UInt8], isSecured: Bool, memory: TransferMemory) {
        self.memory = memory
        session = HTTP2Session(.client, limits: HTTP2Limits(), heads: memory.small)
        var head = RequestHead()
        var parser = RequestParser(limits: HeadLimits(head: 64 << 10, target: 64 << 10))
        guard (try? parser.parse(text.span, into: &head)) == .complete,
            memory.fields.setRequest(head, bytes: text.span, scheme: isSecured ? "https" : "http")
        else { return }
        hasAsked = session.request(memory.fields, hasContent: false) != nil
    }

    /// Sends what is to be sent, and appends what was received to `answer`, which has room.
    func exchange(with stream: Stream, into answer: ByteBuffer, now: Int64) -> Progress {
        guard hasAsked else { return .failed("the request cannot be sent as HTTP/2") }
        while true {
            send(stream)
            if let progress = takeEvent(into: answer) { return progress }
            if case .protocolError(let reason) = session.failure { return .failed("broken HTTP/2: \(reason)") }
            if session.failure != nil { return .failed("the server went over a limit of HTTP/2") }
            if session.isOver { return .failed("the server does not speak HTTP/2, as protocol: h2 needs") }
            input.clear()
            switch stream.read(into: input) {
            case .bytes: session.receive(UnsafeRawBufferPointer(start: input.base + input.start, count: input.count), now: now)
            case .blocked: return stream.hasFailed ? .failed("connection lost") : .nothing
            case .endOfStream, .failed:
                return .failed(
                    isAcknowledged ? "connection closed before the response" : "connection closed instead of HTTP/2, as protocol: h2 needs")
            }
        }
    }

    private func send(_ stream: Stream) {
        while stream.flushPending() {
            if outgoing.isEmpty {
                outgoing.clear()
                guard session.wantsWrite else { return }
                _ = session.produce(into: outgoing)
                if outgoing.isEmpty { return }
            }
            let count = stream.write(UnsafeRawBufferPointer(start: outgoing.base + outgoing.start, count: outgoing.count))
            outgoing.consume(count)
            if !outgoing.isEmpty { return }
        }
    }

    /// nil: none is left.
    private func takeEvent(into answer: ByteBuffer) -> Progress? {
        while let event = session.nextEvent() {
            switch event {
            case .head(_, let head, let ends):
                append(UnsafeRawBufferPointer(start: head.base + head.start, count: head.count), to: answer)
                memory.give(head)
                return ends ? .ended : .more
            case .content(let stream, let bytes):
                append(bytes, to: answer)
                session.consume(stream, bytes.count)
                return .more
            case .ended(_, let trailers):
                if let trailers { memory.give(trailers) }
                return .ended
            case .closed(_, let code): return .failed("stream ended with \(code.name)")
            case .interim(_, let head): memory.give(head)
            case .settingsAcknowledged: isAcknowledged = true
            case .headTooLarge, .drained, .goAway, .pingAcknowledged: break
            }
        }
        return nil
    }

    /// What does not fit is more than a probe looks at.
    private func append(_ bytes: UnsafeRawBufferPointer, to answer: ByteBuffer) {
        if answer.room < bytes.count { answer.compact() }
        answer.append(bytes)
    }
}
