import Buffers
import HTTP1
import Model
import Network

@testable import Engine

/// The server's side of an exchange without a connection: it takes as much as the test lets it, and gives the pieces of `script`.
final class ScriptedServer: UpstreamSide {
    enum Piece {
        case interim(Int)
        /// A final head, with the beginning of the content.
        case head(_ status: String, _ fields: [String], _ content: String)
        case content(String)
        /// The connection's end, which is the content's.
        case ended
        case lost
        case malformed
    }

    var script: [Piece] = []
    /// How many more bytes it takes.
    var room = Int.max
    var failed = false
    /// What was received by the time that the failure is seen.
    var lastWords: [Piece] = []
    /// Bytes of a head that is not complete were received.
    var hasPartOfHead = false
    /// What it got of the request on this connection.
    private(set) var got = ""
    /// How it was released: whether the request had been sent whole.
    private(set) var releases: [Bool] = []
    private(set) var driver: ExchangeDriver?
    private(set) var isConnected: Bool
    /// How often it began to serve an exchange.
    private(set) var useCount = 0

    private let memory: TransferMemory
    private var content = BodyScanner(.none)
    private var hasGiven = false
    private var hasEnded = false
    private var headIsWhole = false
    private var moved: UInt64 = 0
    private var kept: [UInt8] = []

    init(_ target: UpstreamTarget, memory: TransferMemory, isConnected: Bool) {
        self.memory = memory
        self.isConnected = isConnected
        super.init(target)
    }

    // MARK: For the test

    func connects() {
        isConnected = true
        driver?.upstreamConnected()
    }

    func refuses() { driver?.connectFailed(ProxyError(.connectRefused, context: "refused")) }

    /// The pieces are there, and the exchange hears of it.
    func says(_ pieces: Piece...) {
        script += pieces
        driver?.upstreamReady()
    }

    override func deadlinePassed() {
        if isConnected { driver?.upstreamTimedOut() } else { driver?.connectFailed(ProxyError(.connectTimeout, context: "timeout")) }
    }

    override func resume() { driver?.upstreamReady() }

    // MARK: The side

    override var wasReused: Bool { useCount > 1 }

    override func begin(for exchange: ExchangeDriver) -> Bool {
        driver = exchange
        useCount += 1
        (got, hasGiven, hasEnded, headIsWhole, moved, kept) = ("", false, false, false, 0, [])
        hasPartOfHead = false
        editHead { $0.reset() }
        return isConnected
    }

    override func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        if failed { return 0 }
        let count = min(room, bytes.count)
        got += String(decoding: bytes.prefix(count), as: UTF8.self)
        if room != .max { room -= count }
        moved += UInt64(count)
        return count
    }

    override var hasFailed: Bool {
        guard failed else { return false }
        script += lastWords
        lastWords = []
        return true
    }

    override func receive(method: RequestMethod) -> Reception {
        guard !script.isEmpty else { return .nothing }
        let piece = script.removeFirst()
        if case .lost = piece {} else { hasGiven = true }
        switch piece {
        case .interim(let status): return parsed("HTTP/1.1 \(status) Interim\r\n\r\n", method).map { .interim($0) } ?? .malformed("script")
        case .head(let status, let fields, let content):
            let head = "HTTP/1.1 \(status)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
            return parsed(head + content, method).map { .head($0) } ?? .malformed("script")
        case .content(let text):
            let buffer = filled(text)
            do { try scan(buffer) } catch { return .malformed("\(error)") }
            return .content(buffer)
        case .ended:
            hasEnded = true
            return .ended
        case .lost: return .lost
        case .malformed: return .malformed("scripted")
        }
    }

    private func filled(_ text: String) -> ByteBuffer {
        moved += UInt64(text.utf8.count)
        let buffer = memory.take(capacity: text.utf8.count)
        buffer.append(Array(text.utf8))
        return buffer
    }

    private func parsed(_ text: String, _ method: RequestMethod) -> ByteBuffer? {
        let buffer = filled(text)
        var parser = ResponseParser()
        let progress = try? editHead { head in try parser.parse(buffer.readable, requestMethod: method, into: &head) }
        return progress == .complete ? buffer : nil
    }

    private func scan(_ buffer: ByteBuffer) throws {
        var start = 0
        while start < buffer.count, !content.isFinished {
            switch try content.next(buffer.readable.extracting(start..<buffer.count)) {
            case .content(let count), .framing(let count), .trailers(let count): start += count
            case .needMore, .finished: return
            }
        }
    }

    override func endInterim(_ buffer: ByteBuffer) { memory.give(buffer) }

    override func beginContent(_ buffer: ByteBuffer, dropsChunking: Bool, sampleBound: Int) throws(ResponseDefect) {
        headIsWhole = true
        buffer.consume(responseHead.length)
        content = BodyScanner(responseHead.framing)
        kept = buffer.readable.withUnsafeBytes { Array($0.prefix(sampleBound)) }
        do { try scan(buffer) } catch { throw .surplus }
    }

    override var sample: [UInt8] { kept }
    override var responseIsWhole: Bool { headIsWhole && content.isFinished || hasEnded }
    override var responseHasBegun: Bool { hasGiven || hasPartOfHead }

    override func release(requestWasSent: Bool) {
        driver = nil
        releases.append(requestWasSent)
    }

    override var traffic: UInt64 { moved }
}
