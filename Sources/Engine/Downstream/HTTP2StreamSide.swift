import Buffers
import HTTP1
import HTTP2
import Model
import Network

/// One stream of an agent's HTTP/2 connection as the client's side of an exchange: which content was received, and how is a response sent?
///
/// The exchange knows messages in the form of HTTP/1.1. A request's head is that already (`HeadAssembler`); content without a length gets
/// chunked framing here, and a response's is taken off. What is received and not taken is bound by the stream's window, which opens by what
/// is taken, and while the exchange wants content held, by what it wants.
final class HTTP2StreamSide: DownstreamSide {
    /// Sets and gets the exchange's deadlines for its client.
    final class Timer: EventTarget {
        /// `HTTP2Downstream` holds both, and takes the timer out of the loop first.
        private unowned let driver: ExchangeDriver

        init(_ driver: ExchangeDriver) { self.driver = driver }

        override func deadlinePassed() { driver.clientTimedOut() }
        override func resume() { driver.clientReady() }
    }

    private static let lastChunk = Array("0\r\n".utf8)
    private static let lineEnd = Array("\r\n".utf8)
    /// Of a stream whose content is being sent to a server.
    private static let forwardingWindow = 256 << 10

    private let memory: TransferMemory
    /// nil: the exchange is over.
    private var connection: HTTP2Downstream?
    let stream: HTTP2Stream
    private var exchangeTimer: Timer?

    private var input: ByteBuffer?
    private var hasNews = false
    private var request = ReceivedRequest()
    private var receivedEnd = false
    private var moved: UInt64 = 0

    private var hasPreparedHead = false
    private var hasSentHead = false
    private var responseFraming = MessageFraming.none
    private var response = BodyScanner(.none)
    private var sentHeads: UInt64 = 0
    private var sentContent: UInt64 = 0
    /// Something was sent that is not behind `mark`.
    private var isUnmarked = false
    /// Up to here in the connection's output are frames of this stream; 0: all of it is written.
    private var mark: UInt64 = 0
    private var responseTrailers: FieldBlock?

    init(_ stream: HTTP2Stream, on connection: HTTP2Downstream, memory: TransferMemory) {
        self.stream = stream
        self.connection = connection
        self.memory = memory
    }

    /// Before anything else.
    func attach(_ timer: Timer) { exchangeTimer = timer }

    override var client: ClientContext { connection!.client }
    override var timer: EventTarget { exchangeTimer! }
    override var identityFault: IdentityFault? { connection?.identityFault }

    // MARK: What the connection reports

    /// The head was received; here it is as text.
    func headCame(_ buffer: ByteBuffer, limits: HeadLimits) throws(RequestError) {
        input = buffer
        moved = UInt64(buffer.count)
        var parser = RequestParser(limits: limits)
        let progress = try editHead { head throws(RequestError) in try parser.parse(buffer.readable, into: &head) }
        // `HeadAssembler` ends each with its empty line.
        guard progress == .complete else { throw .malformed(.lineEnd) }
        editHead { $0.version = .http2 }
        request.headCame(head.framing)
    }

    /// A piece of content was received.
    func contentCame(_ bytes: UnsafeRawBufferPointer) {
        moved += UInt64(bytes.count)
        guard connection != nil, !receivedEnd else { return }
        hasNews = true
        guard head.framing == .chunked else { return append(bytes) }
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { line in
            append(UnsafeRawBufferPointer(rebasing: line[..<Self.writeChunkLine(bytes.count, to: line)]))
        }
        append(bytes)
        Self.lineEnd.withUnsafeBytes { append($0) }
    }

    /// The content has ended.
    func endCame(trailers: ByteBuffer?) {
        // Last, since a buffer that is taken here could be this one.
        defer { if let trailers { memory.give(trailers) } }
        moved += UInt64(trailers?.count ?? 0)
        guard connection != nil, !receivedEnd else { return }
        receivedEnd = true
        hasNews = true
        guard head.framing == .chunked else { return }
        Self.lastChunk.withUnsafeBytes { append($0) }
        if let trailers {
            append(UnsafeRawBufferPointer(start: trailers.base + trailers.start, count: trailers.count))
        } else {
            Self.lineEnd.withUnsafeBytes { append($0) }
        }
    }

