import HTTP1
import Model
import Testing

@Suite struct ResponseParserTests {
    @Test func readsAServersHead() throws {
        let response = try #require(
            try ParsedResponse(
                "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 07:51:47 GMT\r\nX-Puppet-Version: 7.23.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
            ))
        #expect(response.head.status == 200)
        #expect(response.text(response.head.statusLine) == "HTTP/1.1 200 OK\r\n")
        #expect(response.head.framing == .chunked)
        #expect(response.head.keepAlive == true)
        #expect(response.head.length == response.bytes.count - 3)
        #expect(response.fields.map(\.kind) == [.date, .puppetVersion, .transferEncoding])
    }

    @Test(arguments: [
        "HTTP/1.1 204 No Content", "HTTP/1.1 599 ", "HTTP/1.1 404", "HTTP/1.0 200 \u{E9}t\u{E9}\tok", "HTTP/1.1 999 x", "HTTP/1.1 100 ",
    ])
    func takesStatusLines(line: String) throws {
        #expect(try ParsedResponse(line + "\r\n\r\n") != nil)
    }

    @Test(arguments: [
        "HTTP/1.1 99 x", "HTTP/1.1 099 x", "HTTP/1.1 20 x", "HTTP/1.1 2000 x", "HTTP/1.1 2x0 x", "HTTP/1.1  200 x", "HTTP/2.0 200 x",
        "HTTP/1.1",
        "ICY 200 OK", "", " HTTP/1.1 200 OK", "http/1.1 200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 200\tOK",
    ])
    func refusesStatusLines(line: String) {
        #expect(throws: ResponseError.malformed(.statusLine)) { try ParsedResponse(line + "\r\nA: b\r\n\r\n") }
    }

    @Test(arguments: ["HTTP/1.1 200 O\u{0}K\r\n\r\n", "HTTP/1.1 200 OK\n\r\n", "HTTP/1.1 200 O\rK\r\n\r\n"])
    func refusesReasonsWithControlBytes(text: String) {
        #expect(throws: ResponseError.malformed(.lineEnd)) { try ParsedResponse(text) }
    }

    @Test(arguments: [
        ("Content-Length: 3\r\n", 200, RequestMethod.get, MessageFraming.contentLength(3)),
        ("Transfer-Encoding: chunked\r\n", 200, .post, .chunked),
        ("", 200, .get, .untilClose), ("Content-Length: 3\r\n", 200, .head, .none), ("Transfer-Encoding: chunked\r\n", 200, .head, .none),
        ("", 200, .head, .none), ("Content-Length: 3\r\n", 204, .get, .none), ("Content-Length: 3\r\n", 304, .get, .none),
        ("", 304, .get, .none),
        ("", 100, .get, .none), ("", 103, .get, .none), ("", 404, .put, .untilClose),
        ("Content-Length: 0\r\n", 500, .get, .contentLength(0)),
    ])
    func frames(fields: String, status: Int, method: RequestMethod, framing: MessageFraming) throws {
        let response = try #require(try ParsedResponse("HTTP/1.1 \(status) x\r\n\(fields)\r\n", to: method))
        #expect(response.head.framing == framing)
        #expect(response.head.keepAlive == (framing != .untilClose))
        #expect(response.head.isInterim == (status < 200))
    }

    @Test(arguments: [
        ("HTTP/1.1", "x", true), ("HTTP/1.1", "close", false), ("HTTP/1.0", "x", false), ("HTTP/1.0", "Keep-Alive", true),
        ("HTTP/1.0", "keep-alive, close", false),
    ])
    func saysWhetherTheServerKeepsTheConnection(version: String, connection: String, keepAlive: Bool) throws {
        let response = try #require(try ParsedResponse("\(version) 200 OK\r\nConnection: \(connection)\r\nContent-Length: 0\r\n\r\n"))
        #expect(response.head.keepAlive == keepAlive)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", HeadDefect.twoFramings),
        ("HTTP/1.1 304 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", .twoFramings),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n", .contentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n", .contentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n", .contentLength), ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", .contentLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", .transferEncoding),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n", .transferEncoding),
        ("HTTP/1.1 101 Switching\r\nUpgrade: a\r\n", .switchedProtocols), ("HTTP/1.1 200 OK\r\n folded\r\n", .folding),
        ("HTTP/1.1 200 OK\r\nA : b\r\n", .spaceBeforeColon), ("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n", .lineEnd),
    ])
    func refuses(text: String, defect: HeadDefect) {
        let error = #expect(throws: ResponseError.malformed(defect)) { try ParsedResponse(text + "\r\n") }
        #expect(error?.reason == .badResponse)
    }

    @Test func refusesAHeadAsSoonAsItCannotFit() throws {
        let text = "HTTP/1.1 200 OK\r\nA: " + String(repeating: "a", count: 100)
        #expect(try ParsedResponse(text.bytes(99), limit: 100) == nil)
        #expect(throws: ResponseError.headTooLarge) { try ParsedResponse(text.bytes(100), limit: 100) }
        #expect(throws: ResponseError.headTooLarge) {
            try ParsedResponse("HTTP/1.1 200 OK\r\n" + String(repeating: "a:\r\n", count: 257) + "\r\n")
        }
    }

    @Test func remembersWhereItWas() throws {
        let bytes = Array("HTTP/1.1 200 OK\r\nServer: Jetty\r\nContent-Length: 3\r\n\r\n".utf8)
        var parser = ResponseParser()
        var head = ResponseHead()
        for _ in 0..<2 {
            for count in 0..<bytes.count {
                #expect(try parser.parse(bytes.span.extracting(first: count), requestMethod: .get, into: &head) == .needMore)
            }
            #expect(try parser.parse(bytes.span, requestMethod: .get, into: &head) == .complete)
            #expect(head.fields.count == 2)
            #expect(head.framing == .contentLength(3))
        }
    }
}
