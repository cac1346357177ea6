import Buffers
import HTTP1
import Model

/// The request's way to the server: downstream → what is held of it for another try → upstream, with back-pressure.
///
/// The held bytes are head and content as the server gets them, from the first byte as long as `isAtHand`. One value a request.
struct RequestRelay {
    /// How far the request has been sent.
    enum Flow {
        /// All of it was sent.
        case sent
        case waitsForClient, waitsForServer
        /// More can be done, after others had their turn.
        case yields
        case clientGone
        /// The content's framing is broken.
        case malformed(FramingError)
        /// The server takes nothing any more; it may have responded before.
        case serverFailed
    }

    /// How many pieces are passed on per turn, so that one uploader does not keep the others waiting.
    private static var piecesPerTurn: Int { 16 }

    private var held: ByteBuffer?
    /// The identity fields in what is held, and where they end, counted from its `start`.
    private var identity: [UInt8] = []
    private var identityEnd = 0
    /// How much of `held`, counted from its `start`, was sent on this connection.
    private var sentCount = 0
    /// The request can be sent again: nothing of it was dropped.
    private(set) var isAtHand = true
    /// On this connection.
    private(set) var hasSentAnything = false
    private(set) var flow = Flow.waitsForServer
    private var defect: FramingError?

    /// Puts the head as the server gets it, and the content received so far, into what is held. Once for a request: another try sends
    /// the same bytes, but for the identity fields where one goes to a server and the other to an instance. False where the head does
    /// not fit.
    mutating func prepare(
        _ downstream: DownstreamSide, for upstream: UpstreamSide, _ additions: RequestAdditions, memory: TransferMemory, contentBound: Int
    ) -> Bool {
        if let held { return identity == additions.identityFields || exchangeIdentity(held, additions.identityFields, memory) }
        guard let received = downstream.received else { return false }
        let headRoom = downstream.head.length + additions.identityFields.count + additions.forwardedFor.count + 256
        let buffer = memory.take(capacity: headRoom + Self.expectedContent(downstream.head, contentBound))
        guard upstream.appendHead(downstream.head, bytes: received.readable, additions, to: buffer) else {
            memory.give(buffer)
            return false
        }
        held = buffer
        identity = additions.identityFields
        identityEnd = buffer.count - HeadWriter.viaLength - additions.forwardedFor.count
        downstream.takeHead()
        take(from: downstream, into: buffer)
        downstream.shrink()
        return true
    }

    private mutating func exchangeIdentity(_ old: ByteBuffer, _ new: [UInt8], _ memory: TransferMemory) -> Bool {
        guard isAtHand else { return false }
        let start = identityEnd - identity.count
        let buffer = memory.take(capacity: old.count - identity.count + new.count + old.room)
        let rest = old.count - identityEnd
        guard buffer.room >= start + new.count + rest else {
            memory.give(buffer)
            return false
        }
        buffer.append(UnsafeRawBufferPointer(start: old.base + old.start, count: start))
        buffer.append(new)
        buffer.append(UnsafeRawBufferPointer(start: old.base + old.start + identityEnd, count: rest))
        memory.give(old)
        held = buffer
        identity = new
        identityEnd = start + new.count
        return true
    }

    /// As much of the content as is held at once.
    static func expectedContent(_ head: borrowing RequestHead, _ bound: Int) -> Int {
        switch head.framing {
        case .none, .untilClose: 0
        case .contentLength(let length): Int(min(length, UInt64(bound)))
        case .chunked: bound
        }
    }

    private mutating func take(from downstream: DownstreamSide, into buffer: ByteBuffer) {
        do { try downstream.takeContent(into: buffer) } catch { defect = error }
    }

    /// Another connection gets the request from its start.
    mutating func restart() {
        sentCount = 0
        hasSentAnything = false
        flow = .waitsForServer
    }

    /// Everything that the client has sent of the request has gone to the server, and that was all.
    var isSent: Bool { if case .sent = flow { true } else { false } }

    /// Sends what is held, and reads more of the content as long as there is some.
    mutating func pump(_ downstream: DownstreamSide, _ upstream: UpstreamSide) -> Flow {
        flow = step(downstream, upstream)
        return flow
    }

    private mutating func step(_ downstream: DownstreamSide, _ upstream: UpstreamSide) -> Flow {
        guard let held else { return .waitsForServer }
        for _ in 0..<Self.piecesPerTurn {
            let hasMore = takeContent(downstream, into: held)
            if let defect { return .malformed(defect) }
            guard send(held, upstream) else { return upstream.hasFailed ? .serverFailed : .waitsForServer }
            if downstream.contentIsTaken {
                downstream.shrink()
                return .sent
            }
            if hasMore { continue }
            switch downstream.receive(upTo: 0) {
            case .more: continue
            case .nothing: return .waitsForClient
            case .gone: return .clientGone
            }
        }
        return .yields
    }

    /// Moves received content to the held content. True if there was more than fits.
    private mutating func takeContent(_ downstream: DownstreamSide, into held: ByteBuffer) -> Bool {
        guard !downstream.contentIsTaken else { return false }
        let leastRoom = downstream.leastRoom
        makeRoom(held, leastRoom)
        let before = held.end
        let hadRoom = held.room >= leastRoom
        take(from: downstream, into: held)
        return downstream.received?.isEmpty == false && (held.end > before || !hadRoom)
    }

    /// False where the server does not take more now.
    private mutating func send(_ held: ByteBuffer, _ upstream: UpstreamSide) -> Bool {
        while sentCount < held.count {
            let rest = UnsafeRawBufferPointer(start: held.base + held.start + sentCount, count: held.count - sentCount)
            let taken = upstream.write(rest)
            if taken > 0 { hasSentAnything = true }
            sentCount += taken
            guard taken == rest.count, !upstream.hasFailed else { return false }
        }
        return !upstream.hasFailed
    }

    /// Gives up being able to send the request again where its content is longer than what is held.
    private mutating func makeRoom(_ held: ByteBuffer, _ leastRoom: Int) {
        guard held.room < leastRoom, sentCount > 0 else { return }
        isAtHand = false
        held.consume(sentCount)
        sentCount = 0
        held.compact()
    }

    /// The request is over.
    mutating func end(_ memory: TransferMemory) {
        if let held { memory.give(held) }
        self = RequestRelay()
    }
}
