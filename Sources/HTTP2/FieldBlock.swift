import Buffers
import CNghttp2
import Model

/// A list of fields on its way into a header block (RFC 9113 section 8.2), made of an HTTP/1.1 head. Reused.
///
///     HTTP/1.1                                                        HTTP/2
///     status line; request line                                       :status; :method, :scheme, :authority, :path
///     Host                                                            :authority
///     Connection and what it names, Keep-Alive, Proxy-Connection,     –
///     TE, Transfer-Encoding, Upgrade, Trailer, Proxy-Auth…
///     Content-Length                                                  as it is; – in 1xx and 204
///     names                                                           in lower case (nghttp2 does that)
///
/// It holds a copy of the bytes that its fields point to.
package final class FieldBlock {
    private let text: ByteBuffer
    private var fields: [nghttp2_nv] = []

    /// - Parameter capacity: bytes of the longest head
    package init(capacity: Int) { text = ByteBuffer(capacity: capacity) }

    package var isEmpty: Bool { fields.isEmpty }
    /// Names and values.
    package var byteCount: Int { fields.reduce(0) { $0 + $1.namelen + $1.valuelen } }

    /// For `body` alone.
    func withFields<Result>(_ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result) -> Result {
        fields.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
    }

    private func clear() {
        text.clear()
        fields.removeAll(keepingCapacity: true)
    }

    // MARK: Responses

    /// - Parameter via: the value of a Via field that is added; empty for none: the response was made here, and keeps what it says to an
    ///   instance
    /// - Returns: false where the head is too long
    package func setResponse(_ head: borrowing ResponseHead, bytes: borrowing Span<UInt8>, via: StaticString) -> Bool {
        guard copy(bytes, head.length) else { return false }
        add(":status", ByteRange(head.statusLine.lower + 9, head.statusLine.lower + 12))
        let isOurs = via.utf8CodeUnitCount == 0
        let dropsLength = head.status < 200 || head.status == 204
        for index in 0..<head.fields.count {
            let kind = head.fields[index].kind
            if Self.isHopByHop(kind) || kind == .contentLength && dropsLength || kind == .instance && !isOurs { continue }
            add(head.fields[index].name, head.fields[index].value)
        }
        if !isOurs { add("via", via) }
        return true
    }

    /// A response without fields, such as 100 Continue.
    package func setStatus(_ digits: StaticString) {
        clear()
        add(":status", digits)
    }

    // MARK: Requests

    /// A request whose head has been made for the next hop: its fields pass but for the hop-by-hop ones.
    package func setRequest(_ head: borrowing RequestHead, bytes: borrowing Span<UInt8>, scheme: StaticString) -> Bool {
        guard copy(bytes, head.length) else { return false }
        add(":method", head.methodRange)
        add(":scheme", scheme)
        if !head.host.isEmpty { add(":authority", head.host) }
        add(":path", head.target)
        for index in 0..<head.fields.count {
            let kind = head.fields[index].kind
            if Self.isHopByHop(kind) || kind == .host { continue }
            add(head.fields[index].name, head.fields[index].value)
        }
        return true
    }

    // MARK: Trailers

    /// A trailer section that has been checked: `name:value CRLF` lines and an empty line.
    /// - Returns: false where it is too long
    package func setTrailers(_ section: borrowing Span<UInt8>) -> Bool {
        guard copy(section, section.count) else { return false }
        var start = 0
        while start < section.count {
            var end = start
            var colon = -1
            while end < section.count, section[end] != 0x0A {
                if colon < 0, section[end] == 0x3A { colon = end }
                end += 1
            }
            if colon > start {
                var lower = colon + 1
                var upper = end > start && section[end - 1] == 0x0D ? end - 1 : end
                while lower < upper, section[lower] == 0x20 || section[lower] == 0x09 { lower += 1 }
                while upper > lower, section[upper - 1] == 0x20 || section[upper - 1] == 0x09 { upper -= 1 }
                add(ByteRange(start, colon), ByteRange(lower, upper))
            }
            start = end + 1
        }
        return true
    }

    // MARK: Parts

    private func copy(_ bytes: borrowing Span<UInt8>, _ count: Int) -> Bool {
        clear()
        guard count <= text.capacity, count <= bytes.count else { return false }
        return bytes.extracting(0..<count).withUnsafeBytes { text.append($0) } == count
    }

    private func pointer(_ range: ByteRange) -> UnsafeMutablePointer<UInt8> {
        precondition(range.upper <= text.end && range.lower <= range.upper, "a field lies in the head")
        return (text.base + range.lower).assumingMemoryBound(to: UInt8.self)
    }

    private func add(_ name: ByteRange, _ value: ByteRange) {
        append(pointer(name), name.count, pointer(value), value.count)
    }

    private func add(_ name: StaticString, _ value: ByteRange) {
        append(UnsafeMutablePointer(mutating: name.utf8Start), name.utf8CodeUnitCount, pointer(value), value.count)
    }

    private func add(_ name: StaticString, _ value: StaticString) {
        append(
            UnsafeMutablePointer(mutating: name.utf8Start), name.utf8CodeUnitCount, UnsafeMutablePointer(mutating: value.utf8Start),
            value.utf8CodeUnitCount)
    }

    /// nghttp2 copies what it is given, and writes to none of it.
    private func append(_ name: UnsafeMutablePointer<UInt8>, _ nameCount: Int, _ value: UnsafeMutablePointer<UInt8>, _ valueCount: Int) {
        fields.append(nghttp2_nv(name: name, value: value, namelen: nameCount, valuelen: valueCount, flags: 0))
    }

    /// RFC 9113 section 8.2.2 and RFC 9110 section 7.6.1.
    private static func isHopByHop(_ kind: FieldKind) -> Bool {
        switch kind {
        case .connection, .connectionNamed, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade, .trailer, .proxyAuthenticate,
            .proxyAuthorization:
            true
        case .other, .host, .contentLength, .expect, .contentType, .contentEncoding, .identity, .instance, .via, .puppetVersion,
            .puppetCompilerName, .retryAfter, .server, .date:
            false
        }
    }
}
