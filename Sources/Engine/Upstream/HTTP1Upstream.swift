import Buffers
import HTTP1
import Model
import Network
import TLS

/// A connection to a server as HTTP/1.1: is it ready, what did it take of the request, and which piece of the response comes next?
///
/// Owned by one worker: made for an exchange, kept for the next one while idle.
/// connecting → handshaking (with TLS) → busy ⇄ idle → closed; each may go to closed.
final class HTTP1Upstream: UpstreamSide {
    enum Phase { case connecting, handshaking, busy, idle, closed }

    private let stream: Stream
    private let connections: ServerConnections
    private let memory: TransferMemory
    private(set) var phase: Phase = .connecting
    /// The exchange that it serves; nil while idle.
    private var exchange: ExchangeDriver?
    private var isReused = false

    private var parser = ResponseParser()
    private var content = BodyScanner(.none)
    private var headIsWhole = false
    private var dropsChunking = false
    private var hasBegun = false
    private var isWhole = false
    /// Bytes of a piece of head or framing that has not come whole.
    private var input: ByteBuffer?
    /// `input` holds bytes that were not looked at, after an interim response.
    private var inputIsUnread = false
    private var moved: UInt64 = 0
    private var contentSample: [UInt8] = []
    private var sampleBound = 0

    init(_ target: UpstreamTarget, socket: consuming Socket, connections: ServerConnections, memory: TransferMemory) {
        self.connections = connections
        self.memory = memory
        stream = Stream(socket, memory: memory, isConnected: false)
        super.init(target)
    }

    override var wasReused: Bool { isReused }
    override var descriptor: Int32? { stream.descriptor }

    override func begin(for exchange: ExchangeDriver) -> Bool {
        self.exchange = exchange
        parser.reset()
        editHead { $0.reset() }
        headIsWhole = false
        hasBegun = false
        isWhole = false
        moved = 0
        contentSample = []
        guard phase == .idle else { return false }
        phase = .busy
        isReused = true
        return true
    }

    // MARK: Events

    override func handle(_ events: ReadyEvents) {
        stream.note(events)
        switch phase {
        case .connecting: if !events.isDisjoint(with: [.writable, .hungUp]) { connected() }
        case .handshaking: continueHandshake()
        case .busy: exchange?.upstreamReady()
        case .idle: if !isQuiet { connections.drop(self) }
        case .closed: break
        }
    }

    override func resume() { if phase == .busy { exchange?.upstreamReady() } }

    override func deadlinePassed() {
        switch phase {
        case .connecting, .handshaking: exchange?.connectFailed(ProxyError(.connectTimeout, context: "connect timeout"))
        case .busy: exchange?.upstreamTimedOut()
        case .idle: connections.drop(self)
        case .closed: break
        }
    }

    private func connected() {
        let code = stream.takeSocketError()
        guard code == 0 else { return failed(.connectRefused, SystemError("connect", code: code).description) }
        guard let material = target.tls else { return ready() }
        do {
            stream.startTLS(client: try connections.context(for: material), target: target)
        } catch {
            return failed(.tlsHandshake, error.description)
        }
        phase = .handshaking
        continueHandshake()
    }

    private func continueHandshake() {
        guard stream.flushPending() else {
            if stream.hasFailed { failed(.tlsHandshake, "connection lost") }
            return
        }
        switch stream.handshake() {
        case .done: ready()
        case .wantsRead, .wantsWrite: if stream.hasFailed { failed(.tlsHandshake, "connection lost") }
        case .failed(let failure): failed(.tlsHandshake, failure.reason)
        }
    }

    private func failed(_ kind: ProxyError.Kind, _ context: String) { exchange?.connectFailed(ProxyError(kind, context: context)) }

    private func ready() {
        phase = .busy
        exchange?.upstreamConnected()
    }

    // MARK: The request

