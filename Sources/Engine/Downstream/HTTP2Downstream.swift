import Buffers
import HTTP1
import HTTP2
import Model
import Network

/// An agent's connection as HTTP/2: which streams are under way, and which bytes come and go for all of them?
///
/// Each stream is an exchange with a side and a timer of its own. Frames of all streams go out through one buffer; a side that waits for
/// the socket or its window is called when there was progress. Nothing is called from within a call of an exchange but `flush`: what
/// comes of that is looked at later in the turn.
///
/// Life: open → (drain: GOAWAY's notice → GOAWAY) → no stream left, or broken → the connection lingers.
final class HTTP2Downstream {
    /// An exchange under way. The driver holds the side.
    private struct Exchange {
        let driver: ExchangeDriver
        let side: HTTP2StreamSide
        let timer: HTTP2StreamSide.Timer
    }

    private enum Ending { case none, noticed, announced }

    /// How many buffers are read per turn, so that one connection does not keep the others waiting.
    private static let readsPerTurn = 8
    /// How long the client has to acknowledge that the connection ends, before its new streams are ignored.
    private static let noticePeriod: Int64 = 1_000_000_000

    /// The connection holds it.
    private unowned(unsafe) let connection: DownstreamConnection
    private unowned(unsafe) let stream: Stream
    /// See Sources/README.md.
    private unowned(unsafe) let worker: Worker
    private let session: HTTP2Session
    private var exchanges: [Int32: Exchange] = [:]
    private var waiting: [HTTP2StreamSide] = []
    /// Frames that the socket has not taken.
    private var outgoing: ByteBuffer?
    private(set) var producedCount: UInt64 = 0
    private var writtenCount: UInt64 = 0
    private var isTakingEvents = false
    private var ending = Ending.none

    init(_ connection: DownstreamConnection, worker: Worker) {
        self.connection = connection
        self.worker = worker
        stream = connection.stream
        var limits = HTTP2Limits()
        limits.headerList = worker.headLimits.head
        if worker.snapshot.instanceNumber(of: connection.client) != nil { limits.raiseForInstance() }
        session = HTTP2Session(.server, limits: limits, heads: worker.memory.small)
    }

    var client: ClientContext { connection.client }
    var identityFault: IdentityFault? { connection.identityFault() }
    var hasFailed: Bool { stream.hasFailed }
    var isIdle: Bool { exchanges.isEmpty }
    var drivers: [ExchangeDriver] { exchanges.values.map(\.driver) }

    // MARK: Events

    /// - Parameter received: what was read to find out the protocol
    func begin(received: ByteBuffer?) {
        if let received {
            receive(received)
            worker.memory.give(received)
        }
        if worker.isDraining { drain() }
        ready()
    }

    /// The socket may be read or written, or something was left to do.
    func ready() {
        takeEvents()
        for _ in 0..<Self.readsPerTurn {
            guard connection.isHTTP2 else { return }
            flush()
            takeEvents()
            guard connection.isHTTP2, session.failure == nil else { return concludeTurn() }
            guard stream.mayRead else { return concludeTurn() }
            let buffer = worker.memory.large.take()
            let result = stream.read(into: buffer)
            if case .bytes = result { receive(buffer) }
            worker.memory.give(buffer)
            switch result {
            case .bytes: continue
            case .blocked: return concludeTurn()
            case .endOfStream, .failed: return connection.close()
            }
        }
        worker.loop.deferWork(connection)
        concludeTurn()
    }

