import Buffers
import HTTP1
import HTTP2
import Model

@testable import Engine

/// A server that speaks HTTP/2 with a worker: one connection's other end. It takes content as it comes, unless told not to.
final class WireHTTP2Server {
    /// What was received of one request.
    struct Request {
        let stream: HTTP2Stream
        /// Request line and fields, one a line.
        var head: String
        var content: [UInt8] = []
        var trailers = ""
        var isWhole: Bool
        /// nil: the stream is open.
        var end: HTTP2ErrorCode?

        var text: String { String(decoding: content, as: UTF8.self) }
    }

    let end: WireEnd
    private let worker: WireWorker
    private let session: HTTP2Session
    /// In the order of their streams.
    private(set) var requests: [Request] = []
    private(set) var goAways = 0
    var takesContent = true
    private var outgoing: [UInt8] = []

    /// At the end of the connection that the worker made last.
    init(_ worker: WireWorker, streams: Int = 100) {
        self.worker = worker
        end = worker.server
        var limits = HTTP2Limits()
        limits.streams = streams
        session = HTTP2Session(.server, limits: limits, heads: BufferPool(bufferCapacity: 16 << 10, keep: 4))
        pump()
    }

    /// - Parameters:
    ///   - head: status line and fields as HTTP/1.1 has them
    ///   - content: nil: none
    func respond(
        _ index: Int = 0, _ head: String = "HTTP/1.1 200 OK\r\n\r\n", _ content: [UInt8]?, ends: Bool = true, trailers: String? = nil
    ) {
        let stream = requests[index].stream
        session.respond(stream, Self.block(head), hasContent: content != nil || !ends)
        if let content { put(index, content, ends: ends, trailers: trailers) } else { pump() }
    }

    func respond(_ index: Int = 0, _ head: String = "HTTP/1.1 200 OK\r\n\r\n", text: String) { respond(index, head, Array(text.utf8)) }

    func sendInterim(_ index: Int = 0, _ head: String) {
        session.sendInterim(requests[index].stream, Self.block(head))
        pump()
    }

    func put(_ index: Int = 0, _ content: [UInt8], ends: Bool = true, trailers: String? = nil) {
        let stream = requests[index].stream
        _ = stream.takeEmptied()
        let buffer = ByteBuffer(capacity: max(1, content.count))
        buffer.append(content)
        if !content.isEmpty { stream.put(buffer) }
        if ends {
            var block: FieldBlock?
            if let trailers {
                let section = Array(trailers.utf8)
                block = FieldBlock(capacity: section.count)
                _ = block?.setTrailers(section.span)
            }
            stream.end(trailers: block)
        }
        session.resume(stream)
        pump()
    }

    func reset(_ index: Int = 0, _ code: HTTP2ErrorCode) {
        session.reset(requests[index].stream, code)
        pump()
    }

    func goAway() {
        session.goAway()
        pump()
    }

    /// Bytes as they are, past the session.
    func sendRaw(_ bytes: [UInt8]) {
        end.send(bytes)
        pump()
    }

    /// Until neither side has anything to say.
    func pump() {
        let buffer = ByteBuffer(capacity: 128 << 10)
        for _ in 0..<400 {
            buffer.clear()
            _ = session.produce(into: buffer)
            outgoing += Array(UnsafeRawBufferPointer(start: buffer.base, count: buffer.end))
            let sent = end.send(outgoing)
            outgoing.removeFirst(sent)
            takeEvents()
            worker.turn(4)
            let received = end.takeBytes()
            received.withUnsafeBytes { session.receive($0, now: 0) }
            takeEvents()
            if received.isEmpty, sent == 0, !session.wantsWrite || !outgoing.isEmpty { return }
        }
    }

    private func takeEvents() {
        while let event = session.nextEvent() {
            switch event {
            case .head(let stream, let head, let ends): requests.append(Request(stream: stream, head: Self.lines(head), isWhole: ends))
            case .content(let stream, let bytes):
                edit(stream) { $0.content += Array(bytes) }
                if takesContent { session.consume(stream, bytes.count) }
            case .ended(let stream, let section):
                edit(stream) {
                    $0.isWhole = true
                    if let section { $0.trailers = Self.lines(section) }
                }
            case .closed(let stream, let code): edit(stream) { $0.end = code }
            case .goAway: goAways += 1
            case .interim, .headTooLarge, .drained, .settingsAcknowledged, .pingAcknowledged: break
            }
        }
    }

    private func edit(_ stream: HTTP2Stream, _ edit: (inout Request) -> Void) {
        if let index = requests.firstIndex(where: { $0.stream === stream }) { edit(&requests[index]) }
    }

    private static func block(_ text: String) -> FieldBlock {
        let bytes = Array(text.utf8)
        var parsed = ResponseHead()
        var parser = ResponseParser()
        let block = FieldBlock(capacity: bytes.count)
        guard (try? parser.parse(bytes.span, requestMethod: .get, into: &parsed)) == .complete,
            block.setResponse(parsed, bytes: bytes.span, via: "")
        else { fatalError("a test's own head") }
        return block
    }

    private static func lines(_ buffer: ByteBuffer) -> String {
        let text = String(decoding: UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count), as: UTF8.self)
        return text.split(separator: "\r\n").joined(separator: "\n")
    }
}
