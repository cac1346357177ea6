import Buffers
import HTTP1
import HTTP2
import Model
import Testing

/// A request of HTTP/2 as the exchange reads it, and a response of HTTP/1.1 as HTTP/2 sends it.
@Suite struct HeadsTests {
    private func head(_ frame: Frame) throws -> String {
        let probe = SessionProbe()
        probe.feed(frame)
        return try #require(probe.heads[1])
    }

    @Test func writesARequestAsHTTP1() throws {
        let text = try head(.get(1, [("accept", "*/*"), ("x-puppet-version", "8.10.0")]))
        #expect(text == "GET / HTTP/1.1\r\nhost: a\r\naccept: */*\r\nx-puppet-version: 8.10.0\r\n\r\n")
    }

    @Test func namesTheHostOnceWhereverItComesFrom() throws {
        let alone = try head(.request(Array(Literal.get.prefix(3)) + [("x", "1"), ("host", "b")]))
        #expect(alone == "GET / HTTP/1.1\r\nx: 1\r\nhost: b\r\n\r\n")
        #expect(try head(.get(1, [("host", "A")])) == "GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    }

    @Test func joinsCookies() throws {
        let text = try head(.get(1, [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2; c=3"), ("cookie", "d=4")]))
        #expect(text == "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\ncookie: a=1; b=2; c=3; d=4\r\n\r\n")
    }

    @Test func declaresHowTheContentEnds() throws {
        #expect(try head(.post()) == "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        #expect(try head(.post(1, [("content-length", "5")])) == "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n")
        #expect(try head(.request(Literal.post)) == "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n")
    }

    @Test func givesWhatTheParserOfHTTP1Accepts() throws {
        let text = Array(try head(.post(1, [("te", "trailers"), ("expect", "100-continue"), ("x-client-dn", "CN=a")])).utf8)
        var head = RequestHead()
        var parser = RequestParser(limits: HeadLimits(head: 4096, target: 256))
        #expect(try parser.parse(text.span, into: &head) == .complete)
        #expect(head.method == .post && head.framing == .chunked && head.expectsContinue)
        #expect(head.first(.te) != nil && head.first(.identity) != nil)
        #expect(head.length == text.count)
    }

    @Test func keepsHeadsThatArePastOneBuffer() throws {
        let value = String(repeating: "v", count: 15_000)
        let probe = SessionProbe()
        probe.feed(
            Frame(.headers, flags: 1, stream: 1, Literal.block(Literal.get + [("a", value)])),
            Frame(.continuation, stream: 1, Literal.block([("b", value)])),
            Frame(.continuation, flags: 4, stream: 1, Literal.block([("c", value)])))
        #expect(probe.heads[1] == "GET / HTTP/1.1\r\nhost: a\r\na: \(value)\r\nb: \(value)\r\nc: \(value)\r\n\r\n")
    }

    @Test func reportsAHeadThatIsTooLarge() {
        var limits = HTTP2Limits()
        limits.headerList = 200
        let probe = SessionProbe(limits: limits)
        // Four pseudo-fields count 12+37+38... = 167 with their overhead: one more byte than fits.
        let used = Literal.get.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
        let fits = String(repeating: "v", count: 200 - used - 33)
        probe.feed(.get(1, [("x", fits)]), .get(3, [("x", fits + "v")]), .get(5))
        #expect(probe.heads[1] != nil && probe.heads[3] == nil && probe.heads[5] != nil)
        #expect(probe.tooLarge == [3])
        #expect(probe.outcome == .accepted)
    }

    // MARK: Responses

    /// The names and values that a client reads of an HTTP/1.1 response.
    private func fields(ofResponse text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        var head = ResponseHead()
        var parser = ResponseParser()
        try #require(try parser.parse(bytes.span, requestMethod: .get, into: &head) == .complete)
        let block = FieldBlock(capacity: 4096)
        let fits = block.setResponse(head, bytes: bytes.span, via: "1.1 puppetfront")
        #expect(fits)
        let probe = SessionProbe()
        probe.feed(.get())
        probe.session.respond(try #require(probe.streams[1]), block, hasContent: false)
        probe.produce()
        let client = SessionProbe(.client)
        _ = client.session.request(FieldBlock.get(), hasContent: false)
        client.produce()
        client.feed(probe.sent.flatMap(\.bytes))
        let lines = try #require(client.heads[1]).split(separator: "\r\n")
        return lines.map(String.init)
    }

    @Test func writesAResponseWithoutItsHops() throws {
        let text =
            "HTTP/1.1 201 Created\r\nContent-Type: text/pson\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
            + "Proxy-Connection: x\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\nTrailer: x\r\nX-Puppet-Version: 8\r\n\r\n"
        let expected = ["HTTP/1.1 201 Created", "content-type: text/pson", "x-puppet-version: 8", "via: 1.1 puppetfront"]
        #expect(try fields(ofResponse: text) == expected)
    }

    @Test func keepsALengthButIn204() throws {
        #expect(try fields(ofResponse: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").contains("content-length: 0"))
        #expect(try !fields(ofResponse: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n").contains("content-length: 0"))
    }

    @Test func refusesAResponseHeadThatIsTooLong() throws {
        let bytes = Array("HTTP/1.1 200 OK\r\nX: \(String(repeating: "v", count: 100))\r\n\r\n".utf8)
        var head = ResponseHead()
        var parser = ResponseParser()
        try #require(try parser.parse(bytes.span, requestMethod: .get, into: &head) == .complete)
        let fits = FieldBlock(capacity: 64).setResponse(head, bytes: bytes.span, via: "")
        #expect(!fits)
    }
}

extension FieldBlock {
    /// A request as the client role sends it.
    static func get(_ text: String = "GET /x HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nConnection: close\r\n\r\n") -> FieldBlock {
        let bytes = Array(text.utf8)
        var head = RequestHead()
        var parser = RequestParser(limits: HeadLimits(head: 4096, target: 256))
        guard (try? parser.parse(bytes.span, into: &head)) == .complete else { fatalError("a test's own head") }
        let block = FieldBlock(capacity: 4096)
        guard block.setRequest(head, bytes: bytes.span, scheme: "https") else { fatalError("a test's own head") }
        return block
    }
}
