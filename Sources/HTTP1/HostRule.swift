import Model

/// Whether a Host value, or the authority of an absolute-form target, is one that can only be read one way.
///
/// Accepted: `NAME`, `NAME:PORT`, `[V6]`, `[V6]:PORT`. NAME has letters, digits, `-`, `.`, `_` and `~`: RFC 3986's reg-name without
/// percent-encoding and sub-delimiters, which no DNS name needs and lists are made of. PORT has at most five digits, up to 65535; it
/// may be empty. Refused: an empty name, user information, zones.
enum HostRule {
    static func isValid(_ bytes: borrowing Span<UInt8>, _ host: ByteRange) -> Bool {
        guard !host.isEmpty else { return false }
        let nameEnd: Int
        if bytes[host.lower] == 0x5B {
            guard let end = endOfLiteral(bytes, host) else { return false }
            nameEnd = end
        } else {
            nameEnd = min(endOfName(bytes, from: host.lower), host.upper)
            guard nameEnd > host.lower else { return false }
        }
        return isPort(bytes, from: nameEnd, to: host.upper)
    }

    @inline(__always)
    private static func endOfName(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
        ByteScan.first(bytes, from: start) { bytes in
            let isLetter = ((bytes | ByteScan.all(0x20)) &- ByteScan.all(0x61)) .< ByteScan.all(26)
            let isDigit = (bytes &- ByteScan.all(0x30)) .< ByteScan.all(10)
            let isDash = (bytes .== ByteScan.all(0x2D)) .| (bytes .== ByteScan.all(0x2E))
            return .!(isLetter .| isDigit .| isDash .| (bytes .== ByteScan.all(0x5F)) .| (bytes .== ByteScan.all(0x7E)))
        }
    }

    /// Nothing, or a colon and a port.
    private static func isPort(_ bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> Bool {
        guard start < end else { return true }
        guard bytes[start] == ASCIIByte.colon, end - start <= 6 else { return false }
        guard end - start > 1 else { return true }
        guard let port = Decimal.parse(bytes, (start + 1)..<end) else { return false }
        return port <= 65535
    }

    /// After the bracket that closes an IPv6 address.
    private static func endOfLiteral(_ bytes: borrowing Span<UInt8>, _ host: ByteRange) -> Int? {
        let longestAddress = 45
        var address: [UInt8] = []
        for index in (host.lower + 1)..<host.upper {
            let byte = bytes[index]
            if byte == 0x5D {
                guard address.contains(ASCIIByte.colon), IPAddress(bytes: address) != nil else { return nil }
                return index + 1
            }
            guard address.count < longestAddress else { return nil }
            address.append(byte)
        }
        return nil
    }
}
