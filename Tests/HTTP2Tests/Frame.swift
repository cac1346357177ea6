import TestKit

/// Frames as bytes, well-formed or not: whatever a test asks for.
struct Frame {
    enum Kind: UInt8 {
        case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
        case altSvc = 0x0A
        case priorityUpdate = 0x10
        case unknown = 0xFA
    }

    static let endStream: UInt8 = 0x1
    static let acknowledgement: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let hasPriority: UInt8 = 0x20
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    let kind: UInt8
    let flags: UInt8
    let stream: UInt32
    let payload: [UInt8]

    init(_ kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.init(type: kind.rawValue, flags: flags, stream: stream, payload)
    }

    init(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
        kind = type
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    var bytes: [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), kind, flags] + Self.number(stream) + payload
    }

    static func number(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }

    static func setting(_ id: UInt16, _ value: UInt32) -> [UInt8] { [UInt8(id >> 8), UInt8(id & 0xFF)] + number(value) }

    /// All frames of `bytes` that are whole.
    static func parse(_ bytes: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var rest = bytes[...]
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard rest.count >= 9 + count else { break }
            frames.append(
                Frame(
                    type: head[3], flags: head[4], stream: number(head[5...8]), Array(rest.dropFirst(9).prefix(count))))
            rest = rest.dropFirst(9 + count)
        }
        return frames
    }

    static func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}

/// HPACK without a table and without Huffman: each field as a literal (RFC 7541 section 6.2.2).
enum Literal {
    static func string(_ bytes: [UInt8]) -> [UInt8] { HTTP2Frame.integer(bytes.count, prefix: 7) + bytes }

    static func field(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] { [0] + string(name) + string(value) }

    /// With an entry in the table.
    static func indexed(_ name: String, _ value: String) -> [UInt8] { [0x40] + string(Array(name.utf8)) + string(Array(value.utf8)) }

    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { field(Array($0.0.utf8), Array($0.1.utf8)) }
    }

    static let get = [(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a")]
    static let post = [(":method", "POST"), (":scheme", "https"), (":path", "/"), (":authority", "a")]
}

extension Frame {
    /// A whole request without content.
    static func get(_ stream: UInt32 = 1, _ more: [(String, String)] = []) -> Frame {
        Frame(.headers, flags: endStream | endHeaders, stream: stream, Literal.block(Literal.get + more))
    }

    /// The head of a request with content.
    static func post(_ stream: UInt32 = 1, _ more: [(String, String)] = []) -> Frame {
        Frame(.headers, flags: endHeaders, stream: stream, Literal.block(Literal.post + more))
    }

    static func request(_ fields: [(String, String)], ends: Bool = true, stream: UInt32 = 1) -> Frame {
        Frame(.headers, flags: endHeaders | (ends ? endStream : 0), stream: stream, Literal.block(fields))
    }
}
