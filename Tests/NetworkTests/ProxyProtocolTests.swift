import Network
import Testing

@Suite struct ProxyProtocolTests {
    func parse(_ bytes: [UInt8]) -> ProxyProtocol.Outcome { ProxyProtocol.parse(bytes.span) }
    func parse(_ text: String) -> ProxyProtocol.Outcome { parse(Array(text.utf8)) }

    let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    @Test func version1NamesTheClient() {
        #expect(
            parse("PROXY TCP4 192.0.2.1 192.0.2.2 56324 8140\r\n") == .addresses(high: 0, low: 0xFFFF_C000_0201, port: 56324))
        #expect(
            parse("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n") == .addresses(high: 0x2001_0db8_0000_0000, low: 1, port: 1))
        #expect(
            parse("PROXY TCP6 ::ffff:127.0.0.1 ::ffff:127.0.0.1 60778 21181\r\n")
                == .addresses(high: 0, low: 0xFFFF_7F00_0001, port: 60778),
            "as HAProxy writes it for bind :::PORT v4v6")
        #expect(parse("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 0 65535\r\n") == .addresses(high: 0x2001_0db8_0000_0000, low: 1, port: 0))
        #expect(parse("PROXY TCP6 ::ffff:c000:201 ::1 1 2\r\n") == .addresses(high: 0, low: 0xFFFF_C000_0201, port: 1))
        #expect(parse("PROXY UNKNOWN\r\n") == .local)
        #expect(parse("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n") == .local)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
        "PROXY TCP4 ::ffff:1.2.3.4 ::ffff:5.6.7.8 1 2\r\n", "PROXY TCP4 1.2.3.4 ::ffff:5.6.7.8 1 2\r\n",
        "PROXY TCP6 ::ffff:1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4\0x 5.6.7.8 1 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8\0 1 2\r\n",
        "PROXY TCP6 ::1\0 ::2 1 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 +2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 00\r\n", "PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 70000 2\r\n", "PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n", "PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP6 ::1%lo ::2 1 2\r\n", "PROXY TCP4 1.2.3.4/32 5.6.7.8 1 2\r\n", "PROXY UNKNOWNX\r\n",
        "PROXY NOBODY 1.2.3.4\r\n", "PROXY " + String(repeating: "x", count: 110),
    ])
    func brokenVersion1IsRefused(_ text: String) { #expect(parse(text) == .malformed) }

    @Test func version2NamesTheClient() {
        let v4 = signature + [0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x34, 0x1F, 0xCC]
        #expect(parse(v4) == .addresses(high: 0, low: 0xFFFF_C000_0201, port: 0x1234))
        let withTLV = signature + [0x21, 0x11, 0, 16, 192, 0, 2, 1, 192, 0, 2, 2, 0x12, 0x34, 0x1F, 0xCC, 4, 0, 1, 0]
        #expect(parse(withTLV) == .addresses(high: 0, low: 0xFFFF_C000_0201, port: 0x1234))
        #expect(parse(signature + [0x20, 0, 0, 0]) == .local)
        let v6 =
            signature + [0x21, 0x21, 0, 36] + [0x20, 1] + [UInt8](repeating: 0, count: 13) + [9] + [UInt8](repeating: 0, count: 16) + [
                1, 2, 3, 4,
            ]
        #expect(parse(v6) == .addresses(high: 0x2001_0000_0000_0000, low: 9, port: 0x0102))
    }

    @Test func brokenVersion2IsRefused() {
        #expect(parse(signature + [0x11, 0x11, 0, 12]) == .malformed)
        #expect(parse(signature + [0x22, 0x11, 0, 0]) == .malformed)
        #expect(parse(signature + [0x21, 0x11, 0, 4, 1, 2, 3, 4]) == .malformed)
        #expect(parse(signature + [0x21, 0x31, 0, 0]) == .malformed)
        #expect(parse(signature + [0x21, 0x11, 0xFF, 0xFF]) == .malformed)
        #expect(parse([0x0D, 0x0A, 0x0D, 0x0B]) == .malformed)
    }

    /// What comes in pieces is never read past its end, and ends up the same.
    @Test(arguments: [
        Array("PROXY TCP4 192.0.2.1 192.0.2.2 56324 8140\r\n".utf8), Array("PROXY UNKNOWN\r\n".utf8),
        [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 0, 8],
    ])
    func readingStopsAtTheHeadersEnd(_ header: [UInt8]) {
        let stream = header + Array("next".utf8)
        var taken = 0
        var steps = 0
        while case .needsMore(let atMost) = parse(Array(stream[..<taken])), steps < 200 {
            #expect(atMost > 0)
            taken += atMost
            steps += 1
            guard taken <= stream.count else { break }
        }
        #expect(taken == header.count)
        #expect(parse(Array(stream[..<taken])) != .malformed)
    }
}
