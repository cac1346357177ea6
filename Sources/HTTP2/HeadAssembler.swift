import Buffers
import Model

/// Fields of a header block → an HTTP/1.1 head, the form in which the exchange knows messages. One block at a time, as RFC 9113 section
/// 4.3 has it. One a session, reused.
///
///     HTTP/2                                       HTTP/1.1
///     :method, :path (:authority for CONNECT)      the request line, version 1.1
///     :status                                      the status line, with the standard phrase
///     :authority, or else Host                     Host, the first line
///     Cookie, several                              one Cookie line, joined by "; " (section 8.2.3)
///     content without Content-Length               Transfer-Encoding: chunked
///     no content, POST PUT PATCH                   Content-Length: 0
///
/// nghttp2 has refused what section 8.2 and 8.3 call malformed: pseudo-fields that are unknown, doubled, missing or late, connection-specific
/// fields, upper case, control bytes, white space around values. Also rejected here: Host that differs from :authority, a scheme other
/// than http and https, bytes in a target that would end it. What a target or a host may be is for the reader of the head.
struct HeadAssembler {
    enum Kind { case request, response, trailers }

    /// What has become of a block.
    enum Result {
        case head(ByteBuffer)
        case tooLarge
        case malformed
    }

    private let pool: BufferPool
    private(set) var kind = Kind.request
    private var buffer: ByteBuffer?
    private var hasStartLine = false
    private var isMalformed = false
    private var isTooLarge = false
    private var hasContentLength = false
    /// As RFC 9113 section 6.5.2 counts the list.
    private(set) var listSize = 0
    private var method: [UInt8] = []
    private var path: [UInt8] = []
    private var authority: [UInt8] = []
    private var hasAuthority = false
    private var cookie: [UInt8] = []
    private(set) var status = 0

    init(pool: BufferPool) { self.pool = pool }

    /// A block begins; an earlier one that did not end is dropped.
    mutating func begin(_ kind: Kind) {
        drop()
        self.kind = kind
        hasStartLine = kind == .trailers
        isMalformed = false
        isTooLarge = false
        hasContentLength = false
        listSize = 0
        method.removeAll(keepingCapacity: true)
        path.removeAll(keepingCapacity: true)
        authority.removeAll(keepingCapacity: true)
        hasAuthority = false
        cookie.removeAll(keepingCapacity: true)
        status = 0
    }

    mutating func drop() {
        if let buffer { give(buffer) }
        buffer = nil
    }

    private func give(_ buffer: ByteBuffer) { if buffer.capacity == pool.bufferCapacity { pool.give(buffer) } }

    mutating func add(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, limit: Int) {
        listSize += name.count + value.count + 32
        guard !isTooLarge, !isMalformed else { return }
        guard listSize <= limit else {
            isTooLarge = true
            return drop()
        }
        if name.first == 0x3A { return addPseudo(name, value) }
        if !hasStartLine { startLine() }
        switch name.count {
        case 4 where Self.equals(name, "host"): addHost(value)
        case 6 where Self.equals(name, "cookie"):
            if !cookie.isEmpty { cookie.append(contentsOf: [0x3B, 0x20]) }
            cookie.append(contentsOf: value)
        case 14 where Self.equals(name, "content-length"):
            hasContentLength = true
            append(name, value)
        default: append(name, value)
        }
    }

    /// The block is whole.
    /// - Parameter ends: no content follows
    mutating func end(ends: Bool) -> Result {
        if isTooLarge { return .tooLarge }
        if !isMalformed, !hasStartLine { startLine() }
        guard !isMalformed, !isTooLarge else {
            drop()
            return isTooLarge ? .tooLarge : .malformed
        }
        if !cookie.isEmpty {
            append("cookie: ")
            cookie.withUnsafeBytes { append($0) }
            append("\r\n")
        }
        if kind == .request, !hasContentLength {
            if !ends {
                append("transfer-encoding: chunked\r\n")
            } else if Self.isOne(method, of: "POST", "PUT", "PATCH") {
                append("content-length: 0\r\n")
            }
        }
        append("\r\n")
        guard let whole = buffer, !isTooLarge else {
            drop()
            return .tooLarge
        }
        buffer = nil
        return .head(whole)
    }

