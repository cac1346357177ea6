/// A frame of HTTP/2 as bytes, well-formed or not, and fields as HPACK literals: independent of what is tested.
package struct HTTP2Frame: Sendable {
    package enum Kind: UInt8, Sendable {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
    }

    package static let endStream: UInt8 = 0x1
    package static let acknowledgement: UInt8 = 0x1
    package static let endHeaders: UInt8 = 0x4
    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    package let kind: Kind?
    package let flags: UInt8
    package let stream: UInt32
    package let payload: [UInt8]

    package init(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    /// Takes the first frame of `bytes`, where it is whole.
    init?(takenFrom bytes: inout [UInt8]) {
        guard bytes.count >= 9 else { return nil }
        let length = Int(Self.number(bytes[0..<3]))
        guard bytes.count >= 9 + length else { return nil }
        kind = Kind(rawValue: bytes[3])
        flags = bytes[4]
        stream = Self.number(bytes[5..<9]) & 0x7FFF_FFFF
        payload = Array(bytes[9..<9 + length])
        bytes.removeFirst(9 + length)
    }

    package static func take(from bytes: inout [UInt8]) -> HTTP2Frame? { HTTP2Frame(takenFrom: &bytes) }

    package var bytes: [UInt8] {
        Array(Self.bytes(UInt32(payload.count)).dropFirst()) + [kind?.rawValue ?? 0xFA, flags] + Self.bytes(stream) + payload
    }

    package static func bytes(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }
    static func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    package static func setting(_ id: UInt8, _ value: UInt32) -> [UInt8] { [0, id] + bytes(value) }

    // MARK: Fields (RFC 7541 section 6.2), without Huffman

    package static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + text($0.0) + text($0.1) }
    }

    /// An integer with a prefix of so many bits.
    package static func integer(_ value: Int, prefix: Int, first: UInt8 = 0) -> [UInt8] {
        let most = 1 << prefix - 1
        guard value >= most else { return [first | UInt8(value)] }
        var bytes = [first | UInt8(most)]
        var rest = value - most
        while rest >= 128 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    package static func text(_ text: String) -> [UInt8] { integer(text.utf8.count, prefix: 7) + Array(text.utf8) }

    /// A request's head.
    package static func head(
        _ method: String, _ target: String, stream: UInt32, ends: Bool = true, _ fields: [(String, String)] = []
    ) -> HTTP2Frame {
        let first = [(":method", method), (":scheme", "https"), (":authority", "puppet.test"), (":path", target)]
        return HTTP2Frame(.headers, flags: endHeaders | (ends ? endStream : 0), stream: stream, block(first + fields))
    }
}
