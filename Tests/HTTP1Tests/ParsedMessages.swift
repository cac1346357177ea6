import Buffers
import HTTP1
import Model

/// A request as the parser saw it, with its bytes, and ways to ask for parts of it.
final class ParsedRequest {
    let head: RequestHead
    let bytes: [UInt8]

    /// Parses `text` in one call. nil if it is not whole.
    convenience init?(_ text: String, limits: HeadLimits = .test) throws(RequestError) { try self.init(Array(text.utf8), limits: limits) }

    init?(_ bytes: [UInt8], limits: HeadLimits = .test) throws(RequestError) {
        var parser = RequestParser(limits: limits)
        var head = RequestHead()
        guard try parser.parse(bytes.span, into: &head) == .complete else { return nil }
        self.head = head
        self.bytes = bytes
    }

    func text(_ range: ByteRange) -> String { String(decoding: bytes[range.range], as: UTF8.self) }
    var target: String { text(head.target) }
    var method: String { text(head.methodRange) }
    var host: String { text(head.host) }
    var fields: [FieldText] { head.fields.map { FieldText(text($0.name), text($0.value), $0.kind) } }

    /// The head as it is forwarded; nil where it does not fit.
    func written(
        block: String = "", dropExpect: Bool = false, fallbackHost: String = "fallback.example", capacity: Int = 100_000
    ) -> String? {
        let (output, bytes) = (ByteBuffer(capacity: capacity), bytes)
        let isWhole = HeadWriter.appendRequest(
            head, bytes: bytes.span, identityFields: Array(block.utf8), forwardedFor: [], dropExpect: dropExpect,
            fallbackHost: Array(fallbackHost.utf8), to: output)
        guard isWhole else { return output.isEmpty ? nil : "left \(output.count) bytes" }
        return output.text
    }
}

final class ParsedResponse {
    let head: ResponseHead
    let bytes: [UInt8]

    convenience init?(_ text: String, to method: RequestMethod = .get, limit: Int = 65536) throws(ResponseError) {
        try self.init(Array(text.utf8), to: method, limit: limit)
    }

    init?(_ bytes: [UInt8], to method: RequestMethod = .get, limit: Int = 65536) throws(ResponseError) {
        var parser = ResponseParser(limit: limit)
        var head = ResponseHead()
        guard try parser.parse(bytes.span, requestMethod: method, into: &head) == .complete else { return nil }
        self.head = head
        self.bytes = bytes
    }

    func text(_ range: ByteRange) -> String { String(decoding: bytes[range.range], as: UTF8.self) }
    var fields: [FieldText] { head.fields.map { FieldText(text($0.name), text($0.value), $0.kind) } }

    func written(
        to client: HTTPVersion = .http11, close: Bool = false, dropsChunking: Bool = false, capacity: Int = 100_000
    ) -> String? {
        let (output, bytes) = (ByteBuffer(capacity: capacity), bytes)
        let isWhole = HeadWriter.appendResponse(
            head, bytes: bytes.span, clientVersion: client, close: close, dropsChunking: dropsChunking, to: output)
        guard isWhole else { return output.isEmpty ? nil : "left \(output.count) bytes" }
        return output.text
    }
}

struct FieldText: Equatable {
    let name: String
    let value: String
    let kind: FieldKind

    init(_ name: String, _ value: String, _ kind: FieldKind = .other) {
        self.name = name
        self.value = value
        self.kind = kind
    }
}

extension HeadLimits {
    static let test = HeadLimits(head: 65536, target: 16384)
}

extension String {
    /// The first bytes. (Characters would not do: CRLF is one.)
    func bytes(_ count: Int) -> [UInt8] { Array(utf8.prefix(count)) }
}

extension ByteBuffer {
    var text: String {
        let bytes = UnsafeRawBufferPointer(start: base + start, count: count)
        return String(decoding: bytes, as: UTF8.self)
    }
}
