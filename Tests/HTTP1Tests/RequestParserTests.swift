import HTTP1
import Model
import Testing

@Suite struct RequestParserTests {
    @Test func readsAnAgentsHead() throws {
        let request = try #require(
            try ParsedRequest(
                "POST /puppet/v3/catalog/agent.example?environment=production HTTP/1.1\r\nX-Puppet-Version: 7.23.0\r\n"
                    + "User-Agent: Puppet/7.23.0 Ruby/3.1.2-p20 (x86_64-linux-gnu)\r\nHost: puppet.example:8140\r\n"
                    + "Content-Type:application/x-www-form-urlencoded\r\nContent-Length: \t11409 \r\n\r\nbody"))
        #expect(request.head.method == .post)
        #expect(request.method == "POST")
        #expect(request.target == "/puppet/v3/catalog/agent.example?environment=production")
        #expect(request.head.version == .http11)
        #expect(request.host == "puppet.example:8140")
        #expect(request.head.framing == .contentLength(11409))
        #expect(request.head.keepAlive == true)
        #expect(request.head.expectsContinue == false)
        #expect(request.head.length == request.bytes.count - 4)
        #expect(
            request.fields == [
                FieldText("X-Puppet-Version", "7.23.0", .puppetVersion),
                FieldText("User-Agent", "Puppet/7.23.0 Ruby/3.1.2-p20 (x86_64-linux-gnu)"),
                FieldText("Host", "puppet.example:8140", .host),
                FieldText("Content-Type", "application/x-www-form-urlencoded", .contentType),
                FieldText("Content-Length", "11409", .contentLength),
            ])
    }

    @Test func asksForMoreUntilTheEmptyLineIsWhole() throws {
        let text = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        for count in 0..<text.utf8.count {
            #expect(try ParsedRequest(text.bytes(count)) == nil)
        }
        #expect(try ParsedRequest(text)?.head.length == text.utf8.count)
    }

    /// One byte more at a time gives the same head as all at once, with the same parser and head used again.
    @Test func remembersWhereItWas() throws {
        let text = "PUT /a/b?c HTTP/1.1\r\nHost: h:1\r\nX-Client_DN: x\r\nConnection: x-a\r\nX-A:\r\nTransfer-Encoding: chunked\r\n\r\n"
        let whole = try #require(try ParsedRequest(text))
        var parser = RequestParser(limits: .test)
        var head = RequestHead()
        let bytes = Array(text.utf8)
        for _ in 0..<2 {
            for count in 0..<bytes.count {
                #expect(try parser.parse(bytes.span.extracting(first: count), into: &head) == .needMore)
            }
            #expect(try parser.parse(bytes.span, into: &head) == .complete)
            #expect(head.fields.map(\.kind) == whole.head.fields.map(\.kind))
            #expect(head.fields.map(\.value) == whole.head.fields.map(\.value))
            #expect(head.target == whole.head.target)
            #expect(head.framing == .chunked)
        }
    }

    @Test func startsAfreshAfterAResetAndAfterAnError() throws {
        var parser = RequestParser(limits: .test)
        var head = RequestHead()
        let begun = Array("GET /first HTTP/1.1\r\nX-First: 1\r\n".utf8)
        let wrong = Array("GET /second HTTP/1.1\r\nX Second: 1\r\n".utf8)
        let good = Array("GET /third HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(try parser.parse(begun.span, into: &head) == .needMore)
        parser.reset()
        #expect(throws: RequestError.malformed(.spaceBeforeColon)) { try parser.parse(wrong.span, into: &head) }
        #expect(try parser.parse(good.span, into: &head) == .complete)
        #expect(head.fields.count == 1)
        #expect(head.target.count == 6)
    }

    @Test(arguments: [
        ("GET", RequestMethod.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("PATCH", .patch),
        ("OPTIONS", .options), ("get", .other), ("PROPFIND", .other), ("GETT", .other), ("M-SEARCH", .other), ("!#$%&'*+-.^_`|~", .other),
    ])
    func knowsMethods(name: String, method: RequestMethod) throws {
        let request = try #require(try ParsedRequest("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(request.head.method == method)
        #expect(request.method == name)
    }

    @Test(arguments: ["CONNECT a:443 HTTP/1.1\r\n", "TRACE / HTTP/1.1\r\n", "TRACE ", "CONNECT "])
    func doesNotAllowConnectAndTrace(text: String) {
        #expect(throws: RequestError.methodNotAllowed) { try ParsedRequest(text) }
    }

    @Test(arguments: [
        ("", true), ("close", false), ("Close", false), ("keep-alive", true), ("keep-alive, close", false), ("x-a ,, CLOSE", false),
    ])
    func keepsConnectionsOfHTTP11ByDefault(connection: String, keepAlive: Bool) throws {
        let request = try #require(try ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\nConnection: \(connection)\r\n\r\n"))
        #expect(request.head.keepAlive == keepAlive)
    }

    @Test(arguments: [("close", false), ("Keep-Alive", true), ("x-a", false), ("keep-alive,close", false)])
    func keepsConnectionsOfHTTP10WhenAsked(connection: String, keepAlive: Bool) throws {
        let request = try #require(try ParsedRequest("GET / HTTP/1.0\r\nConnection: \(connection)\r\n\r\n"))
        #expect(request.head.keepAlive == keepAlive)
        #expect(request.head.version == .http10)
        #expect(request.host == "")
    }

    @Test(arguments: [
        ("HTTP/1.1", "100-continue", true), ("HTTP/1.1", "100-Continue", true), ("HTTP/1.1", "100-continue, x", false),
        ("HTTP/1.1", "other", false), ("HTTP/1.0", "100-continue", false),
    ])
    func seesExpectContinue(version: String, expect: String, expected: Bool) throws {
        let request = try #require(try ParsedRequest("PUT / \(version)\r\nHost: a\r\nExpect: \(expect)\r\nContent-Length: 1\r\n\r\n"))
        #expect(request.head.expectsContinue == expected)
    }

    @Test func givesReasonsOfTheContract() {
        #expect(RequestError.malformed(.host).reason == .badRequest)
        #expect(RequestError.headTooLarge.reason == .headTooLarge)
        #expect(RequestError.targetTooLong.reason == .targetTooLong)
        #expect(RequestError.methodNotAllowed.reason == .methodNotAllowed)
    }
}
