/// The protocol's integers of variable length (HAProxy's `intencode`, haproxy-wire 1.3): one byte below 240, else four bits in the first
/// byte and seven in each that follows; ten bytes at most.
enum Varint {
    static func append(_ value: UInt64, to output: inout [UInt8]) {
        guard value >= 0xF0 else { return output.append(UInt8(value)) }
        output.append(UInt8(truncatingIfNeeded: value) | 0xF0)
        var rest = (value - 0xF0) >> 4
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest = (rest - 0x80) >> 7
        }
        output.append(UInt8(rest))
    }
}

/// Reads a message's content from the front. nil: the content ends too early, or a number is too large for 64 bits.
struct ByteReader {
    let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var count: Int { bytes.endIndex - position }

    mutating func byte() -> UInt8? {
        guard position < bytes.endIndex else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= self.count else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// Network order.
    mutating func uint32() -> UInt32? { take(4)?.reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func varint() -> UInt64? {
        guard let first = byte() else { return nil }
        var value = UInt64(first)
        guard first >= 0xF0 else { return value }
        var shift: UInt64 = 4
        while true {
            guard let next = byte(), shift < 64 else { return nil }
            let (part, isLost) = UInt64(next).multipliedReportingOverflow(by: 1 << shift)
            let (sum, overflow) = value.addingReportingOverflow(part)
            guard !isLost, !overflow else { return nil }
            value = sum
            shift += 7
            if next < 0x80 { return value }
        }
    }

    /// Bytes after their length.
    mutating func counted() -> ArraySlice<UInt8>? {
        guard let length = varint(), length <= UInt64(count) else { return nil }
        return take(Int(length))
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: UInt32) {
        for shift: UInt32 in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}
