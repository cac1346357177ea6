import Buffers
import HTTP1
import HTTP2
import Model
import Network

/// An agent's connection as HTTP/1.1: which head comes next, what of its content was received, and how is a response sent?
///
/// Taken from the worker's pool when bytes come, given back when the connection is idle and nothing is left of them. Content passes with
/// its framing as it came. It owns the plaintext that no exchange has taken yet; a pipelined request waits in it.
final class HTTP1Downstream: DownstreamSide {
    enum HeadProgress {
        case needMore, whole
        case broken(RequestError)
    }

    private static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private let memory: TransferMemory
    /// nil: in the pool.
    private var connection: DownstreamConnection?
    /// The connection's, which is held while this is in use.
    private unowned(unsafe) var stream: Stream
    private var input: ByteBuffer?

    private var parser = RequestParser(limits: HeadLimits(head: 64 << 10, target: 16 << 10))
    private var request = ReceivedRequest()
    /// Bytes of this request in all, as far as the head tells; no bound for what is chunked.
    private var expected = UInt64.max

    /// Length of the response's head in `memory.head` that goes out with the first content.
    private var preparedHead = 0
    /// What the client has not taken yet.
    private var outgoing: ByteBuffer?
    private var sent: UInt64 = 0
    private var moved: UInt64 = 0

    init(_ connection: DownstreamConnection, memory: TransferMemory) {
        self.connection = connection
        self.memory = memory
        stream = connection.stream
    }

    /// Serves `connection` from now on.
    func attach(to connection: DownstreamConnection) {
        self.connection = connection
        stream = connection.stream
    }

    /// The connection is idle, or ended: nothing of it is kept.
    func detach() {
        if let input { memory.give(input) }
        if let outgoing { memory.give(outgoing) }
        input = nil
        outgoing = nil
        connection = nil
    }

    override var client: ClientContext { connection!.client }
    override var timer: EventTarget { connection! }
    override var identityFault: IdentityFault? { connection?.identityFault() }

    /// Whether a plain connection begins as HTTP/2 does; nil: it has ended.
    func detectHTTP2() -> HTTP2Preface.Match? {
        while true {
            let match = input.map { HTTP2Preface.match($0.readable) } ?? .partial
            guard match == .partial else { return match }
            switch receive(upTo: 0) {
            case .more: continue
            case .nothing: return .partial
            case .gone: return nil
            }
        }
    }

    /// What is held goes to who speaks another protocol with the client.
    func takeInput() -> ByteBuffer? {
        defer { input = nil }
        return input
    }

    // MARK: A request's head

    var hasInput: Bool { input?.isEmpty == false }

    /// The first byte of a request is there.
    func begin(limits: HeadLimits) {
        parser = RequestParser(limits: limits)
        editHead { $0.reset() }
        request = ReceivedRequest()
        expected = .max
        preparedHead = 0
        sent = 0
        moved = 0
    }

    /// Looks for a whole head at the start of what is held.
    func parseHead() -> HeadProgress {
        guard let input else { return .needMore }
        do {
            guard try editHead({ head throws(RequestError) in try parser.parse(input.readable, into: &head) }) == .complete else {
                return .needMore
            }
        } catch {
            return .broken(error)
        }
        request.headCame(head.framing)
        switch head.framing {
        case .none: expected = UInt64(head.length)
        case .contentLength(let length): expected = UInt64(head.length).addingReportingOverflow(length).partialValue
        case .chunked, .untilClose: break
        }
        return .whole
    }

    // MARK: Its content

    override var received: ByteBuffer? { input }

    override func receive(upTo byteCount: Int) -> Reception {
        let stream = stream
        let buffer = roomyInput(atLeast: byteCount)
        switch stream.read(into: buffer) {
        case .bytes(let count):
            moved += UInt64(count)
            return .more
        case .blocked:
            input = memory.shrink(buffer)
            return stream.hasFailed ? .gone : .nothing
        case .endOfStream, .failed:
            input = memory.shrink(buffer)
            return .gone
        }
    }

