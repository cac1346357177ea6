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

    /// `bytes` are all that were received, and none after the header.
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
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        if words.first?.elementsEqual("UNKNOWN".utf8) == true { return .local }
        guard words.count == 5, let written = family(words[0]), let source = address(words[1], written), address(words[2], written) != nil,
            let sourcePort = port(words[3]), port(words[4]) != nil
        else { return .malformed }
        return .addresses(high: source.high, low: source.low, port: sourcePort)
    }

    private enum Family { case v4, v6 }

    private static func family(_ word: ArraySlice<UInt8>) -> Family? {
        if word.elementsEqual("TCP4".utf8) { return .v4 }
        return word.elementsEqual("TCP6".utf8) ? .v6 : nil
    }

    /// The family is that of the written form: HAProxy's `bind :::PORT v4v6` writes TCP6 with v4-mapped addresses, which count as v4 afterwards.
    private static func address(_ word: ArraySlice<UInt8>, _ family: Family) -> SocketAddress? {
        guard word.contains(UInt8(ascii: ":")) == (family == .v6) else { return nil }
        return SocketAddress(text: String(decoding: word, as: UTF8.self), port: 0)
    }

    /// 0 to 65535 without leading zeros, as the specification has it; digits alone.
    private static func port(_ word: ArraySlice<UInt8>) -> UInt16? {
        guard (1...5).contains(word.count), word.count == 1 || word.first != 0x30 else { return nil }
        var value = 0
        for byte in word {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return UInt16(exactly: value)
    }
}