    // MARK: Pseudo-fields

    private mutating func addPseudo(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        switch name.count {
        case 7 where Self.equals(name, ":method"): method.append(contentsOf: value)
        case 5 where Self.equals(name, ":path"): path.append(contentsOf: value)
        case 10 where Self.equals(name, ":authority"):
            authority.append(contentsOf: value)
            hasAuthority = true
        case 7 where Self.equals(name, ":scheme"):
            if !Self.equals(name: value, "http", "https") { isMalformed = true }
        case 7 where Self.equals(name, ":status"):
            for byte in value.prefix(3) { status = status * 10 + Int(byte &- 0x30) }
            if value.count != 3 || !value.allSatisfy(ASCII.isDigit) { isMalformed = true }
        default: isMalformed = true
        }
    }

    private mutating func startLine() {
        hasStartLine = true
        let fresh = pool.take()
        buffer = fresh
        guard kind == .request else {
            guard status >= 100 else {
                isMalformed = true
                return
            }
            append("HTTP/1.1 ")
            for divisor in [100, 10, 1] { fresh.append([UInt8(truncatingIfNeeded: 0x30 + status / divisor % 10)]) }
            append(" ")
            if let phrase = StatusPhrase.standard(status) { append(phrase) }
            return append("\r\n")
        }
        // CONNECT has no :path. A :path is never empty but for schemes that are refused.
        let target = path.isEmpty ? authority : path
        guard !method.isEmpty, !target.isEmpty, target.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            isMalformed = true
            return
        }
        method.withUnsafeBytes { append($0) }
        append(" ")
        target.withUnsafeBytes { append($0) }
        append(" HTTP/1.1\r\n")
        if hasAuthority {
            append("host: ")
            authority.withUnsafeBytes { append($0) }
            append("\r\n")
        }
    }

    /// Section 8.3.1: Host must not name another than :authority does.
    private mutating func addHost(_ value: UnsafeBufferPointer<UInt8>) {
        guard hasAuthority else {
            append("host: ")
            append(UnsafeRawBufferPointer(value))
            return append("\r\n")
        }
        let isSame = value.count == authority.count && zip(value, authority).allSatisfy { ASCII.lowercased($0) == ASCII.lowercased($1) }
        if !isSame { isMalformed = true }
    }

    // MARK: Bytes

    private mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        if kind == .trailers, buffer == nil { buffer = pool.take() }
        append(UnsafeRawBufferPointer(name))
        append(": ")
        append(UnsafeRawBufferPointer(value))
        append("\r\n")
    }

    private mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The head grows beyond a pooled buffer where it must; the limit of the list bounds it.
    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !isTooLarge else { return }
        var target = buffer ?? pool.take()
        if target.room < bytes.count {
            let larger = ByteBuffer(capacity: max(target.capacity * 2, target.count + bytes.count))
            guard !larger.isVoid else {
                isTooLarge = true
                return drop()
            }
            larger.append(UnsafeRawBufferPointer(start: target.base + target.start, count: target.count))
            give(target)
            target = larger
        }
        target.append(bytes)
        buffer = target
    }

    private static func equals(_ name: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        name.count == text.utf8CodeUnitCount && (0..<name.count).allSatisfy { name[$0] == text.utf8Start[$0] }
    }

    private static func equals(name: UnsafeBufferPointer<UInt8>, _ one: StaticString, _ other: StaticString) -> Bool {
        [one, other].contains { text in
            name.count == text.utf8CodeUnitCount && (0..<name.count).allSatisfy { ASCII.lowercased(name[$0]) == text.utf8Start[$0] }
        }
    }

    private static func isOne(_ bytes: [UInt8], of words: StaticString...) -> Bool {
        words.contains { word in bytes.withUnsafeBufferPointer { equals($0, word) } }
    }
}