    override func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = stream.write(bytes)
        moved += UInt64(count)
        return count
    }

    override func flush() -> Bool { stream.flushPending() }
    override var hasFailed: Bool { stream.hasFailed }

    // MARK: The response

    override var responseHasBegun: Bool { hasBegun }
    override var responseIsWhole: Bool { isWhole }

    override func receive(method: RequestMethod) -> Reception {
        if inputIsUnread, let held = input {
            inputIsUnread = false
            input = nil
            if let found = parse(held, method) { return found }
        }
        while stream.mayRead {
            let buffer = roomyBuffer()
            switch stream.read(into: buffer) {
            case .bytes(let count):
                hasBegun = true
                moved += UInt64(count)
                input = nil
                if headIsWhole { return takeContent(buffer) }
                // The connection's end may follow the piece of a head at once: read until there is nothing.
                if let found = parse(buffer, method) { return found }
            case .blocked:
                input = memory.shrink(buffer)
                return stream.hasFailed ? .lost : .nothing
            case .endOfStream:
                drop(buffer)
                guard headIsWhole, responseHead.framing == .untilClose else { return .lost }
                isWhole = true
                return .ended
            case .failed:
                drop(buffer)
                return .lost
            }
        }
        return stream.hasFailed ? .lost : .nothing
    }

    private func drop(_ buffer: ByteBuffer) {
        input = nil
        memory.give(buffer)
    }

    /// An empty buffer with room in front for a head that grows, or the one that holds an unfinished piece.
    private func roomyBuffer() -> ByteBuffer {
        if let held = input {
            if held.room > 0, held.capacity == memory.large.bufferCapacity, held.start >= TransferMemory.headroom { return held }
            let larger = memory.large.take()
            larger.clear(headroom: TransferMemory.headroom)
            larger.append(UnsafeRawBufferPointer(start: held.base + held.start, count: held.count))
            memory.give(held)
            input = larger
            return larger
        }
        let fresh = memory.large.take()
        fresh.clear(headroom: TransferMemory.headroom)
        return fresh
    }

    /// nil where the head has not come whole.
    private func parse(_ buffer: ByteBuffer, _ method: RequestMethod) -> Reception? {
        do {
            let progress = try editHead { head throws(ResponseError) in
                try parser.parse(buffer.readable, requestMethod: method, into: &head)
            }
            guard progress == .complete else {
                // After a full buffer no head will end.
                if buffer.room == 0 { throw ResponseError.headTooLarge }
                input = memory.shrink(buffer)
                return nil
            }
            return responseHead.isInterim ? .interim(buffer) : .head(buffer)
        } catch {
            memory.give(buffer)
            return .malformed("\(error)")
        }
    }

    override func endInterim(_ buffer: ByteBuffer) {
        buffer.consume(responseHead.length)
        guard !buffer.isEmpty else { return memory.give(buffer) }
        input = buffer
        inputIsUnread = true
    }

    override func beginContent(_ buffer: ByteBuffer, dropsChunking: Bool, sampleBound: Int) throws(ResponseDefect) {
        headIsWhole = true
        self.sampleBound = sampleBound
        self.dropsChunking = dropsChunking
        content = BodyScanner(responseHead.framing)
        buffer.consume(responseHead.length)
        try checkExcess(buffer.count)
        try frame(buffer)
    }

    /// A whole response with bytes after it is refused before any of it was passed on.
    private func checkExcess(_ count: Int) throws(ResponseDefect) {
        switch responseHead.framing {
        case .none: if count > 0 { throw .surplus }
        case .contentLength(let length): if UInt64(count) > length { throw .surplus }
        case .chunked, .untilClose: break
        }
    }

    private func takeContent(_ buffer: ByteBuffer) -> Reception {
        do {
            try frame(buffer)
            return .content(buffer)
        } catch {
            memory.give(buffer)
            return .malformed("\(error)")
        }
    }

    /// Leaves in `buffer` what is to be passed on. A piece of framing that is not whole goes to `input`.
    private func frame(_ buffer: ByteBuffer) throws(ResponseDefect) {
        var position = buffer.start
        var kept = buffer.start
        let end = buffer.end
        scan: while position < end {
            let rest = buffer.readable.extracting(position - buffer.start..<end - buffer.start)
            switch try next(rest) {
            case .content(let count):
                if sampleBound > contentSample.count { keepSample(rest.extracting(0..<count)) }
                if kept != position { (buffer.base + kept).copyMemory(from: buffer.base + position, byteCount: count) }
                kept += count
                position += count
            case .framing(let count):
                if !dropsChunking {
                    if kept != position { (buffer.base + kept).copyMemory(from: buffer.base + position, byteCount: count) }
                    kept += count
                }
                position += count
            case .trailers(let count):
                kept = try keepTrailers(rest.extracting(0..<count), in: buffer, at: kept)
                position += count
            case .needMore:
                let piece = memory.take(capacity: max(end - position, memory.small.bufferCapacity))
                guard piece.append(UnsafeRawBufferPointer(start: buffer.base + position, count: end - position)) == end - position else {
                    throw .noMemory
                }
                input = piece
                position = end
            case .finished:
                break scan
            }
        }
        guard position == end else { throw .surplus }
        buffer.end = kept
        isWhole = content.isFinished
    }

    override var sample: [UInt8] { contentSample }

    private func keepSample(_ content: borrowing Span<UInt8>) {
        let count = min(content.count, sampleBound - contentSample.count)
        content.extracting(0..<count).withUnsafeBytes { contentSample.append(contentsOf: $0) }
    }

    private func next(_ bytes: borrowing Span<UInt8>) throws(ResponseDefect) -> BodySegment {
        do { return try content.next(bytes) } catch { throw .framing(error) }
    }

    /// Rewrites a trailer section in place: it never gets longer.
    private func keepTrailers(_ section: borrowing Span<UInt8>, in buffer: ByteBuffer, at kept: Int) throws(ResponseDefect) -> Int {
        if dropsChunking { return kept }
        let rewritten = memory.take(capacity: section.count)
        defer { memory.give(rewritten) }
        do {
            guard try HeadWriter.appendTrailers(section, to: rewritten), rewritten.count <= section.count else {
                throw ResponseDefect.surplus
            }
        } catch let error as FramingError {
            throw .framing(error)
        } catch {
            throw .surplus
        }
        (buffer.base + kept).copyMemory(from: rewritten.base + rewritten.start, byteCount: rewritten.count)
        return kept + rewritten.count
    }

    override var traffic: UInt64 { moved }

    // MARK: The end of an exchange

    override func release(requestWasSent: Bool) {
        let isReusable =
            phase == .busy && requestWasSent && isWhole && responseHead.keepAlive && responseHead.framing != .untilClose && input == nil
            && !stream.peerClosed && !stream.hasFailed
        exchange = nil
        if let input { memory.give(input) }
        input = nil
        inputIsUnread = false
        guard isReusable else { return close() }
        phase = .idle
        if !connections.keep(self) { close() }
    }

    /// Neither bytes nor an end have arrived. Session tickets of TLS 1.3 are read and discarded: they are no response.
    var isQuiet: Bool {
        if stream.isQuiet { return true }
        guard stream.session != nil, !stream.peerClosed, !stream.hasFailed else { return false }
        let scratch = memory.small.take()
        defer { memory.small.give(scratch) }
        return stream.read(into: scratch) == .blocked
    }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        exchange = nil
        if let input { memory.give(input) }
        input = nil
        connections.closed(self)
        stream.close()
    }
}
