import HTTP1
import Model
import Testing

@Suite struct RequestTargetTests {
    @Test(arguments: [
        "/", "//", "/a//b", "/puppet/v3/file_bucket_file/sha256/ab//etc/motd", "/a?b=c&d=%2F", "/?", "/[a]|\"<>\\^`{}~!$&'()*+,;=:@",
    ])
    func takesOriginFormAsItIs(target: String) throws {
        let request = try #require(try ParsedRequest("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(request.target == target)
        #expect(request.head.isAbsoluteForm == false)
        #expect(request.host == "a")
    }

    @Test(arguments: [
        ("http://b/p?q", "b", "/p?q"), ("HTTP://b:81/", "b:81", "/"), ("https://b.example//p", "b.example", "//p"), ("http://b", "b", "/"),
        ("https://b:8140", "b:8140", "/"), ("http://[::1]:80/p", "[::1]:80", "/p"), ("http://b:/p", "b:", "/p"),
    ])
    func cutsAbsoluteFormToOriginForm(target: String, host: String, cut: String) throws {
        let request = try #require(try ParsedRequest("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(request.target == cut)
        #expect(request.host == host)
        #expect(request.head.isAbsoluteForm == true)
    }

    @Test func takesTheAsteriskForOptionsOnly() throws {
        let request = try #require(try ParsedRequest("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(request.target == "*")
        #expect(throws: RequestError.malformed(.target)) { try ParsedRequest("GET * HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(throws: RequestError.malformed(.target)) { try ParsedRequest("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n") }
    }

    @Test(arguments: [
        "", "a", "a/b", "a:443", "**", "http://", "http:///p", "http://b?q", "http://u@b/", "http://u:p@b/", "http://b:x/", "ftp://b/",
        "http:/b",
        "http://b\\/", "?q",
    ])
    func refusesOtherForms(target: String) {
        #expect(throws: RequestError.malformed(.target)) { try ParsedRequest("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") }
    }

    /// Every byte is either part of a target, or ends it (SP), or is refused.
    @Test(arguments: 0...255 as ClosedRange<UInt8>)
    func refusesBytesThatNeedEncoding(byte: UInt8) throws {
        let bytes = Array("GET /aaaaaaaaaaaaaaaaaaaaa".utf8) + [byte] + Array("a HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "#") {
            let request = try #require(try ParsedRequest(bytes))
            #expect(request.head.target.count == 24)
        } else {
            #expect(throws: RequestError.self) { try ParsedRequest(bytes) }
        }
    }

    @Test(arguments: ["a", "a:1", "a:65535", "a.b-c_d~", "[::1]", "[2001:db8::1]:8140", "[::ffff:192.0.2.1]", "192.0.2.1", "a:"])
    func takesHosts(host: String) throws {
        #expect(try ParsedRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")?.host == host)
    }

    @Test(arguments: [
        "", ":1", "a:65536", "a:123456", "a:+1", "a:1:2", "a b", "a,b", "a/b", "u@a", "a?b", "a#b", "[::1", "[]", "[1]", "[::1]a",
        "[fe80::1%25lo]",
        "::1", "a%41", "\u{E9}", "[1:2:3:4:5:6:7:8:9]", "a\"", "[0000:0000:0000:0000:0000:0000:255.255.255.255:0]",
    ])
    func refusesHosts(host: String) {
        #expect(throws: RequestError.malformed(.host)) { try ParsedRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") }
    }
}
