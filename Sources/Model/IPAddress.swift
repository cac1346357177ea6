/// An IPv4 or IPv6 address. A v4-mapped v6 address (`::ffff:192.0.2.1`) is the v4 address.
package struct IPAddress: Hashable, Sendable {
    /// Network order; v4 as v4-mapped.
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(v4 value: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(value))
    }

    package var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }
    package var v4: UInt32 { UInt32(truncatingIfNeeded: low) }
    package var isLoopback: Bool { isV4 ? v4 >> 24 == 127 : high == 0 && low == 1 }

    /// Accepts dotted quads and RFC 4291 text (with `::` and an embedded v4 tail), without brackets or zone. nil for anything else.
    package init?(_ text: some StringProtocol) {
        self.init(bytes: Array(text.utf8))
    }

    package init?(bytes: [UInt8]) {
        if !bytes.contains(UInt8(ascii: ":")) {
            guard let value = IPAddress.parseV4(bytes[...]) else { return nil }
            self.init(v4: value)
            return
        }
        guard let groups = IPAddress.parseV6(bytes) else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<4 { high = high << 16 | UInt64(groups[index]) }
        for index in 4..<8 { low = low << 16 | UInt64(groups[index]) }
        self.init(high: high, low: low)
    }

    private static func parseV4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(ASCII.isDigit), part.count == 1 || part.first != 0x30 else { return nil }
            let number = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard number <= 255 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func parseV6(_ bytes: [UInt8]) -> [UInt16]? {
        var head: [UInt16] = []
        var tail: [UInt16]?
        var rest = bytes[...]
        if rest.starts(with: [0x3A, 0x3A]) {
            tail = []
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x3A) ?? rest.endIndex
            let part = rest[rest.startIndex..<end]
            var groups: [UInt16] = []
            if part.contains(UInt8(ascii: ".")) {
                guard end == rest.endIndex, let value = parseV4(part) else { return nil }
                groups = [UInt16(value >> 16), UInt16(value & 0xFFFF)]
            } else {
                guard (1...4).contains(part.count) else { return nil }
                var value: UInt16 = 0
                for byte in part {
                    guard let digit = ASCII.hexValue(byte) else { return nil }
                    value = value << 4 | UInt16(digit)
                }
                groups = [value]
            }
            if tail == nil { head += groups } else { tail! += groups }
            guard head.count + (tail?.count ?? 0) <= 8 else { return nil }
            rest = rest[end...]
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.first == 0x3A {
                guard tail == nil else { return nil }
                tail = []
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        guard let tail else { return head.count == 8 ? head : nil }
        let zeros = 8 - head.count - tail.count
        guard zeros >= 1 else { return nil }
        return head + Array(repeating: 0, count: zeros) + tail
    }

    /// Appends the text (RFC 5952 for v6).
    package func append(to output: inout [UInt8]) {
        if isV4 {
            for shift in [24, 16, 8, 0] {
                if shift != 24 { output.append(0x2E) }
                Decimal.append(UInt64(v4 >> UInt32(shift) & 0xFF), to: &output)
            }
            return
        }
        appendV6(to: &output)
    }

    private func appendV6(to output: inout [UInt8]) {
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - index % 4 * 16))
        }
        var best = 0..<0
        var index = 0
        while index < 8 {
            guard groups[index] == 0 else {
                index += 1
                continue
            }
            let end = groups[index...].firstIndex { $0 != 0 } ?? 8
            if end - index > best.count, end - index > 1 { best = index..<end }
            index = end
        }
        for (position, group) in groups.enumerated() where !best.contains(position) || position == best.lowerBound {
            if position == best.lowerBound, !best.isEmpty {
                output += [0x3A, 0x3A]
                continue
            }
            if position > 0, position != best.upperBound || best.isEmpty { output.append(0x3A) }
            output += Array(String(group, radix: 16).utf8)
        }
    }

    package var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A CIDR block, or one address.
package struct AddressBlock: Hashable, Sendable {
    package let address: IPAddress
    /// 0 to 128, counted in the 128-bit form (a v4 /24 is 120).
    package let prefix: Int

    /// Accepts `ADDRESS` and `ADDRESS/LENGTH`. Host bits may be set and are ignored. nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let isV4Text = !parts[0].contains(":")
        var prefix = 128
        if parts.count == 2 {
            guard let length = AddressBlock.prefixLength(parts[1]), length <= (isV4Text ? 32 : 128) else { return nil }
            prefix = isV4Text ? length + 96 : length
        }
        self.address = address
        self.prefix = prefix
    }

    /// One to three digits, without leading zeros.
    private static func prefixLength(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isDigit), text == "0" || text.utf8.first != 0x30 else {
            return nil
        }
        return Int(text)
    }

    /// The bits that count.
    package var mask: IPAddress {
        IPAddress(
            high: prefix >= 64 ? .max : prefix == 0 ? 0 : .max << UInt64(64 - prefix), low: prefix <= 64 ? 0 : .max << UInt64(128 - prefix))
    }

    package func contains(_ other: IPAddress) -> Bool {
        let mask = mask
        return (address.high ^ other.high) & mask.high == 0 && (address.low ^ other.low) & mask.low == 0
    }
}
