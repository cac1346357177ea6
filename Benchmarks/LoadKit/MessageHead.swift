/// Where a message's head ends and how its body is framed: as much HTTP/1.1 as well-behaved peers on loopback need.
package struct MessageHead {
    package let byteCount: Int
    /// Of the body; nil when the field is missing.
    package private(set) var contentLength: Int?
    package private(set) var isChunked = false

    /// Nil when `bytes` do not hold the whole head yet.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard let end = Self.end(of: bytes) else { return nil }
        byteCount = end
        var line = 0
        while line < end {
            switch bytes[line] | 0x20 {
            case UInt8(ascii: "c"):
                if Self.matches(bytes, at: line, "content-length:") { contentLength = Self.number(bytes, from: line + 15) }
            case UInt8(ascii: "t"):
                if Self.matches(bytes, at: line, "transfer-encoding:") { isChunked = true }
            default: break
            }
            while line < end, bytes[line] != UInt8(ascii: "\n") { line += 1 }
            line += 1
        }
    }

    /// The decimal number at `start`, after spaces; nil when there is none.
    package static func number(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
        var value: Int?
        while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
            value = (value ?? 0) * 10 + Int(digit)
            index += 1
        }
        return value
    }

    private static func end(of bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 3
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                if bytes[index - 1] == UInt8(ascii: "\r"), bytes[index - 2] == UInt8(ascii: "\n") { return index + 1 }
                index += 2
            case UInt8(ascii: "\r"): index += 1
            default: index += 2
            }
        }
        return nil
    }

    private static func matches(_ bytes: UnsafeRawBufferPointer, at start: Int, _ name: StaticString) -> Bool {
        guard start + name.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<name.utf8CodeUnitCount where bytes[start + offset] | 0x20 != name.utf8Start[offset] | 0x20 { return false }
        return true
    }
}
