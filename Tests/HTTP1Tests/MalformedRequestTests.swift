import HTTP1
import Model
import Testing

/// One line each of what a safe proxy refuses with 400.
@Suite struct MalformedRequestTests {
    @Test(arguments: [
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", HeadDefect.version),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("G\u{E9}T / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .version),
        ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .version),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .version),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .version),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", .version),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .version),
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", .version),
        ("GET /\r\n\r\n", .target),
        ("GET\r\n\r\n", .method),
        ("\nGET / HTTP/1.1\r\n", .method),
        ("\r\rGET / HTTP/1.1\r\n", .requestLine),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .version),
    ])
    func refusesRequestLines(text: String, defect: HeadDefect) {
        #expect(throws: RequestError.malformed(defect)) { try ParsedRequest(text) }
    }

    @Test(arguments: [
        ("X : b", HeadDefect.spaceBeforeColon), ("X\t: b", .spaceBeforeColon), ("X", .fieldName), (": b", .fieldName),
        ("X@: b", .fieldName),
        ("X\u{E9}: b", .fieldName), ("X(: b", .fieldName), ("\"X\": b", .fieldName), (" folded: b", .folding), ("\tfolded", .folding),
        ("X: a\r\n folded", .folding), ("X: a\nY: b", .lineEnd), ("X: a\rY: b", .lineEnd), ("X: a\r\rY: b", .lineEnd),
        ("X: a\u{0}b", .control),
        ("X\u{0}: a", .fieldName), ("X: a\u{B}", .control), ("X: a\u{7F}", .control), ("X: \u{1B}[0m", .control), ("\r", .lineEnd),
        ("\n", .fieldName), ("X:\u{0}", .control), ("a-long-name-of-a-field : b", .spaceBeforeColon),
        ("a-long-name-of-a-f{eld: b", .fieldName),
    ])
    func refusesFieldLines(line: String, defect: HeadDefect) {
        #expect(throws: RequestError.malformed(defect)) { try ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n") }
        #expect(throws: RequestError.malformed(defect)) { try ParsedRequest("GET / HTTP/1.1\r\n\(line)\r\nHost: a\r\n\r\n") }
    }

    /// The byte's position in a value makes no difference: 16 bytes are read at once.
    @Test(arguments: 0..<40)
    func findsControlBytesAnywhereInAValue(position: Int) throws {
        var value = [UInt8](repeating: 0x61, count: 40)
        let start = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8)
        for byte: UInt8 in [0x00, 0x01, 0x08, 0x0B, 0x0C, 0x1F, 0x7F] {
            value[position] = byte
            #expect(throws: RequestError.malformed(.control)) { try ParsedRequest(start + value + [13, 10, 13, 10]) }
        }
        for byte: UInt8 in [0x21, 0x7E, 0x80, 0xFF] {
            value[position] = byte
            #expect(try ParsedRequest(start + value + [13, 10, 13, 10])?.head.fields.last?.value.count == 40)
        }
    }

    /// Every byte at every place of a name, against RFC 9110's list.
    @Test(arguments: [0, 3, 15, 16, 20])
    func takesTokensOnlyAsNames(position: Int) throws {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in 0...255 as ClosedRange<UInt8> where byte != UInt8(ascii: ":") {
            var name = [UInt8](repeating: 0x61, count: 21)
            name[position] = byte
            let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + name + Array(": b\r\n\r\n".utf8)
            if tokens.contains(byte) {
                #expect(try ParsedRequest(bytes)?.head.fields.last?.name.count == 21)
            } else {
                #expect(throws: RequestError.self) { try ParsedRequest(bytes) }
            }
        }
    }

    @Test(arguments: [
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", HeadDefect.twoFramings),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", .twoFramings),
        ("Content-Length: 3\r\nContent-Length: 4", .contentLength),
        ("Content-Length: 3\r\nContent-Length: 3", .contentLength),
        ("Content-Length: 5, 5", .contentLength), ("Content-Length: 5,", .contentLength), ("Content-Length:", .contentLength),
        ("Content-Length: +5", .contentLength), ("Content-Length: -5", .contentLength), ("Content-Length: 0x5", .contentLength),
        ("Content-Length: 5 5", .contentLength), ("Content-Length: 5.0", .contentLength),
        ("Content-Length: 9223372036854775808", .contentLength), ("Content-Length: 18446744073709551621", .contentLength),
        ("Transfer-Encoding: gzip", .transferEncoding), ("Transfer-Encoding: chunked, gzip", .transferEncoding),
        ("Transfer-Encoding: gzip, chunked", .transferEncoding), ("Transfer-Encoding: chunked, chunked", .transferEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .transferEncoding), ("Transfer-Encoding:", .transferEncoding),
        ("Transfer-Encoding: identity", .transferEncoding), ("Transfer-Encoding: xchunked", .transferEncoding),
        ("Transfer-Encoding: chunked;a=b", .transferEncoding), ("Transfer-Encoding: \"chunked\"", .transferEncoding),
        ("Host: b", .host), ("Connection: a b", .connection), ("Connection: \"close\"", .connection),
    ])
    func refusesFramingThatCouldBeReadTwoWays(lines: String, defect: HeadDefect) {
        #expect(throws: RequestError.malformed(defect)) { try ParsedRequest("POST / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n") }
    }

    @Test func needsOneHostInHTTP11() throws {
        #expect(throws: RequestError.malformed(.host)) { try ParsedRequest("GET / HTTP/1.1\r\n\r\n") }
        #expect(throws: RequestError.malformed(.host)) { try ParsedRequest("GET http://a/ HTTP/1.1\r\n\r\n") }
        #expect(throws: RequestError.malformed(.host)) { try ParsedRequest("GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n") }
        #expect(try ParsedRequest("GET / HTTP/1.0\r\n\r\n")?.head.host.isEmpty == true)
    }

    @Test func refusesChunkedInHTTP10() {
        #expect(throws: RequestError.malformed(.transferEncoding)) {
            try ParsedRequest("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        }
    }

    @Test(arguments: [("0", UInt64(0)), ("007", 7), ("9223372036854775807", UInt64(Int.max))])
    func takesLengths(text: String, length: UInt64) throws {
        #expect(try ParsedRequest("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(text)\r\n\r\n")?.head.framing == .contentLength(length))
    }
}
