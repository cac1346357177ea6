import Buffers
import HTTP1
import HTTP2
import Model

@testable import Engine

/// An agent that speaks HTTP/2 with a worker, with prior knowledge. It takes windows' worth of content as it comes, unless told not to.
final class WireHTTP2Client {
    /// What was received of one response.
    struct Response: Equatable {
        var interims: [String] = []
        /// Status line and fields, one a line; empty before the head.
        var head = ""
        var content: [UInt8] = []
        var trailers = ""
        var isWhole = false
        /// nil: the stream is open.
        var end: HTTP2ErrorCode?

        var text: String { String(decoding: content, as: UTF8.self) }
        var status: Int? { Int(head.dropFirst(9).prefix(3)) }
    }

    let end: WireEnd
    private let worker: WireWorker
    private let session: HTTP2Session
    private(set) var responses: [Int32: Response] = [:]
    private(set) var goAways: [(lastStream: Int32, code: HTTP2ErrorCode)] = []
    /// Content is left untaken, so that the windows close.
    var takesContent = true
    private var untaken: [(stream: HTTP2Stream, count: Int)] = []
    private var streams: [Int32: HTTP2Stream] = [:]

    init(_ worker: WireWorker, limits: HTTP2Limits = HTTP2Limits()) {
        self.worker = worker
        end = worker.connect()
        session = HTTP2Session(.client, limits: limits, heads: BufferPool(bufferCapacity: 16 << 10, keep: 4))
        pump()
    }

    /// Opens a stream. `content` nil: none; a part of it where `ends` is false.
    @discardableResult
    func request(_ head: String, content: [UInt8]? = nil, ends: Bool = true) -> Int32 {
        let bytes = Array(head.utf8)
        var parsed = RequestHead()
        var parser = RequestParser(limits: HeadLimits(head: 64 << 10, target: 16 << 10))
        guard (try? parser.parse(bytes.span, into: &parsed)) == .complete else { fatalError("a test's own head") }
        let block = FieldBlock(capacity: bytes.count)
        guard block.setRequest(parsed, bytes: bytes.span, scheme: "http") else { fatalError("a test's own head") }
        guard let stream = session.request(block, hasContent: content != nil || !ends) else { fatalError("no stream") }
        streams[stream.id] = stream
        responses[stream.id] = Response()
        if let content { put(content, on: stream.id, ends: ends) }
        pump()
        return stream.id
    }

    func put(_ content: [UInt8], on id: Int32, ends: Bool = true, trailers: String? = nil) {
        guard let stream = streams[id] else { return }
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

    func reset(_ id: Int32) {
        if let stream = streams[id] { session.reset(stream, .cancel) }
        pump()
    }

    /// Takes what was left.
    func take() {
        takesContent = true
        for (stream, count) in untaken { session.consume(stream, count) }
        untaken = []
        pump()
    }

    /// Bytes as they are, past the session.
    func sendRaw(_ bytes: [UInt8]) {
        end.send(bytes)
        pump()
    }

    /// Until neither side has anything to say.
    func pump() {
        var outgoing: [UInt8] = []
        let buffer = ByteBuffer(capacity: 128 << 10)
        for _ in 0..<200 {
            buffer.clear()
            _ = session.produce(into: buffer)
            outgoing += Array(UnsafeRawBufferPointer(start: buffer.base, count: buffer.end))
            outgoing.removeFirst(end.send(outgoing))
            takeEvents()
            worker.turn(4)
            let received = end.takeBytes()
            received.withUnsafeBytes { session.receive($0, now: 0) }
            takeEvents()
            if received.isEmpty, outgoing.isEmpty, !session.wantsWrite { return }
        }
    }

    private func takeEvents() {
        while let event = session.nextEvent() {
            switch event {
            case .head(let stream, let head, let ends):
                responses[stream.id]?.head = Self.lines(head)
                if ends { responses[stream.id]?.isWhole = true }
            case .interim(let stream, let head): responses[stream.id]?.interims.append(Self.lines(head))
            case .content(let stream, let bytes):
                responses[stream.id]?.content += Array(bytes)
                if takesContent { session.consume(stream, bytes.count) } else { untaken.append((stream, bytes.count)) }
            case .ended(let stream, let section):
                responses[stream.id]?.isWhole = true
                if let section { responses[stream.id]?.trailers = Self.lines(section) }
            case .closed(let stream, let code): responses[stream.id]?.end = code
            case .goAway(let lastStream, let code): goAways.append((lastStream, code))
            case .headTooLarge, .drained, .settingsAcknowledged, .pingAcknowledged: break
            }
        }
    }

    private static func lines(_ buffer: ByteBuffer) -> String {
        let text = String(decoding: UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count), as: UTF8.self)
        return text.split(separator: "\r\n").joined(separator: "\n")
    }
}