    /// The input buffer, with room after what it holds. Heads are bounded well below a large buffer.
    private func roomyInput(atLeast wanted: Int) -> ByteBuffer {
        guard let buffer = input else {
            let fresh = memory.take(capacity: max(wanted, memory.large.bufferCapacity))
            input = fresh
            return fresh
        }
        if buffer.room == 0 || wanted > buffer.capacity { buffer.compact() }
        if buffer.room > 0, wanted <= buffer.capacity { return buffer }
        let larger = memory.take(capacity: max(buffer.capacity * 2, wanted))
        larger.append(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
        memory.give(buffer)
        input = larger
        return larger
    }

    override func takeHead() { request.takeHead(head.length, from: input) }
    override var leastRoom: Int { request.leastRoom }
    override func takeContent(into buffer: ByteBuffer) throws(FramingError) { _ = try request.moveContent(from: input, to: buffer) }
    override var contentIsTaken: Bool { request.isWhole }

    override func discardRequest() -> Bool {
        takeHead()
        request.dropContent(from: input)
        return request.isWhole
    }

    override func shrink() {
        if let input { self.input = memory.shrink(input) }
    }

    override func sendContinue() {
        Self.continueLine.withUnsafeBytes { enqueue($0) }
        _ = flush()
    }

    override func isGone(halfClosedIsGone: Bool) -> Bool {
        stream.hasFailed || stream.isHungUp || halfClosedIsGone && stream.peerClosed
    }

    // MARK: A response

    override var readsChunked: Bool { head.version == .http11 }

    /// Interim responses go on to clients that know them (RFC 9110 section 15.2).
    override func sendInterim(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>) {
        guard head.version == .http11, prepareHead(response, bytes: bytes, close: false, room: .max) else { return }
        let ours = memory.head
        enqueue(UnsafeRawBufferPointer(start: ours.base + ours.start, count: preparedHead))
        preparedHead = 0
        _ = flush()
    }

    override func prepareHead(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>, close: Bool, room: Int) -> Bool {
        let ours = memory.head
        ours.clear()
        let fits = HeadWriter.appendResponse(
            response, bytes: bytes, clientVersion: head.version, close: close, dropsChunking: !readsChunked && response.framing == .chunked,
            to: ours)
        guard fits, ours.count <= room else { return false }
        preparedHead = ours.count
        return true
    }

    override func send(_ buffer: ByteBuffer) {
        if preparedHead > 0 {
            let ours = memory.head
            buffer.start -= preparedHead
            (buffer.base + buffer.start).copyMemory(from: ours.base + ours.start, byteCount: preparedHead)
            preparedHead = 0
        }
        if buffer.isEmpty {
            memory.give(buffer)
        } else if outgoing == nil {
            outgoing = buffer
        } else {
            // An interim response is still pending before it.
            enqueue(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
            memory.give(buffer)
        }
    }

    override func send(_ response: [UInt8]) { response.withUnsafeBytes { enqueue($0) } }

    /// Puts bytes after what is pending.
    private func enqueue(_ bytes: UnsafeRawBufferPointer) {
        let wanted = (outgoing?.count ?? 0) + bytes.count
        guard wanted > 0 else { return }
        let joined = memory.take(capacity: wanted)
        if joined.isVoid { stream.fail() }
        if let before = outgoing {
            joined.append(UnsafeRawBufferPointer(start: before.base + before.start, count: before.count))
            memory.give(before)
        }
        joined.append(bytes)
        outgoing = joined
    }

    override func flush() -> Delivery {
        let stream = stream
        guard stream.flushPending() else { return stream.hasFailed ? .gone : .pending }
        guard let buffer = outgoing else { return .delivered }
        guard !buffer.isVoid else { return .gone }
        let count = stream.write(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
        sent += UInt64(count)
        moved += UInt64(count)
        buffer.consume(count)
        if buffer.isEmpty {
            memory.give(buffer)
            outgoing = nil
            guard stream.hasPendingOutput else { return .delivered }
        } else {
            outgoing = memory.shrink(buffer)
        }
        return stream.hasFailed ? .gone : .pending
    }

    override var hasPendingOutput: Bool { outgoing != nil || stream.hasPendingOutput }

    override func end(_ ending: Ending) {
        if let outgoing { memory.give(outgoing) }
        outgoing = nil
        connection?.exchangeEnded(ending)
    }

    // MARK: Counts

    override var bytesIn: UInt64 {
        if request.headIsTaken, request.isWhole { return request.taken }
        return min(request.taken + UInt64(input?.count ?? 0), expected)
    }
    override var bytesOut: UInt64 { sent }
    override var traffic: UInt64 { moved }
}