    /// The size in hexadecimal, and a line's end.
    private static func writeChunkLine(_ count: Int, to line: UnsafeMutableRawBufferPointer) -> Int {
        let digits = max(1, (Int.bitWidth - count.leadingZeroBitCount + 3) / 4)
        for index in 0..<digits {
            let digit = UInt8(truncatingIfNeeded: count >> ((digits - 1 - index) * 4)) & 0xF
            line[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
        }
        line[digits] = 0x0D
        line[digits + 1] = 0x0A
        return digits + 2
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        guard let buffer = input else {
            let fresh = memory.take(capacity: bytes.count)
            if fresh.append(bytes) < bytes.count { connection?.fail() }
            input = fresh
            return
        }
        if buffer.room < bytes.count { buffer.compact() }
        guard buffer.room < bytes.count else {
            _ = buffer.append(bytes)
            return
        }
        let larger = memory.take(capacity: max(buffer.capacity * 2, buffer.count + bytes.count))
        guard !larger.isVoid else {
            connection?.fail()
            return
        }
        larger.append(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
        larger.append(bytes)
        memory.give(buffer)
        input = larger
    }

    // MARK: A request

    override var received: ByteBuffer? { input }

    override func receive(upTo byteCount: Int) -> Reception {
        if hasNews {
            hasNews = false
            return .more
        }
        guard let connection, !stream.isClosed else { return .gone }
        // The exchange wants more held before it takes any: what is held counts as taken.
        if byteCount > 0, let input, input.count < byteCount, !receivedEnd { connection.consume(stream, .max) }
        return .nothing
    }

    override func takeHead() {
        guard request.takeHead(head.length, from: input) else { return }
        if !receivedEnd, !request.isWhole { connection?.setWindow(stream, Self.forwardingWindow) }
    }

    override var leastRoom: Int { request.leastRoom }

    override func takeContent(into buffer: ByteBuffer) throws(FramingError) {
        let count = try request.moveContent(from: input, to: buffer)
        if count > 0 { connection?.consume(stream, count) }
    }

    override var contentIsTaken: Bool { request.isWhole }

    override func discardRequest() -> Bool {
        takeHead()
        request.dropContent(from: input)
        return request.isWhole
    }

    override func shrink() { if let input { self.input = memory.shrink(input) } }

    override func sendContinue() {
        memory.fields.setStatus("100")
        connection?.sendInterim(stream, memory.fields)
    }

    override func sendProcessing() {
        memory.fields.setStatus("102")
        connection?.sendInterim(stream, memory.fields)
        connection?.flush()
    }

    override func isGone(halfClosedIsGone: Bool) -> Bool { stream.isClosed && !stream.hasSentEnd || connection == nil }

    // MARK: A response

    override func sendInterim(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>) {
        guard memory.fields.setResponse(response, bytes: bytes, via: Self.via(response)) else { return }
        sentHeads += UInt64(memory.fields.byteCount)
        connection?.sendInterim(stream, memory.fields)
    }

    override func prepareHead(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>, close: Bool, room: Int) -> Bool {
        guard memory.fields.setResponse(response, bytes: bytes, via: Self.via(response)) else { return false }
        responseFraming = response.framing
        self.response = BodyScanner(response.framing)
        hasPreparedHead = true
        return true
    }

    private static func via(_ response: borrowing ResponseHead) -> StaticString {
        switch response.version {
        case .http10: "1.0 puppetfront"
        case .http11: "1.1 puppetfront"
        case .http2: "2.0 puppetfront"
        }
    }

    override func send(_ buffer: ByteBuffer) {
        guard let connection else { return memory.give(buffer) }
        if hasPreparedHead {
            hasPreparedHead = false
            sendHead(connection)
        }
        guard unframe(buffer) else {
            memory.give(buffer)
            return connection.reset(stream, .internalError)
        }
        hand(buffer, to: connection)
    }

    private func sendHead(_ connection: HTTP2Downstream) {
        hasSentHead = true
        isUnmarked = true
        sentHeads += UInt64(memory.fields.byteCount)
        let hasContent = responseFraming != .none && responseFraming != .contentLength(0)
        connection.respond(stream, memory.fields, hasContent: hasContent)
    }

    private func hand(_ buffer: ByteBuffer, to connection: HTTP2Downstream) {
        isUnmarked = true
        sentContent += UInt64(buffer.count)
        if buffer.isEmpty {
            memory.give(buffer)
        } else if !stream.put(buffer) {
            connection.fail()
        }
        if response.isFinished { stream.end(trailers: responseTrailers) }
        connection.resume(stream)
    }

    /// Leaves content alone in `buffer`, and keeps trailers. False where the framing is broken, which the server's side has ruled out.
    private func unframe(_ buffer: ByteBuffer) -> Bool {
        var position = buffer.start
        var kept = buffer.start
        while position < buffer.end {
            let rest = buffer.readable.extracting(position - buffer.start..<buffer.count)
            switch try? response.next(rest) {
            case .content(let count):
                if kept != position { (buffer.base + kept).copyMemory(from: buffer.base + position, byteCount: count) }
                kept += count
                position += count
            case .framing(let count): position += count
            case .trailers(let count):
                if count > Self.lineEnd.count { keepTrailers(rest.extracting(0..<count)) }
                position += count
            case .needMore, .finished, nil: return false
            }
        }
        buffer.end = kept
        return true
    }

    private func keepTrailers(_ section: borrowing Span<UInt8>) {
        let block = FieldBlock(capacity: section.count)
        if block.setTrailers(section), !block.isEmpty { responseTrailers = block }
    }

    override func send(_ response: [UInt8]) {
        guard let connection else { return }
        var parsed = ResponseHead()
        var parser = ResponseParser()
        let bytes = response.span
        guard (try? parser.parse(bytes, requestMethod: head.method, into: &parsed)) == .complete,
            memory.fields.setResponse(parsed, bytes: bytes, via: "")
        else { return connection.reset(stream, .internalError) }
        responseFraming = parsed.framing
        self.response = BodyScanner(parsed.framing)
        sendHead(connection)
        let content = memory.take(capacity: max(1, response.count - parsed.length))
        let taken = response[parsed.length...].withUnsafeBytes { content.append($0) }
        guard taken == response.count - parsed.length, unframe(content) else { return memory.give(content) }
        hand(content, to: connection)
    }

    override func flush() -> Delivery {
        guard let connection else { return .gone }
        // The head goes out with the first content, in this turn: its fields are those that all streams share.
        if hasPreparedHead { return .delivered }
        connection.flush()
        if let emptied = stream.takeEmptied() { memory.give(emptied) }
        guard stream.pendingByteCount == 0 else {
            guard !stream.isClosed else { return .gone }
            connection.callWhenWritten(self)
            return .pending
        }
        if connection.hasFailed || stream.isClosed && !stream.hasSentEnd { return .gone }
        if isUnmarked {
            isUnmarked = false
            mark = connection.producedCount
        }
        guard mark == 0 || connection.hasWritten(mark) else {
            connection.callWhenWritten(self)
            return .pending
        }
        mark = 0
        return .delivered
    }

    override var hasPendingOutput: Bool { stream.pendingByteCount > 0 || mark > 0 }

    override func end(_ ending: Ending) {
        guard let connection else { return }
        let isWhole = hasSentHead && (response.isFinished || responseFraming == .untilClose)
        switch ending {
        case .keepAlive where isWhole, .close where isWhole:
            if !response.isFinished {
                stream.end()
                connection.resume(stream)
            }
            connection.stop(stream)
        case .keepAlive, .close, .cut, .reset: connection.reset(stream, hasSentHead ? .internalError : .cancel)
        }
        if let input { memory.give(input) }
        input = nil
        self.connection = nil
        connection.exchangeEnded(self)
    }

    // MARK: Counts

    /// What the client sent, without the framing that content without a length gets here.
    override var bytesIn: UInt64 { moved }
    override var bytesOut: UInt64 { sentHeads + sentContent - UInt64(stream.pendingByteCount) }
    override var traffic: UInt64 { moved + bytesOut }
}
