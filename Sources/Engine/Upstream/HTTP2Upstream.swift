import Buffers
import HTTP1
import HTTP2
import Model
import Network

/// One stream of an HTTP/2 connection to a server, as the server's side of an exchange: what did it take of the request, and which piece of the
/// response comes next?
///
/// The exchange knows messages in the form of HTTP/1.1. A request has that form and is taken apart here: the head becomes a header block,
/// chunked framing goes. A response's head is text already (`HeadAssembler`); content without a length gets chunked framing. At most the
/// stream's window is held of a response; it opens again by what the exchange takes. Of a request one piece is held.
///
/// Serves one exchange. waiting for the connection → connected → a stream → released; a stream may end before.
final class HTTP2Upstream: UpstreamSide {
    /// Why nothing more comes of the response.
    private enum End {
        case whole
        case lost
        /// By a server that broke rules, or says that we did.
        case broken(HTTP2ErrorCode)
    }

    private static let lineEndCount = 2
    /// Interim responses that are held.
    private static let mostHeads = 16
    /// Content of a request that is handed over at once.
    private static let pieceSize = 64 << 10
    /// Heads that are parsed here were made here.
    private static let limits = HeadLimits(head: 1 << 20, target: 1 << 20)

    private var connection: HTTP2ServerConnection
    private let memory: TransferMemory
    private var exchange: ExchangeDriver?
    private var isOnServedConnection = false
    private var stream: HTTP2Stream?
    private var request = HTTP2RequestContent(.none)

    private var heads: [(text: ByteBuffer, isInterim: Bool)] = []
    private var hasBegun = false
    private var finalHeadIsPassed = false
    private var content: HTTP2ResponseContent
    private var end: End?
    private var wasRefused = false
    private var wasRefusedAlone = false
    private var moved: UInt64 = 0

    init(to target: UpstreamTarget, on connection: HTTP2ServerConnection, memory: TransferMemory) {
        self.connection = connection
        self.memory = memory
        content = HTTP2ResponseContent(memory)
        super.init(target)
    }

    /// A stream that was refused by itself says nothing against the connection.
    override var wasReused: Bool { isOnServedConnection && !wasRefusedAlone }
    override var wasNotProcessed: Bool { wasRefused }
    override var descriptor: Int32? { connection.descriptor }

    override func begin(for exchange: ExchangeDriver) -> Bool {
        self.exchange = exchange
        return move(to: connection)
    }

    /// Before anything was sent.
    /// - Returns: whether the connection is established
    func move(to connection: HTTP2ServerConnection) -> Bool {
        self.connection = connection
        isOnServedConnection = connection.hasServed
        return connection.attach(self)
    }

    // MARK: What the connection reports

    func connected() { exchange?.upstreamConnected() }
    func connectFailed(_ error: ProxyError) { exchange?.connectFailed(error) }

    /// There is news for the exchange.
    func report() { exchange?.upstreamReady() }

    override func resume() { report() }

    override func deadlinePassed() {
        if connection.isOpen {
            exchange?.upstreamTimedOut()
        } else {
            connectFailed(ProxyError(.connectTimeout, context: "connect timeout"))
        }
    }

    func headCame(_ text: ByteBuffer, isInterim: Bool) {
        hasBegun = true
        moved += UInt64(text.count)
        guard heads.count < Self.mostHeads else {
            memory.give(text)
            end = .broken(.enhanceYourCalm)
            return
        }
        heads.append((text, isInterim))
    }

    func contentCame(_ bytes: UnsafeRawBufferPointer) {
        moved += UInt64(bytes.count)
        content.append(bytes)
        if content.isBroken { end = .lost }
    }

    func endCame(trailers: ByteBuffer?) {
        content.setTrailers(trailers)
        if end == nil { end = .whole }
    }

    /// - Parameter connectionLeaves: GOAWAY was received
    func closed(_ code: HTTP2ErrorCode, connectionLeaves: Bool) {
        guard end == nil else { return }
        switch code {
        case .refusedStream:
            wasRefused = !hasBegun
            wasRefusedAlone = !connectionLeaves
            end = .lost
        case .protocolError, .flowControlError, .frameSizeError, .compressionError, .streamClosed, .http11Required: end = .broken(code)
        default: end = .lost
        }
    }

    func connectionLost() {
        if end == nil { end = .lost }
        report()
    }

    // MARK: The request

