import Buffers
import HTTP2
import Testing

/// Each limit of `HTTP2Limits`: what is allowed passes, one more ends the connection with ENHANCE_YOUR_CALM and the right reason.
@Suite struct AbuseTests {
    /// Small budgets, so that the figures are exact.
    private static let limits: HTTP2Limits = {
        var limits = HTTP2Limits()
        let few = HTTP2Limits.Budget(burst: 5, perSecond: 1)
        limits.settings = few
        limits.pings = few
        limits.priorities = few
        limits.emptyData = few
        limits.windowUpdates = few
        limits.otherFrames = few
        limits.resets = few
        limits.provokedResets = few
        return limits
    }()

    private struct Flood: CustomTestStringConvertible, Sendable {
        let kind: HTTP2Abuse
        /// One unit of the flood, by number from 0.
        let unit: @Sendable (UInt32) -> [UInt8]
        /// Already spent by the greeting.
        var spent = 0
        var testDescription: String { kind.rawValue }
    }

    private static let floods: [Flood] = [
        Flood(kind: .settingsFlood, unit: { _ in Frame(.settings).bytes }, spent: 1),
        Flood(kind: .pingFlood, unit: { _ in Frame(.ping, [UInt8](repeating: 0, count: 8)).bytes }),
        Flood(kind: .pingFlood, unit: { _ in Frame(.ping, flags: 1, [UInt8](repeating: 0, count: 8)).bytes }),
        Flood(kind: .priorityFlood, unit: { Frame(.priority, stream: 2 * $0 + 1, [0, 0, 0, 0, 1]).bytes }),
        Flood(kind: .priorityFlood, unit: { Frame(.priorityUpdate, Frame.number(2 * $0 + 1) + Array("u=1".utf8)).bytes }),
        Flood(kind: .emptyData, unit: { ($0 == 0 ? Frame.post().bytes : []) + Frame(.data, stream: 1).bytes }),
        Flood(kind: .emptyData, unit: { ($0 == 0 ? Frame.post().bytes : []) + Frame(.data, flags: 8, stream: 1, [2, 0, 0]).bytes }),
        Flood(kind: .windowUpdates, unit: { ($0 == 0 ? Frame.post().bytes : []) + Frame(.windowUpdate, stream: 1, [0, 0, 0, 1]).bytes }),
        Flood(kind: .windowUpdates, unit: { _ in Frame(.windowUpdate, [0, 0, 0, 1]).bytes }),
        Flood(kind: .otherFrames, unit: { _ in Frame(.unknown).bytes }),
        Flood(kind: .otherFrames, unit: { _ in Frame(.goAway, [UInt8](repeating: 0, count: 8)).bytes }),
        Flood(kind: .rapidReset, unit: { Frame.get(2 * $0 + 1).bytes + Frame(.reset, stream: 2 * $0 + 1, [0, 0, 0, 8]).bytes }),
        Flood(kind: .provokedResets, unit: { Frame.get(2 * $0 + 1, [("connection", "x")]).bytes }),
        Flood(
            kind: .provokedResets,
            unit: { Frame.get(2 * $0 + 1).bytes + Frame(.windowUpdate, stream: 2 * $0 + 1, [0x7F, 255, 255, 255]).bytes }),
        Flood(
            kind: .provokedResets,
            unit: {
                Frame.post(2 * $0 + 1, [("content-length", "1")]).bytes + Frame(.data, flags: 1, stream: 2 * $0 + 1, [1, 2]).bytes
            }),
    ]

    @Test(arguments: floods) private func endsAFlood(flood: Flood) {
        var limits = Self.limits
        // Its own budget alone is the small one where a unit takes several kinds.
        if flood.kind == .provokedResets { limits.windowUpdates = HTTP2Limits().windowUpdates }
        let probe = SessionProbe(limits: limits)
        let allowed = 5 - flood.spent
        for number in 0..<UInt32(allowed) { probe.feed(flood.unit(number)) }
        #expect(probe.session.failure == nil)
        probe.forgetSent()
        probe.feed(flood.unit(UInt32(allowed)))
        #expect(probe.session.failure == .abuse(flood.kind))
        #expect(probe.frames(.goAway).map { Frame.number($0.payload[4..<8]) } == [HTTP2ErrorCode.enhanceYourCalm.rawValue])
        probe.feed(.get(9001))
        #expect(probe.heads[9001] == nil, "nothing is read any more")
    }

