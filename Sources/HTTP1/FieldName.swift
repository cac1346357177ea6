import Model

/// Which of the fields that the proxy knows a name is. Length first, then the first sixteen bytes in two words, so that most names
/// are distinguished without a loop.
struct FieldName {
    /// The first eight bytes in lower case, the first one lowest, zero beyond the name's end.
    let low: UInt64
    /// The next eight.
    let high: UInt64
    let count: Int

    /// - Parameter folded: the name's first sixteen bytes with 0x20 set in each; what lies beyond the name does not matter. Setting
    ///   0x20 folds letters and maps no other token character to a letter, a digit or `-`.
    @inline(__always)
    init(folded: UInt128, count: Int) {
        let first = UInt64(truncatingIfNeeded: folded)
        let second = UInt64(truncatingIfNeeded: folded &>> 64)
        if count < 8 {
            low = first & FieldName.mask(count)
            high = 0
        } else {
            low = first
            high = count < 16 ? second & FieldName.mask(count &- 8) : second
        }
        self.count = count
    }

    /// The lowest `count` bytes, fewer than eight.
    @inline(__always)
    private static func mask(_ count: Int) -> UInt64 { (1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1 }

    /// - Parameter start: the name's offset in `bytes`; read for names longer than sixteen bytes only.
    @inline(__always)
    func kind(_ bytes: borrowing Span<UInt8>, start: Int) -> FieldKind {
        if UInt8(truncatingIfNeeded: low) == 0x78 { return extensionKind(bytes, start: start) }
        switch count {
        case 2: return low == ASCIIByte.word("te") ? .te : .other
        case 3: return low == ASCIIByte.word("via") ? .via : .other
        case 4: return low == ASCIIByte.word("host") ? .host : low == ASCIIByte.word("date") ? .date : .other
        case 6: return low == ASCIIByte.word("expect") ? .expect : low == ASCIIByte.word("server") ? .server : .other
        case 7: return low == ASCIIByte.word("upgrade") ? .upgrade : low == ASCIIByte.word("trailer") ? .trailer : .other
        case 9: return isName("forwarde", "d") ? .identity : .other
        case 10: return isName("connecti", "on") ? .connection : isName("keep-ali", "ve") ? .keepAlive : .other
        case 11: return isName("retry-af", "ter") ? .retryAfter : .other
        case 12: return isName("content-", "type") ? .contentType : .other
        case 14: return isName("content-", "length") ? .contentLength : .other
        case 16: return isName("content-", "encoding") ? .contentEncoding : isName("proxy-co", "nnection") ? .proxyConnection : .other
        case 17...19: return longKind(bytes, start: start)
        default: return .other
        }
    }

    @inline(__always)
    private func isName(_ first: StaticString, _ second: StaticString) -> Bool {
        low == ASCIIByte.word(first) && high == ASCIIByte.word(second)
    }

    /// Names of 17 to 19 bytes.
    @inline(__always)
    private func longKind(_ bytes: borrowing Span<UInt8>, start: Int) -> FieldKind {
        if low == ASCIIByte.word("transfer") {
            let isName = count == 17 && high == ASCIIByte.word("-encodin") && bytes[start &+ 16] | 0x20 == 0x67
            return isName ? .transferEncoding : .other
        }
        guard low == ASCIIByte.word("proxy-au") else { return .other }
        let range = ByteRange(start, start &+ count)
        if ASCII.equals(bytes, range, folded: "proxy-authenticate") { return .proxyAuthenticate }
        return ASCII.equals(bytes, range, folded: "proxy-authorization") ? .proxyAuthorization : .other
    }

    /// Names that begin with `x`.
    @inline(__always)
    private func extensionKind(_ bytes: borrowing Span<UInt8>, start: Int) -> FieldKind {
        if low & 0xFFFF_FFFF_FFFF == ASCIIByte.word("x-ssl-") { return .identity }
        switch low {
        case ASCIIByte.word("x-puppet"):
            if count > 14, high & 0xFFFF_FFFF_FFFF == ASCIIByte.word("front-") { return .instance }
            if count == 16 { return high == ASCIIByte.word("-version") ? .puppetVersion : .other }
            let range = ByteRange(start, start &+ count)
            return ASCII.equals(bytes, range, folded: "x-puppet-compiler-name") ? .puppetCompilerName : .other
        case ASCIIByte.word("x-forwar"):
            return high & 0xFFFF_FFFF == ASCIIByte.word("ded-") ? .identity : .other
        case ASCIIByte.word("x-client"):
            let isOurs =
                (count == 11 && high == ASCIIByte.word("-dn")) || (count == 13 && high == ASCIIByte.word("-cert"))
                || (count == 15 && high == ASCIIByte.word("-verify"))
            return isOurs ? .identity : .other
        case ASCIIByte.word("x-real-i"):
            return count == 9 && high == ASCIIByte.word("p") ? .identity : .other
        default:
            return .other
        }
    }
}

extension FieldName {
    /// The kind of a name that has characters other than letters and `-`, or is in the last sixteen bytes. `_` counts as `-` for
    /// identity fields and those of instances alone, since some servers take one for the other: `Content_Length` is no Content-Length.
    @inline(never)
    static func slowKind(_ bytes: borrowing Span<UInt8>, start: Int, count: Int) -> FieldKind {
        var folded: UInt128 = 0
        var hasUnderscore = false
        for index in 0..<count {
            let byte = bytes[start + index]
            let isUnderscore = byte == 0x5F
            hasUnderscore = hasUnderscore || isUnderscore
            if index < 16 { folded |= UInt128(isUnderscore ? 0x2D : byte | 0x20) << UInt128(index * 8) }
        }
        let kind = FieldName(folded: folded, count: count).kind(bytes, start: start)
        return hasUnderscore && kind != .identity && kind != .instance ? .other : kind
    }
}
