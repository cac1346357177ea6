import Buffers
import HTTP1
import Model
import Network

@testable import Engine

/// The client's side of an exchange without a connection. It gives what the test has it send, and keeps what it is sent: heads as
/// `<200>` (`<200 close>`), content and local responses as their bytes.
final class ScriptedClient: DownstreamSide {
    let scriptedTimer = ScriptedTimer()
    /// How many more bytes it takes.
    var room = Int.max
    /// Neither direction works any more.
    var hasLeft = false
    /// It sends no more.
    var isHalfClosed = false
    var revoked = false
    var knowsChunked = true
    /// What it has taken.
    private(set) var got = ""
    private(set) var endings: [Ending] = []
    /// Called at the end of an exchange.
    var onEnd: () -> Void = {}

    private let context: ClientContext
    private let memory: TransferMemory
    private let input = ByteBuffer(capacity: 2 << 20)
    private var arriving: [[UInt8]] = []
    private var parser = RequestParser(limits: HeadLimits(head: 64 << 10, target: 16 << 10))
    private var content = BodyScanner(.none)
    private var headIsTaken = false
    private var taken: UInt64 = 0
    private var prepared = ""
    private var outgoing: [UInt8] = []
    private var sent: UInt64 = 0
    private var moved: UInt64 = 0

    init(_ context: ClientContext, memory: TransferMemory) {
        self.context = context
        self.memory = memory
    }

    // MARK: For the test

    /// A request's first bytes, with its whole head.
    func begin(_ text: String) throws {
        input.append(Array(text.utf8))
        (headIsTaken, taken, sent, moved, got, prepared) = (false, 0, 0, 0, "", "")
        parser.reset()
        let input = input
        _ = try editHead { head throws(RequestError) in try parser.parse(input.readable, into: &head) }
        content = BodyScanner(head.framing)
    }

    /// More of it will be there when the exchange reads.
    func send(_ text: String) { arriving.append(Array(text.utf8)) }

    // MARK: The request

    override var client: ClientContext { context }
    override var timer: EventTarget { scriptedTimer }
    override var identityFault: IdentityFault? { revoked ? IdentityFault(reason: .revoked, cause: "") : nil }
    override var received: ByteBuffer? { input }

    override func receive(upTo byteCount: Int) -> Reception {
        guard !arriving.isEmpty else { return hasLeft || isHalfClosed ? .gone : .nothing }
        let piece = arriving.removeFirst()
        if input.room < piece.count { input.compact() }
        input.append(piece)
        moved += UInt64(piece.count)
        return .more
    }

    override func takeHead() {
        guard !headIsTaken else { return }
        headIsTaken = true
        input.consume(head.length)
        taken += UInt64(head.length)
    }

    override func takeContent(into buffer: ByteBuffer) throws(FramingError) {
        let input = input
        while !input.isEmpty, buffer.room > 0, !content.isFinished {
            let visible = min(input.count, buffer.room)
            switch try content.next(input.readable.extracting(0..<visible)) {
            case .content(let count), .framing(let count), .trailers(let count):
                buffer.append(UnsafeRawBufferPointer(start: input.base + input.start, count: count))
                consume(count)
            case .needMore, .finished: return
            }
        }
    }

    private func consume(_ count: Int) {
        input.consume(count)
        taken += UInt64(count)
    }

    override var contentIsTaken: Bool { content.isFinished }

    override func discardRequest() -> Bool {
        takeHead()
        let input = input
        while !input.isEmpty, !content.isFinished {
            switch try? content.next(input.readable) {
            case .content(let count), .framing(let count), .trailers(let count): consume(count)
            case .needMore, .finished, nil: return false
            }
        }
        return content.isFinished
    }

    override func sendContinue() { outgoing += Array("<100 from here>".utf8) }
    override func isGone(halfClosedIsGone: Bool) -> Bool { hasLeft || halfClosedIsGone && isHalfClosed }

    // MARK: The response

    override var readsChunked: Bool { knowsChunked }

    override func sendInterim(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>) {
        outgoing += Array("<\(response.status)>".utf8)
    }

    override func prepareHead(_ response: borrowing ResponseHead, bytes: borrowing Span<UInt8>, close: Bool, room: Int) -> Bool {
        prepared = "<\(response.status)\(close ? " close" : "")>"
        return room >= response.length
    }

    override func send(_ buffer: ByteBuffer) {
        outgoing += Array(prepared.utf8)
        prepared = ""
        buffer.readable.withUnsafeBytes { outgoing.append(contentsOf: $0) }
        memory.give(buffer)
    }

    override func send(_ response: [UInt8]) { outgoing += response }

    override func flush() -> Delivery {
        if hasLeft { return .gone }
        let count = min(room, outgoing.count)
        got += String(decoding: outgoing.prefix(count), as: UTF8.self)
        outgoing.removeFirst(count)
        if room != .max { room -= count }
        sent += UInt64(count)
        moved += UInt64(count)
        return outgoing.isEmpty ? .delivered : .pending
    }

    override var hasPendingOutput: Bool { !outgoing.isEmpty }

    override func end(_ ending: Ending) {
        outgoing = []
        endings.append(ending)
        onEnd()
    }

    // MARK: Counts

    override var bytesIn: UInt64 { headIsTaken && content.isFinished ? taken : taken + UInt64(input.count) }
    override var bytesOut: UInt64 { sent }
    override var traffic: UInt64 { moved }
}