    /// The first bytes are a whole head.
    override func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard end == nil else { return 0 }
        var taken = 0
        if stream == nil {
            guard let length = sendHead(bytes) else {
                wasRefused = true
                end = .lost
                return 0
            }
            taken = length
        }
        if let stream, taken < bytes.count { taken += sendContent(UnsafeRawBufferPointer(rebasing: bytes[taken...]), on: stream) }
        return taken
    }

    /// The head's length; nil where nothing was sent.
    private func sendHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let text = bytes.bindMemory(to: UInt8.self)
        let span = text.span
        var head = RequestHead()
        var parser = RequestParser(limits: Self.limits)
        guard (try? parser.parse(span, into: &head)) == .complete else { return nil }
        var fields = memory.fields
        let scheme: StaticString = target.tls == nil ? "http" : "https"
        if !fields.setRequest(head, bytes: span, scheme: scheme) {
            fields = FieldBlock(capacity: head.length)
            guard fields.setRequest(head, bytes: span, scheme: scheme) else { return nil }
        }
        request = HTTP2RequestContent(head.framing)
        stream = connection.request(self, fields, hasContent: !request.isFinished)
        guard stream != nil else { return nil }
        moved += UInt64(head.length)
        return head.length
    }

    private func sendContent(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2Stream) -> Int {
        guard stream.pendingByteCount == 0, !stream.isClosed else { return 0 }
        if let emptied = stream.takeEmptied() { memory.give(emptied) }
        let window = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.pieceSize))
        let piece = memory.take(capacity: window.count)
        guard !piece.isVoid else {
            memory.noteFailure()
            end = .lost
            return 0
        }
        let taken = request.move(window, to: piece)
        moved += UInt64(taken)
        if piece.isEmpty { memory.give(piece) } else { stream.put(piece) }
        if request.isFinished { stream.end(trailers: request.trailers) }
        connection.resume(stream)
        return taken
    }

    /// A response that is whole may be passed on after its stream has ended.
    override var hasFailed: Bool {
        switch end {
        case nil, .whole: false
        case .lost, .broken: true
        }
    }

    // MARK: The response

    override var responseHasBegun: Bool { hasBegun }
    override var responseIsWhole: Bool { content.isPassed }

    override func receive(method: RequestMethod) -> Reception {
        if !heads.isEmpty, !finalHeadIsPassed {
            let (text, isInterim) = heads.removeFirst()
            return passHead(text, isInterim: isInterim, method)
        }
        guard finalHeadIsPassed else { return ending }
        if let piece = takeContent() { return .content(piece) }
        return content.isPassed ? .ended : ending
    }

    private func takeContent() -> ByteBuffer? {
        let isWhole = if case .whole = end { true } else { false }
        return content.take(isWhole: isWhole) { count in if let stream { connection.consume(stream, count) } }
    }

    private var ending: Reception {
        switch end {
        case nil: content.isBroken ? .lost : .nothing
        case .whole, .lost: .lost
        case .broken(let code): .malformed("stream ended with \(code.name)")
        }
    }

    private func passHead(_ text: ByteBuffer, isInterim: Bool, _ method: RequestMethod) -> Reception {
        let buffer = memory.large.take()
        buffer.clear(headroom: TransferMemory.headroom)
        buffer.append(UnsafeRawBufferPointer(start: text.base + text.start, count: text.count))
        memory.give(text)
        guard parse(buffer, method), isInterim || completeFraming(buffer, method) else {
            memory.give(buffer)
            return .malformed("malformed head")
        }
        return isInterim ? .interim(buffer) : .head(buffer)
    }

    /// HTTP/2 needs no field to say where content ends; HTTP/1.1 does.
    private func completeFraming(_ buffer: ByteBuffer, _ method: RequestMethod) -> Bool {
        guard responseHead.framing == .untilClose else { return true }
        buffer.end -= Self.lineEndCount
        let isEmpty = end != nil && content.isEmpty
        buffer.append(Array((isEmpty ? "content-length: 0\r\n\r\n" : "transfer-encoding: chunked\r\n\r\n").utf8))
        return parse(buffer, method)
    }

    private func parse(_ buffer: ByteBuffer, _ method: RequestMethod) -> Bool {
        var parser = ResponseParser(limit: buffer.capacity)
        return editHead { head in
            guard (try? parser.parse(buffer.readable, requestMethod: method, into: &head)) == .complete else { return false }
            head.version = .http2
            return true
        }
    }

    override func endInterim(_ buffer: ByteBuffer) { memory.give(buffer) }

    override func beginContent(_ buffer: ByteBuffer, dropsChunking: Bool, sampleBound: Int) throws(ResponseDefect) {
        finalHeadIsPassed = true
        content.begin(isChunked: responseHead.framing == .chunked && !dropsChunking, sampleBound: sampleBound)
        buffer.consume(responseHead.length)
        // Content received with the head is forwarded with it where it fits.
        guard let piece = takeContent() else { return }
        guard buffer.room >= piece.count else { return content.giveBack(piece) }
        buffer.append(UnsafeRawBufferPointer(start: piece.base + piece.start, count: piece.count))
        memory.give(piece)
    }

    override var sample: [UInt8] { content.sample }
    override var traffic: UInt64 { moved }

    // MARK: The end of an exchange

    override func release(requestWasSent: Bool) {
        guard exchange != nil else { return }
        exchange = nil
        if let stream, !stream.isClosed, !(requestWasSent && content.isPassed) { connection.reset(stream, .cancel) }
        for head in heads { memory.give(head.text) }
        heads = []
        content.end()
        connection.detach(self, stream)
    }
}
