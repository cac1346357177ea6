import HTTP1
import HTTP1Invariants
import Model
import Testing

/// Heads whose lines end with a line feed alone, as some monitors send them; HAProxy 2.6 and nginx 1.22 take these too.
@Suite struct LineFeedHeadTests {
    @Test(arguments: [
        ("GET /alive HTTP/1.0\n\n", "GET /alive HTTP/1.1\r\nHost: fallback.example\r\nVia: 1.0 puppetfront\r\n\r\n"),
        ("HEAD /a HTTP/1.0\nHost: h\n\n", "HEAD /a HTTP/1.1\r\nHost: h\r\nVia: 1.0 puppetfront\r\n\r\n"),
        (
            "OPTIONS /a HTTP/1.0\nA:  1 \t\nHost: h\r\nB:\nConnection: keep-alive\nX-Client-DN: x\nExpect: 100-continue\n\r\n",
            "OPTIONS /a HTTP/1.1\r\nA: 1\r\nHost: h\r\nB: \r\nVia: 1.0 puppetfront\r\n\r\n"
        ),
        ("GET http://b/x HTTP/1.0\nHost: c\n\n", "GET /x HTTP/1.1\r\nHost: b\r\nVia: 1.0 puppetfront\r\n\r\n"),
        ("GET http://b/x HTTP/1.0\n\n", "GET /x HTTP/1.1\r\nHost: b\r\nVia: 1.0 puppetfront\r\n\r\n"),
    ])
    func aRequestWithoutContentIsTakenAndForwardedWithWholeLineEnds(_ text: String, _ written: String) throws {
        let request = try #require(try ParsedRequest(text + "GET /next HTTP/1.0\n\n"))
        #expect(request.head.length == text.utf8.count)
        #expect(request.head.keepAlive == false && request.head.framing == .none && !request.head.expectsContinue)
        #expect(request.written() == written)
        for capacity in 0..<written.utf8.count { #expect(request.written(capacity: capacity) == nil) }
        #expect(RequestHeadInvariants.violation(of: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\nHost: a\n\n", HeadDefect.version), ("POST / HTTP/1.0\n\n", .lineEnd), ("PUT / HTTP/1.0\n\n", .lineEnd),
        ("DELETE / HTTP/1.0\n\n", .lineEnd), ("get / HTTP/1.0\n\n", .lineEnd), ("GET / HTTP/1.0\nContent-Length: 0\n\n", .lineEnd),
        ("GET / HTTP/1.0\nContent-Length: 5\n\nhello", .lineEnd), ("GET / HTTP/1.0\nTransfer-Encoding: chunked\n\n", .transferEncoding),
        ("GET / HTTP/1.0\nA: b\n c\n\n", .folding), ("GET / HTTP/1.0\nA\n\n", .fieldName), ("GET / HTTP/1.0\nA : b\n\n", .spaceBeforeColon),
        ("GET / HTTP/1.0\nA: b\rC: d\n\n", .control), ("GET / HTTP/1.0\nA: b\r\r\n\n", .control), ("GET / HTTP/1.0\nA: \0\n\n", .control),
        ("GET / HTTP/1.0\nHost: a\nHost: a\n\n", .host), ("GET /\n\n", .target), ("GET / HTTP/1.0\r\nA: b\n\n", .lineEnd),
        ("GET / HTTP/1.0\r\n\n", .fieldName), ("\nGET / HTTP/1.0\n\n", .method), ("GET / HTTP/1.0 \n\n", .version),
        ("GET / HTTP/1.0\nContent-Length: 1\nContent-Length: 1\n\n", .contentLength), ("GET / HTTP/1.0\r\r\n\n", .version),
    ])
    func everythingElseIsRefused(_ text: String, _ defect: HeadDefect) {
        #expect(throws: RequestError.malformed(defect)) { try ParsedRequest(text) }
        #expect(RequestHeadInvariants.violation(of: Array(text.utf8)) == nil)
    }

    @Test func itIsNotWholeBeforeItsEmptyLine() throws {
        let text = "GET /a HTTP/1.0\nHost: h\nA: b\n\n"
        for count in 0..<text.utf8.count { #expect(try ParsedRequest(Array(text.utf8.prefix(count))) == nil, "\(count)") }
        #expect(try ParsedRequest(text) != nil)
    }

    @Test func fieldsAreCounted() {
        let text = "GET /a HTTP/1.0\n" + String(repeating: "A: b\n", count: 1000) + "\n"
        #expect(throws: RequestError.headTooLarge) { try ParsedRequest(text) }
    }

    /// A pooled head is reset.
    @Test func theNextHeadIsReadAsUsual() throws {
        var parser = RequestParser(limits: .test)
        var head = RequestHead()
        #expect(try parser.parse(Array("GET / HTTP/1.0\n\n".utf8).span, into: &head) == .complete)
        let (isBare, keepsAlive) = (head.hasBareLineFeeds, head.keepAlive)
        #expect(isBare && !keepsAlive)
        #expect(try parser.parse(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).span, into: &head) == .complete)
        let (isBareStill, keepsAliveAgain) = (head.hasBareLineFeeds, head.keepAlive)
        #expect(!isBareStill && keepsAliveAgain)
    }
}
