import Buffers
import HTTP1
import Model
import Testing

@Suite struct HeadWriterTests {
    private let block = "X-Client-Verify: NONE\r\nX-Forwarded-For: 192.0.2.7\r\n"

    @Test func forwardsAHeadByteForByteAndAddsItsOwn() throws {
        let head = "GET //a?b HTTP/1.1\r\nX-a:  1 \t\r\nhOST: h\r\nX-B:\r\n"
        let request = try #require(try ParsedRequest("\r\n" + head + "\r\n"))
        #expect(request.written(block: block) == head + block + "Via: 1.1 puppetfront\r\n\r\n")
    }

    @Test func dropsHopByHopAndIdentityFields() throws {
        let request = try #require(
            try ParsedRequest(
                "PUT / HTTP/1.1\r\nX-Client-DN: CN=forged\r\nHost: h\r\nConnection: x-mine, x-client-verify\r\nX-Mine: 1\r\nUpgrade: h2c\r\nA: 1\r\n"
                    + "TE: trailers\r\nKeep-Alive: 5\r\nTrailer: x\r\nProxy-Authorization: x\r\nProxy-Connection: y\r\nB: 2\r\nx_forwarded_for: 1\r\n"
                    + "Content-Length: 3\r\nX-Real-Ip: 1\r\n\r\n"))
        #expect(
            request.written(block: block) == "PUT / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nContent-Length: 3\r\n" + block
                + "Via: 1.1 puppetfront\r\n\r\n")
    }

    @Test func writesChunkedAgain() throws {
        let request = try #require(try ParsedRequest("PUT / HTTP/1.1\r\nTransfer-Encoding:chunked\r\nHost: h\r\n\r\n"))
        #expect(request.written() == "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nVia: 1.1 puppetfront\r\n\r\n")
    }

    @Test(arguments: [
        (
            "GET http://b:81/p?q HTTP/1.1\r\nA: 1\r\nHost: other\r\nB: 2\r\n\r\n",
            "GET /p?q HTTP/1.1\r\nA: 1\r\nHost: b:81\r\nB: 2\r\nVia: 1.1 puppetfront\r\n\r\n"
        ),
        ("GET http://b HTTP/1.0\r\nA: 1\r\n\r\n", "GET / HTTP/1.1\r\nA: 1\r\nHost: b\r\nVia: 1.0 puppetfront\r\n\r\n"),
        ("GET http://b HTTP/1.0\r\nHost: c\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\nVia: 1.0 puppetfront\r\n\r\n"),
        ("GET /p HTTP/1.0\r\n\r\n", "GET /p HTTP/1.1\r\nHost: fallback.example\r\nVia: 1.0 puppetfront\r\n\r\n"),
        ("GET /p HTTP/1.0\r\nHost: c\r\nExpect: 100-continue\r\n\r\n", "GET /p HTTP/1.1\r\nHost: c\r\nVia: 1.0 puppetfront\r\n\r\n"),
        ("OPTIONS * HTTP/1.1\r\nHost: c\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: c\r\nVia: 1.1 puppetfront\r\n\r\n"),
    ])
    func writesOriginFormAndOneHost(text: String, expected: String) throws {
        #expect(try ParsedRequest(text)?.written() == expected)
    }

    @Test func dropsExpectOnRequest() throws {
        let request = try #require(try ParsedRequest("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n"))
        #expect(request.written(dropExpect: false)?.contains("Expect: 100-continue\r\n") == true)
        #expect(request.written(dropExpect: true) == "PUT / HTTP/1.1\r\nHost: h\r\nVia: 1.1 puppetfront\r\n\r\n")
    }

    @Test func appendsNothingWhereItDoesNotFit() throws {
        let request = try #require(try ParsedRequest("GET http://b/ HTTP/1.0\r\nA: 1\r\nTE: a\r\n\r\n"))
        let whole = try #require(request.written(block: block))
        for capacity in 0..<whole.utf8.count { #expect(request.written(block: block, capacity: capacity) == nil) }
        #expect(request.written(block: block, capacity: whole.utf8.count) == whole)
        let response = try #require(try ParsedResponse("HTTP/1.0 200\r\nTE: a\r\nA: b\r\n\r\n"))
        let answer = try #require(response.written(to: .http10, close: true))
        for capacity in 0..<answer.utf8.count { #expect(response.written(to: .http10, close: true, capacity: capacity) == nil) }
        #expect(response.written(to: .http10, close: true, capacity: answer.utf8.count) == answer)
    }

    @Test func appendsAfterExistingValues() throws {
        let request = try #require(try ParsedRequest("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
        let output = ByteBuffer(capacity: 100)
        output.append(Array("before".utf8))
        let bytes = request.bytes
        _ = HeadWriter.appendRequest(
            request.head, bytes: bytes.span, identityFields: [], forwardedFor: [], dropExpect: false, fallbackHost: [], to: output)
        #expect(output.text == "beforeGET / HTTP/1.1\r\nHost: h\r\nVia: 1.1 puppetfront\r\n\r\n")
    }

    private static let chunkedAnswer =
        "HTTP/1.1 200 Fine\r\nConnection: X-Hop\r\nA: 1\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\nX-SSL-A: b\r\n\r\n"

    @Test(arguments: [
        (
            chunkedAnswer, HTTPVersion.http11, false, false,
            "HTTP/1.1 200 Fine\r\nA: 1\r\nX-SSL-A: b\r\nTransfer-Encoding: chunked\r\nVia: 1.1 puppetfront\r\n\r\n"
        ),
        (
            chunkedAnswer, .http11, true, true,
            "HTTP/1.1 200 Fine\r\nA: 1\r\nX-SSL-A: b\r\nConnection: close\r\nVia: 1.1 puppetfront\r\n\r\n"
        ),
        (
            chunkedAnswer, .http10, true, false,
            "HTTP/1.1 200 Fine\r\nA: 1\r\nX-SSL-A: b\r\nConnection: close\r\nVia: 1.1 puppetfront\r\n\r\n"
        ),
        (
            "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", .http10, false, false,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\nVia: 1.0 puppetfront\r\n\r\n"
        ),
        (
            "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", .http11, false, false,
            "HTTP/1.1 404 \r\nContent-Length: 0\r\nVia: 1.1 puppetfront\r\n\r\n"
        ),
        (
            "HTTP/1.1 204 No\r\nContent-Length: 5\r\nA: b\r\n\r\n", .http11, false, false,
            "HTTP/1.1 204 No\r\nA: b\r\nVia: 1.1 puppetfront\r\n\r\n"
        ),
        (
            "HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", .http11, false, false,
            "HTTP/1.1 304 No\r\nContent-Length: 5\r\nVia: 1.1 puppetfront\r\n\r\n"
        ),
        ("HTTP/1.1 100 Continue\r\n\r\n", .http11, true, false, "HTTP/1.1 100 Continue\r\nVia: 1.1 puppetfront\r\n\r\n"),
    ])
    func writesResponses(text: String, client: HTTPVersion, close: Bool, dropsChunking: Bool, expected: String) throws {
        let response = try #require(try ParsedResponse(text))
        #expect(response.written(to: client, close: close, dropsChunking: dropsChunking) == expected)
    }

    @Test func writesTrailersThatMayPass() throws {
        let section =
            "X-Sum: 1\r\nHost: a\r\nContent-Length: 3\r\nX_Client_DN: CN=a\r\nTransfer-Encoding: chunked\r\nConnection: a\r\nETag: b\r\n\r\n"
        let output = ByteBuffer(capacity: 100)
        #expect(try HeadWriter.appendTrailers(Array(section.utf8).span, to: output))
        #expect(output.text == "X-Sum: 1\r\nETag: b\r\n\r\n")
        output.clear()
        #expect(try HeadWriter.appendTrailers(Array("\r\n".utf8).span, to: output))
        #expect(output.text == "\r\n")
        #expect(throws: FramingError.trailers(.folding)) { try HeadWriter.appendTrailers(Array(" a\r\n\r\n".utf8).span, to: output) }
        let small = ByteBuffer(capacity: 10)
        #expect(try !HeadWriter.appendTrailers(Array("X-Sum: 1\r\n\r\n".utf8).span, to: small))
        #expect(small.isEmpty)
    }
}
