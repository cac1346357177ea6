import Model

/// The forms of a request target (RFC 9112 section 3.2) and what is forwarded for each.
///
///     form                      method    forwarded as             host
///     /path?query               any       it is                    Host's
///     *                         OPTIONS   it is                    Host's
///     http://host/path?query    any       /path?query              the target's
///     http://host               any but   /                        the target's
///                               OPTIONS
///     http://host, OPTIONS      refused: it would have to become *
///     http://host?query         refused: it has no path to begin with
///     http://user@host/…        refused
///     host:port                 refused (CONNECT is 405 before this)
///
/// Scheme `http` or `https`, whatever the listener speaks. Bytes: visible ASCII but `#`. That is wider than RFC 3986, since old agents
/// send brackets and their like as they are and no server reads them two ways; bytes from 0x80 on are refused as the RFC has it, since
/// agents encode them.
struct RequestTarget {
    /// What is forwarded. A range of the target's own bytes: the `/` for an empty path is the second one of `://`.
    let target: ByteRange
    /// Empty but for absolute-form.
    let host: ByteRange

    /// - Parameter range: the target as it came; its bytes are known to be allowed ones.
    @inline(__always)
    init(_ bytes: borrowing Span<UInt8>, _ range: ByteRange, method: RequestMethod) throws(HeadDefect) {
        if !range.isEmpty, bytes[range.lower] == 0x2F {
            self.init(target: range, host: .empty)
        } else {
            try self.init(unusual: bytes, range, method: method)
        }
    }

    private init(target: ByteRange, host: ByteRange) {
        self.target = target
        self.host = host
    }

    @inline(never)
    private init(unusual bytes: borrowing Span<UInt8>, _ range: ByteRange, method: RequestMethod) throws(HeadDefect) {
        if range.count == 1, bytes[range.lower] == 0x2A, method == .options {
            self.init(target: range, host: .empty)
            return
        }
        guard let authorityStart = RequestTarget.endOfScheme(bytes, range) else { throw .target }
        var end = authorityStart
        while end < range.upper, bytes[end] != 0x2F, bytes[end] != 0x3F { end += 1 }
        let host = ByteRange(authorityStart, end)
        guard HostRule.isValid(bytes, host) else { throw .target }
        if end < range.upper {
            guard bytes[end] == 0x2F else { throw .target }
            self.init(target: ByteRange(end, range.upper), host: host)
        } else {
            guard method != .options else { throw .target }
            self.init(target: ByteRange(authorityStart - 1, authorityStart), host: host)
        }
    }

    /// After `http://` or `https://`.
    private static func endOfScheme(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Int? {
        if range.count > 7, ASCII.equals(bytes, ByteRange(range.lower, range.lower + 7), folded: "http://") { return range.lower + 7 }
        if range.count > 8, ASCII.equals(bytes, ByteRange(range.lower, range.lower + 8), folded: "https://") { return range.lower + 8 }
        return nil
    }
}
