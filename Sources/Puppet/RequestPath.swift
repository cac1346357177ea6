import Model

/// Reads a target's path as Puppet Server does (trapperkeeper-webserver-jetty9's normalize-uri-path): percent-decoded as UTF-8,
/// path parameters cut, repeated slashes compacted. What Jetty would refuse (`.` and `..`) or two readers could read differently
/// (encoded slashes, control bytes, what is not UTF-8) is refused here. For decisions only: the target is forwarded as it came.
struct RequestPath: Sendable {
    /// The normal form; begins with a slash. Valid after a successful `read`.
    private(set) var bytes: [UInt8] = []
    private var segmentStart = 0

    init() { bytes.reserveCapacity(256) }

    mutating func reset() {
        bytes.empty()
        segmentStart = 1
    }

    /// Takes `target[range]`, the target up to its query. Returns what is wrong with it, nil where nothing is.
    mutating func read(_ target: borrowing Span<UInt8>, _ range: Range<Int>) -> Ambiguity? {
        reset()
        guard range.lowerBound < range.upperBound, target[range.lowerBound] == UInt8(ascii: "/") else { return .notOriginForm }
        if Self.isNormal(target, range) {
            bytes.append(target, range)
            return nil
        }
        bytes.append(UInt8(ascii: "/"))
        var isASCII = true
        var index = range.lowerBound + 1
        while index < range.upperBound {
            let run = RequestPath.plainRun(target, index..<range.upperBound)
            bytes.append(target, run)
            index = run.upperBound
            guard index < range.upperBound else { break }
            var byte = target[index]
            index += 1
            switch byte {
            case UInt8(ascii: "/"):
                if let problem = endSegment() { return problem }
                continue
            case UInt8(ascii: ";"):
                while index < range.upperBound, target[index] != UInt8(ascii: "/") { index += 1 }
                continue
            case UInt8(ascii: "#"):
                return .fragment
            case UInt8(ascii: "%"):
                guard let decoded = PercentCoding.decode(target, at: index, before: range.upperBound) else { return .brokenPercent }
                index += 2
                if decoded == UInt8(ascii: "/") {
                    guard isOCSP else { return .encodedSlash }
                    if let problem = endSegment() { return problem }
                    continue
                }
                byte = decoded
            case 0x20:
                return .controlByte
            default:
                break
            }
            if byte < 0x20 || byte == 0x7F { return .controlByte }
            isASCII = isASCII && byte < 0x80
            bytes.append(byte)
        }
        if isRelative(bytes.count) { return .relativeSegment }
        return isASCII || isUTF8() ? nil : .notUTF8
    }

    /// Whether the path, which begins with a slash, is its own normal form: visible ASCII that means itself, no slash and no dot after a
    /// slash. Nearly all are; a few others are found not to be, and are read byte by byte.
    private static func isNormal(_ target: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        // Eight bytes at once; the last one again with the next ones, since a pair may lie across them.
        while index + 8 <= range.upperBound {
            if needsCare(target.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)) { return false }
            index += 7
        }
        var last: UInt8 = 0
        while index < range.upperBound {
            let byte = target[index]
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "%"), byte != UInt8(ascii: ";"), byte != UInt8(ascii: "#") else {
                return false
            }
            if last == UInt8(ascii: "/"), byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") { return false }
            last = byte
            index += 1
        }
        return true
    }

    /// A byte's highest bit is set where it was set before, or where a subtraction borrowed: a byte after one that needs care may be taken for
    /// another such, which changes nothing.
    @inline(__always) private static func needsCare(_ word: UInt64) -> Bool {
        func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }
        func equal(_ byte: UInt64) -> UInt64 { (word ^ each(byte)) &- each(1) }
        let isSlash = equal(0x2F)
        let isPair = (isSlash & each(0x80)) << 8 & (isSlash | equal(0x2E))
        let isSpecial = word &- each(0x21) | equal(0x25) | equal(0x3B) | equal(0x23) | equal(0x7F)
        return (word | isSpecial | isPair) & each(0x80) != 0
    }

    /// The bytes from the range's start that mean themselves: visible ASCII but `/`, `;`, `#` and `%`.
    private static func plainRun(_ target: borrowing Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var end = range.lowerBound
        while end < range.upperBound {
            let byte = target[end]
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "/"), byte != UInt8(ascii: "%"), byte != UInt8(ascii: ";"),
                byte != UInt8(ascii: "#")
            else { break }
            end += 1
        }
        return range.lowerBound..<end
    }

    /// The segment that begins at `cursor`, which is moved past its slash; an empty range at the path's end.
    func segment(_ cursor: inout Int) -> Range<Int> {
        let start = min(cursor, bytes.count)
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end += 1 }
        cursor = end + 1
        return start..<end
    }

    /// What follows the segments read so far, slashes and all.
    func rest(_ cursor: Int) -> Range<Int> { min(cursor, bytes.count)..<bytes.count }

    /// `word` in ASCII; compared with case.
    func equals(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        for offset in 0..<range.count where bytes[range.lowerBound + offset] != expected[offset] { return false }
        return true
    }

    /// OCSP's GET has the request in base64 as the rest of its path (RFC 6960 appendix A.1): nothing there decides where it goes.
    private var isOCSP: Bool { bytes.starts(with: "/ocsp/".utf8) || bytes.starts(with: "/puppet-ca/v1/ocsp/".utf8) }

    private mutating func endSegment() -> Ambiguity? {
        if isRelative(bytes.count) { return .relativeSegment }
        guard bytes.last != UInt8(ascii: "/") else { return nil }
        bytes.append(UInt8(ascii: "/"))
        segmentStart = bytes.count
        return nil
    }

    private func isRelative(_ end: Int) -> Bool {
        let count = end - segmentStart
        guard count == 1 || count == 2 else { return false }
        return bytes[segmentStart] == UInt8(ascii: ".") && bytes[end - 1] == UInt8(ascii: ".")
    }

    private func isUTF8() -> Bool { (try? UTF8Span(validating: bytes.span)) != nil }
}