    private func receive(_ buffer: ByteBuffer) {
        session.receive(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count), now: worker.loop.now)
        takeEvents()
    }

    private func concludeTurn() {
        guard connection.isHTTP2 else { return }
        flush()
        takeEvents()
        wakeWaiting()
        guard connection.isHTTP2 else { return }
        if stream.hasFailed { return connection.close() }
        if let failure = session.failure {
            worker.http2Failed(connection, failure)
            return connection.finish()
        }
        if exchanges.isEmpty, outgoing == nil, session.isOver { connection.finish() }
    }

    func deadlinePassed() {
        switch ending {
        case .noticed: announce()
        case .none, .announced:
            guard exchanges.isEmpty else { return }
            session.goAway()
            flush()
            connection.finish()
        }
    }

    /// No new requests: those under way go on.
    func drain() {
        guard ending == .none else { return }
        ending = .noticed
        session.announceShutdown()
        worker.loop.setDeadline(connection, worker.loop.now + Self.noticePeriod)
        worker.loop.deferWork(connection)
    }

    private func announce() {
        ending = .announced
        session.goAway()
        worker.loop.setDeadline(connection, exchanges.isEmpty ? worker.loop.now + worker.idleTimeout : .max)
        worker.loop.deferWork(connection)
    }

    /// The connection has gone, or is to go at once.
    func closed() {
        for exchange in Array(exchanges.values) { exchange.driver.clientGone() }
        waiting.removeAll()
        if let outgoing { worker.memory.give(outgoing) }
        outgoing = nil
    }

    // MARK: What the session has understood

    private func takeEvents() {
        guard !isTakingEvents else { return }
        isTakingEvents = true
        defer { isTakingEvents = false }
        while let event = session.nextEvent() {
            switch event {
            case .head(_, let head, _) where !connection.isHTTP2: worker.memory.give(head)
            case .head(let stream, let head, let ends): begin(stream, head: head, ends: ends)
            case .headTooLarge(let stream): begin(stream, head: nil, ends: false)
            case .content(let stream, let bytes):
                guard let exchange = exchanges[stream.id] else { continue }
                exchange.side.contentCame(bytes)
                exchange.driver.clientReady()
            case .ended(let stream, let trailers):
                guard let exchange = exchanges[stream.id] else {
                    if let trailers { worker.memory.give(trailers) }
                    continue
                }
                exchange.side.endCame(trailers: trailers)
                exchange.driver.clientReady()
            case .closed(let stream, _): closed(stream)
            case .pingAcknowledged: if ending == .noticed { announce() }
            case .settingsAcknowledged:
                if exchanges.isEmpty, ending == .none {
                    worker.loop.setDeadline(connection, worker.loop.now + worker.idleTimeout)
                }
            case .drained, .goAway, .interim: break
            }
        }
    }

    private func begin(_ stream: HTTP2Stream, head: ByteBuffer?, ends: Bool) {
        let side = HTTP2StreamSide(stream, on: self, memory: worker.memory)
        let driver = ExchangeDriver(worker, downstream: side)
        let timer = HTTP2StreamSide.Timer(driver)
        side.attach(timer)
        try? worker.loop.add(timer, descriptor: nil)
        exchanges[stream.id] = Exchange(driver: driver, side: side, timer: timer)
        connection.requestBegan()
        worker.loop.setDeadline(connection, ending == .noticed ? connection.deadline : .max)
        driver.begin()
        guard let head else { return driver.headBroke(.headTooLarge) }
        do throws(RequestError) {
            try side.headCame(head, limits: worker.headLimits)
        } catch {
            return driver.headBroke(error)
        }
        if ends { side.endCame(trailers: nil) }
        driver.headCame()
    }

    private func closed(_ stream: HTTP2Stream) {
        // One whose response has been sent is called when the socket has taken it.
        if !stream.hasSentEnd, let exchange = exchanges[stream.id] { exchange.driver.clientGone() }
        if let emptied = stream.takeEmptied() { worker.memory.give(emptied) }
    }

    // MARK: For the streams' sides

    func respond(_ stream: HTTP2Stream, _ fields: FieldBlock, hasContent: Bool) {
        session.respond(stream, fields, hasContent: hasContent)
    }

    func sendInterim(_ stream: HTTP2Stream, _ fields: FieldBlock) {
        session.sendInterim(stream, fields)
        flushLater()
    }

    func resume(_ stream: HTTP2Stream) { session.resume(stream) }

    func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        session.reset(stream, code)
        flushLater()
    }

    func consume(_ stream: HTTP2Stream, _ byteCount: Int) {
        session.consume(stream, byteCount)
        if session.wantsWrite { flushLater() }
    }

    /// The response is whole.
    func stop(_ stream: HTTP2Stream) {
        session.stop(stream)
        if session.wantsWrite { flushLater() }
    }

    func setWindow(_ stream: HTTP2Stream, _ byteCount: Int) {
        session.setWindow(stream, byteCount)
        flushLater()
    }

    /// The side is called when bytes have gone.
    func callWhenWritten(_ side: HTTP2StreamSide) { if !waiting.contains(where: { $0 === side }) { waiting.append(side) } }

    func exchangeEnded(_ side: HTTP2StreamSide) {
        guard let exchange = exchanges.removeValue(forKey: side.stream.id) else { return }
        worker.loop.remove(exchange.timer)
        waiting.removeAll { $0 === side }
        // The session may be over with it.
        if ending == .announced || session.wantsWrite { flushLater() }
        if exchanges.isEmpty, ending != .noticed { worker.loop.setDeadline(connection, worker.loop.now + worker.idleTimeout) }
    }

    /// There is no memory for a buffer.
    func fail() {
        stream.fail()
        flushLater()
    }

    private func flushLater() { worker.loop.deferWork(connection) }

    // MARK: Output

    func hasWritten(_ count: UInt64) -> Bool { writtenCount >= count && !stream.hasPendingOutput }

    /// Writes frames as long as there are some and the socket takes them.
    func flush() {
        guard connection.isHTTP2 else { return }
        while stream.flushPending() {
            guard let buffer = outgoing ?? produced() else { return }
            let count = stream.write(UnsafeRawBufferPointer(start: buffer.base + buffer.start, count: buffer.count))
            writtenCount += UInt64(count)
            buffer.consume(count)
            outgoing = worker.memory.shrink(buffer)
            if outgoing != nil { return }
        }
    }

    private func produced() -> ByteBuffer? {
        guard session.wantsWrite else { return nil }
        let buffer = worker.memory.large.take()
        guard !buffer.isVoid else {
            fail()
            return nil
        }
        _ = session.produce(into: buffer)
        producedCount += UInt64(buffer.count)
        if session.hasEvents { flushLater() }
        guard buffer.isEmpty else { return buffer }
        worker.memory.give(buffer)
        return nil
    }

    private func wakeWaiting() {
        guard !waiting.isEmpty else { return }
        let sides = waiting
        waiting.removeAll(keepingCapacity: true)
        for side in sides { exchanges[side.stream.id]?.driver.clientReady() }
    }
}