    /// The same frames at the allowed rate never end the connection.
    @Test(arguments: floods) private func acceptsTheSameSlowly(flood: Flood) {
        var limits = Self.limits
        if flood.kind == .provokedResets { limits.windowUpdates = HTTP2Limits().windowUpdates }
        let probe = SessionProbe(limits: limits)
        for number in 0..<UInt32(100) {
            probe.now += 1_000_000_000
            probe.feed(flood.unit(number))
        }
        #expect(probe.session.failure == nil)
    }

    /// A client that reads opens windows as often as it likes: what is sent pays for it.
    @Test func acceptsWindowUpdatesOfAReader() throws {
        let probe = SessionProbe(limits: Self.limits)
        probe.feed(.get())
        let block = FieldBlock(capacity: 64)
        block.setStatus("200")
        let stream = try #require(probe.streams[1])
        probe.session.respond(stream, block, hasContent: true)
        for _ in 0..<200 {
            _ = stream.takeEmptied()
            let content = ByteBuffer(capacity: 16384)
            content.append([UInt8](repeating: 7, count: 16384))
            stream.put(content)
            probe.session.resume(stream)
            probe.produce()
            probe.feed(Frame(.windowUpdate, Frame.number(16384)), Frame(.windowUpdate, stream: 1, Frame.number(16384)))
        }
        #expect(probe.session.failure == nil)
        #expect(probe.frames(.data).reduce(0) { $0 + $1.payload.count } == 200 * 16384)
    }

    @Test func countsContinuations() {
        var limits = HTTP2Limits()
        limits.continuations = 3
        for count in 3...4 {
            let probe = SessionProbe(limits: limits)
            probe.feed(Frame(.headers, flags: 1, stream: 1, Literal.block(Literal.get)))
            for number in 1...count {
                probe.feed(Frame(.continuation, flags: number == count ? 4 : 0, stream: 1, []))
            }
            #expect(probe.session.failure == (count == 3 ? nil : .abuse(.continuations)))
        }
    }

    /// An entry of the table, named again and again: few bytes on the wire, many in the list.
    @Test func endsAnHPACKBomb() {
        let probe = SessionProbe()
        let entry = Literal.indexed("x", String(repeating: "v", count: 4000))
        probe.feed(Frame(.headers, flags: 5, stream: 1, Literal.block(Literal.get) + entry))
        #expect(probe.heads[1] != nil)
        let limit = HTTP2Limits().headerList
        // 16 of them are too large a head, 65 end the connection.
        let repeats = limit / 4033 + 1
        probe.feed(Frame(.headers, flags: 5, stream: 3, Literal.block(Literal.get) + [UInt8](repeating: 0xBE, count: repeats)))
        #expect(probe.tooLarge == [3])
        #expect(probe.session.failure == nil)
        probe.feed(Frame(.headers, flags: 5, stream: 5, Literal.block(Literal.get) + [UInt8](repeating: 0xBE, count: 4 * repeats)))
        #expect(probe.session.failure == .abuse(.headerBomb))
    }

    @Test func refusesStreamsOverTheLimit() {
        var limits = HTTP2Limits()
        limits.streams = 4
        let probe = SessionProbe(limits: limits)
        for id: UInt32 in [1, 3, 5, 7] { probe.feed(.post(id)) }
        #expect(probe.session.streamCount == 4)
        // The client may not know the limit yet: the stream may be tried again.
        probe.feed(.post(9))
        #expect(probe.outcome == .stream(.refusedStream))
        #expect(probe.heads.count == 4)
        // After its acknowledgement it knows.
        probe.forgetSent()
        probe.feed(Frame(.settings, flags: 1), .post(11))
        #expect(probe.outcome == .connection(.protocolError))
    }

    /// A client that asks for acknowledgements and does not read them.
    @Test func boundsWhatWaitsToBeSent() {
        var limits = HTTP2Limits()
        limits.pings = .init(burst: 1_000_000, perSecond: 1_000_000)
        let probe = SessionProbe(limits: limits)
        let ping = Frame(.ping, [UInt8](repeating: 0, count: 8)).bytes
        let flood = Array(repeating: ping, count: limits.acknowledgements + 2).flatMap { $0 }
        flood.withUnsafeBytes { probe.session.receive($0, now: probe.now) }
        #expect(probe.session.failure == .abuse(.outboundQueue))
    }
}
