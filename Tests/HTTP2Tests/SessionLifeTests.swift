import Buffers
import HTTP2
import Testing

/// The beginning and the end of a session, and both roles against each other.
@Suite struct SessionLifeTests {
    private func block(_ status: StaticString) -> FieldBlock {
        let block = FieldBlock(capacity: 64)
        block.setStatus(status)
        return block
    }

    @Test func announcesItsLimits() {
        let probe = SessionProbe(greets: false)
        probe.produce()
        let settings = probe.frames(.settings).first?.payload ?? []
        let entries = stride(from: 0, to: settings.count, by: 6).map { start in
            "\(Frame.number(settings[start..<start + 2]))=\(Frame.number(settings[start + 2..<start + 6]))"
        }
        #expect(Set(entries) == ["3=100", "4=32768", "6=65536", "9=1"])
    }

    @Test func acknowledgesPings() {
        let probe = SessionProbe()
        probe.feed(Frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(probe.frames(.ping).map(\.payload) == [[1, 2, 3, 4, 5, 6, 7, 8]])
        #expect(probe.frames(.ping).map(\.flags) == [1])
    }

    /// First the notice, with a ping; streams that were under way are still taken; then the last stream is named, and what comes after it is
    /// ignored; at the last stream's end it is over.
    @Test func shutsDownInTwoSteps() throws {
        let probe = SessionProbe()
        probe.feed(.get(1))
        probe.forgetSent()
        probe.session.announceShutdown()
        probe.produce()
        #expect(probe.frames(.goAway).map { Frame.number($0.payload[0..<4]) } == [0x7FFF_FFFF])
        #expect(probe.frames(.goAway).map { Frame.number($0.payload[4..<8]) } == [0])
        #expect(probe.frames(.ping).count == 1)
        probe.feed(.get(3))
        #expect(probe.heads[3] != nil)
        probe.feed(Frame(.ping, flags: 1, probe.frames(.ping)[0].payload))
        #expect(probe.pingsAcknowledged == 1)
        probe.forgetSent()
        probe.session.goAway()
        probe.produce()
        #expect(probe.frames(.goAway).map { Frame.number($0.payload[0..<4]) } == [3])
        probe.feed(.get(5))
        #expect(probe.heads[5] == nil)
        #expect(!probe.session.isOver)
        for id: Int32 in [1, 3] { probe.session.respond(try #require(probe.streams[id]), block("204"), hasContent: false) }
        probe.produce()
        #expect(probe.closed == [1: .noError, 3: .noError])
        #expect(probe.session.isOver)
    }

    @Test func endsAtOnceWhereNothingIsUnderWay() {
        let probe = SessionProbe()
        #expect(!probe.session.isOver)
        probe.session.goAway()
        probe.produce()
        #expect(probe.session.isOver)
    }

    @Test func reportsResetsByThePeer() {
        let probe = SessionProbe()
        probe.feed(.post(), Frame(.data, stream: 1, [1]), Frame(.reset, stream: 1, [0, 0, 0, 8]))
        #expect(probe.closed == [1: .cancel])
        #expect(probe.session.streamCount == 0)
    }

    @Test func resetsByItselfAndBlamesNoPeer() throws {
        var limits = HTTP2Limits()
        limits.provokedResets = .init(burst: 1, perSecond: 1)
        let probe = SessionProbe(limits: limits)
        for id in stride(from: UInt32(1), to: 20, by: 2) {
            probe.feed(.post(id))
            probe.session.reset(try #require(probe.streams[Int32(id)]), .internalError)
            probe.produce()
        }
        #expect(probe.session.failure == nil)
        #expect(probe.closed.count == 10)
    }

    /// Content that was handed over and not sent goes back.
    @Test func givesContentBackAfterAReset() throws {
        let probe = SessionProbe()
        probe.feed(Frame(.settings, Frame.setting(4, 10)), .get())
        let stream = try #require(probe.streams[1])
        let content = ByteBuffer(capacity: 100)
        content.append([UInt8](repeating: 1, count: 100))
        stream.put(content)
        probe.session.respond(stream, block("200"), hasContent: true)
        probe.produce()
        #expect(stream.takeEmptied() == nil)
        probe.feed(Frame(.reset, stream: 1, [0, 0, 0, 8]))
        #expect(stream.isClosed)
        #expect(stream.takeEmptied() === content)
        probe.session.resume(stream)
        probe.session.reset(stream, .cancel)
        probe.session.consume(stream, 5)
        probe.produce()
        #expect(probe.session.failure == nil)
    }

    @Test func sendsInterimResponses() throws {
        let server = SessionProbe()
        server.feed(.get())
        let stream = try #require(server.streams[1])
        server.session.sendInterim(stream, block("103"))
        server.session.respond(stream, block("200"), hasContent: false)
        server.produce()
        let client = SessionProbe(.client)
        _ = client.session.request(FieldBlock.get(), hasContent: false)
        client.produce()
        client.feed(server.sent.flatMap(\.bytes))
        #expect(client.interims == ["HTTP/1.1 103 Early Hints\r\n\r\n"])
        #expect(client.heads[1] == "HTTP/1.1 200 OK\r\n\r\n")
    }

    /// A request from the client role to the server role, with content and trailers.
    @Test func speaksWithItself() throws {
        let client = SessionProbe(.client)
        let server = SessionProbe()
        let stream = try #require(
            client.session.request(FieldBlock.get("PUT /a?b HTTP/1.1\r\nHost: h:1\r\nX-A: b\r\n\r\n"), hasContent: true))
        let content = ByteBuffer(capacity: 20_000)
        content.append((0..<20_000).map { UInt8(truncatingIfNeeded: $0) })
        stream.put(content)
        stream.end()
        client.produce()
        server.feed(client.sent.filter { $0.kind != Frame.Kind.settings.rawValue }.flatMap(\.bytes))
        #expect(server.heads[1] == "PUT /a?b HTTP/1.1\r\nhost: h:1\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n")
        #expect(server.content[1] == (0..<20_000).map { UInt8(truncatingIfNeeded: $0) })
        #expect(server.ended == [1])
    }

    /// The reset of a stream whose response came first waits until the client has read the response; one that ends meanwhile is closed
    /// without a reset, and streams that a client ends without an acknowledgement are not kept.
    @Test func resetsAnUnfinishedRequestWhenItsResponseWasRead() throws {
        let probe = SessionProbe()
        probe.feed(.post(1), .post(3))
        probe.forgetSent()
        for id: Int32 in [1, 3] {
            let stream = try #require(probe.streams[id])
            probe.session.respond(stream, block("413"), hasContent: false)
            probe.session.stop(stream)
        }
        probe.produce()
        #expect(probe.frames(.headers).map(\.flags) == [5, 5])
        #expect(probe.frames(.reset).isEmpty && probe.frames(.ping).count == 1)
        let ping = probe.frames(.ping)[0].payload
        probe.feed(Frame(.data, flags: Frame.endStream, stream: 3, [1]))
        #expect(probe.closed == [3: .noError])
        // Sent after the PING: its turn comes with the next one.
        probe.feed(.post(5))
        let late = try #require(probe.streams[5])
        probe.session.respond(late, block("413"), hasContent: false)
        probe.session.stop(late)
        probe.produce()
        probe.feed(Frame(.ping, flags: 1, ping))
        #expect(probe.frames(.reset).map(\.stream) == [1] && probe.frames(.reset)[0].payload == Frame.number(0))
        #expect(probe.frames(.ping).count == 2)
        probe.feed(Frame(.ping, flags: 1, ping))
        #expect(probe.frames(.reset).map(\.stream) == [1, 5])
        #expect(probe.closed == [1: .noError, 3: .noError, 5: .noError])
        #expect(probe.pingsAcknowledged == 0)
    }

    @Test func aClientOpensNothingAfterAGoAway() {
        let client = SessionProbe(.client)
        client.feed(Frame(.goAway, [0, 0, 0, 0, 0, 0, 0, 0]))
        #expect(client.goAways == [.noError])
        #expect(client.session.request(FieldBlock.get(), hasContent: false) == nil)
    }
}
