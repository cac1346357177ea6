/// The PROXY protocol's header, versions 1 and 2, as HAProxy's proxy-protocol.txt gives it. TLVs are skipped.
package enum ProxyProtocol {
    package enum Outcome: Sendable, Equatable {
        /// At most this many bytes may be read without going past the header.
        case needsMore(atMost: Int)
        /// The header, whole, names the client: an address (v4 as v4-mapped) and a port.
        case addresses(high: UInt64, low: UInt64, port: UInt16)
        /// The header, whole, says that the connection's own addresses count (LOCAL, UNKNOWN, UNSPEC).
        case local
        case malformed
    }

    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    private static let longestV1 = 107
    private static let longestV2 = 16 + 2048

    /// `bytes` are all that have come, and nothing behind the header.
    package static func parse(_ bytes: borrowing Span<UInt8>) -> Outcome {
        guard bytes.count > 0 else { return .needsMore(atMost: 12) }
        return bytes[0] == signature[0] ? parseV2(bytes) : parseV1(bytes)
    }

    // MARK: Version 2

    private static func parseV2(_ bytes: borrowing Span<UInt8>) -> Outcome {
        for index in 0..<min(bytes.count, signature.count) where bytes[index] != signature[index] { return .malformed }
        guard bytes.count >= 16 else { return .needsMore(atMost: 16 - bytes.count) }
        guard bytes[12] >> 4 == 2 else { return .malformed }
        let length = 16 + (Int(bytes[14]) << 8 | Int(bytes[15]))
        guard length <= longestV2 else { return .malformed }
        guard bytes.count >= length else { return .needsMore(atMost: length - bytes.count) }
        switch bytes[12] & 0x0F {
        case 0: return .local
        case 1: break
        default: return .malformed
        }
        switch bytes[13] {
        case 0x11:
            guard length >= 28 else { return .malformed }
            let address = number(bytes, at: 16, count: 4)
            return .addresses(high: 0, low: 0xFFFF_0000_0000 | address, port: UInt16(number(bytes, at: 24, count: 2)))
        case 0x21:
            guard length >= 52 else { return .malformed }
            return .addresses(
                high: number(bytes, at: 16, count: 8), low: number(bytes, at: 24, count: 8), port: UInt16(number(bytes, at: 48, count: 2)))
        case 0x00: return .local
        default: return .malformed
        }
    }

    private static func number(_ bytes: borrowing Span<UInt8>, at start: Int, count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in start..<start + count { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    // MARK: Version 1

    private static func parseV1(_ bytes: borrowing Span<UInt8>) -> Outcome {
        let start: [UInt8] = Array("PROXY ".utf8)
        for index in 0..<min(bytes.count, start.count) where bytes[index] != start[index] { return .malformed }
        // The shortest header is "PROXY UNKNOWN\r\n"; then a byte at a time, so as not to go past its end.
        guard bytes.count >= 15 else { return .needsMore(atMost: 15 - bytes.count) }
        guard bytes[bytes.count - 2] == 0x0D, bytes[bytes.count - 1] == 0x0A else {
            return bytes.count < longestV1 ? .needsMore(atMost: 1) : .malformed
        }
        var line: [UInt8] = []
        for index in start.count..<bytes.count - 2 { line.append(bytes[index]) }
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        if words.first == "UNKNOWN" { return .local }
        guard words.count == 5, words[0] == "TCP4" || words[0] == "TCP6", let port = UInt16(words[3]), UInt16(words[4]) != nil,
            let source = SocketAddress(text: words[1], port: port), let destination = SocketAddress(text: words[2], port: 0),
            source.isV4 == (words[0] == "TCP4"), destination.isV4 == (words[0] == "TCP4")
        else { return .malformed }
        return .addresses(high: source.high, low: source.low, port: port)
    }
}
