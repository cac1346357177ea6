import Buffers
import HTTP2
import Testing

/// Windows open by what was taken, and content goes out as the peer's windows allow.
@Suite struct FlowControlTests {
    private func windows(_ probe: SessionProbe, stream: UInt32) -> [UInt32] {
        probe.frames(.windowUpdate).filter { $0.stream == stream }.map { Frame.number($0.payload) }
    }

    private func content(_ count: Int) -> ByteBuffer {
        let buffer = ByteBuffer(capacity: max(count, 1))
        buffer.append([UInt8](repeating: 7, count: count))
        return buffer
    }

    @Test func opensAStreamsWindowOnlyByWhatWasTaken() throws {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, flags: 1), .post())
        probe.forgetSent()
        let piece = [UInt8](repeating: 1, count: 16384)
        probe.feed(Frame(.data, stream: 1, piece), Frame(.data, stream: 1, piece))
        #expect(probe.content[1]?.count == 32768)
        #expect(windows(probe, stream: 1) == [])
        let stream = try #require(probe.streams[1])
        probe.session.consume(stream, 20000)
        probe.produce()
        #expect(windows(probe, stream: 1) == [20000])
        probe.session.consume(stream, .max)
        probe.produce()
        #expect(stream.pendingByteCount == 0)
        #expect(probe.outcome == .accepted)
    }

    @Test func resetsAStreamThatOverrunsItsWindow() {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, flags: 1), .post())
        let piece = [UInt8](repeating: 1, count: 16384)
        probe.feed(Frame(.data, stream: 1, piece), Frame(.data, stream: 1, piece), Frame(.data, stream: 1, [1]))
        #expect(probe.outcome == .stream(.flowControlError))
        #expect(probe.closed[1] == .flowControlError)
    }

    /// The window of the connection is open for the other streams whatever one stream leaves untaken.
    @Test func oneStreamDoesNotCloseTheConnectionsWindow() {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, flags: 1))
        let piece = [UInt8](repeating: 1, count: 16384)
        for id in stride(from: UInt32(1), through: 199, by: 2) {
            probe.feed(.post(id), Frame(.data, stream: id, piece), Frame(.data, stream: id, piece))
        }
        #expect(probe.outcome == .accepted)
        #expect(probe.content.values.reduce(0) { $0 + $1.count } == 100 * 32768)
    }

    @Test func aLargerWindowIsAnnounced() throws {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, flags: 1), .post())
        probe.forgetSent()
        probe.session.setWindow(try #require(probe.streams[1]), 256 << 10)
        probe.produce()
        #expect(windows(probe, stream: 1) == [(256 - 32) << 10])
    }

    @Test func sendsNoMoreThanThePeersWindow() throws {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, Frame.setting(4, 1000)), .get())
        let stream = try #require(probe.streams[1])
        let block = FieldBlock(capacity: 256)
        block.setStatus("200")
        probe.forgetSent()
        stream.put(content(2500))
        stream.end()
        probe.session.respond(stream, block, hasContent: true)
        probe.produce()
        #expect(probe.frames(.data).map(\.payload.count) == [1000])
        #expect(stream.pendingByteCount == 1500)
        probe.feed(Frame(.windowUpdate, stream: 1, Frame.number(600)))
        #expect(probe.frames(.data).map(\.payload.count) == [1000, 600])
        #expect(probe.closed[1] == nil)
        probe.feed(Frame(.windowUpdate, stream: 1, Frame.number(5000)))
        #expect(probe.frames(.data).map(\.payload.count) == [1000, 600, 900])
        #expect(probe.frames(.data).map { $0.flags & 1 } == [0, 0, 1])
        #expect(probe.drained == 1)
        #expect(probe.closed[1] == .noError)
        #expect(stream.takeEmptied() != nil)
    }

    /// A response that comes piece by piece: nothing is sent before there is something, and the end may come alone.
    @Test func waitsForContent() throws {
        let probe = SessionProbe()
        probe.feed(.get())
        let stream = try #require(probe.streams[1])
        let block = FieldBlock(capacity: 256)
        block.setStatus("200")
        probe.session.respond(stream, block, hasContent: true)
        probe.produce()
        #expect(probe.frames(.data).isEmpty)
        stream.put(content(5))
        probe.session.resume(stream)
        probe.produce()
        #expect(probe.frames(.data).map(\.payload.count) == [5])
        #expect(stream.takeEmptied() != nil)
        stream.end()
        probe.session.resume(stream)
        probe.produce()
        #expect(probe.frames(.data).map(\.payload.count) == [5, 0])
        #expect(probe.frames(.data).last?.flags == Frame.endStream)
        #expect(probe.closed[1] == .noError)
    }

    /// Frames that find no room wait; nothing is lost or doubled.
    @Test(arguments: [HTTP2Session.leastRoom, 40_000, 128 << 10]) func fillsSmallBuffers(room: Int) throws {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, Frame.setting(4, 1 << 20)), Frame(.windowUpdate, Frame.number(1 << 20)), .get(1), .get(3))
        let block = FieldBlock(capacity: 256)
        block.setStatus("200")
        for id: Int32 in [1, 3] {
            let stream = try #require(probe.streams[id])
            stream.put(content(100_000))
            stream.end()
            probe.session.respond(stream, block, hasContent: true)
        }
        probe.produce(room: room)
        for id: UInt32 in [1, 3] {
            #expect(probe.frames(.data).filter { $0.stream == id }.reduce(0) { $0 + $1.payload.count } == 100_000)
        }
        #expect(probe.closed == [1: .noError, 3: .noError])
    }

    /// Streams of one urgency take turns.
    @Test func sharesTheConnectionBetweenStreams() throws {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, Frame.setting(4, 1 << 20)), Frame(.windowUpdate, Frame.number(1 << 20)), .get(1), .get(3))
        let block = FieldBlock(capacity: 256)
        block.setStatus("200")
        for id: Int32 in [1, 3] {
            let stream = try #require(probe.streams[id])
            stream.put(content(64 << 10))
            stream.end()
            probe.session.respond(stream, block, hasContent: true)
        }
        probe.produce()
        #expect(Set(probe.frames(.data).prefix(2).map(\.stream)) == [1, 3])
    }

    @Test func sendsTrailers() throws {
        let probe = SessionProbe()
        probe.feed(.get())
        let stream = try #require(probe.streams[1])
        let block = FieldBlock(capacity: 256)
        block.setStatus("200")
        let trailers = FieldBlock(capacity: 256)
        let section = Array("X-Sum: 12 \r\nY:z\r\n\r\n".utf8)
        let fits = trailers.setTrailers(section.span)
        #expect(fits)
        stream.put(content(3))
        stream.end(trailers: trailers)
        probe.session.respond(stream, block, hasContent: true)
        probe.produce()
        let client = SessionProbe(.client)
        _ = client.session.request(FieldBlock.get(), hasContent: false)
        client.produce()
        client.feed(probe.sent.flatMap(\.bytes))
        #expect(client.content[1] == [7, 7, 7])
        #expect(client.trailers[1] == "x-sum: 12\r\ny: z\r\n\r\n")
        #expect(client.closed[1] == .noError)
    }
}
