import Model

/// Field lines up to and with the empty line that ends them: of a head, or of a trailer section (RFC 9112 section 5).
///
/// Stricter than the RFC lets a recipient be: CRLF alone ends a line, folded lines are refused, and so is white space before a
/// colon. A line is checked once its line feed has arrived, and not before, so that the result does not depend on how the bytes were
/// split into reads.
enum FieldSection {
    /// Parses on from `position`, the start of a line. Appends what it finds to `fields` and leaves `position` at the first line that
    /// is not whole, or after the empty line. True where the section is complete.
    @inline(__always)
    static func parse(
        _ bytes: borrowing Span<UInt8>, position: inout Int, fields: inout [HeaderField], limit: Int
    ) throws(HeadDefect) -> Bool {
        while true {
            let next: Int
            do {
                next = try line(bytes, start: position, fields: &fields, limit: limit)
            } catch {
                guard ByteScan.hasLineFeed(bytes, from: position) else { return false }
                throw error
            }
            guard next != incomplete else { return false }
            let isEnd = next &- position == 2
            position = next
            if isEnd { return true }
        }
    }

    private static let incomplete = -1

    /// The offset after the line's CRLF. Only the empty line is two bytes long.
    @inline(__always)
    private static func line(
        _ bytes: borrowing Span<UInt8>, start: Int, fields: inout [HeaderField], limit: Int
    ) throws(HeadDefect) -> Int {
        guard start < bytes.count else { return incomplete }
        var nameEnd = start
        var kind = FieldKind.other
        if bytes.count &- start >= ByteScan.width {
            let vector = ByteScan.load(bytes, at: start)
            let folded = vector | ByteScan.all(0x20)
            var length = ByteScan.firstLane(ByteScan.bits(ByteScan.isNotPlain(vector)))
            if length == ByteScan.width { length = ByteScan.endOfPlain(bytes, from: start &+ length) &- start }
            nameEnd = start &+ length
            if length > 0, nameEnd < bytes.count, bytes[nameEnd] == ASCIIByte.colon {
                kind = FieldName(folded: ByteScan.bits(folded), count: length).kind(bytes, start: start)
            } else if length == 0, bytes[start] == ASCIIByte.carriageReturn {
                return try emptyLine(bytes, start: start)
            } else {
                nameEnd = try slowName(bytes, start: start, kind: &kind)
            }
        } else if bytes[start] == ASCIIByte.carriageReturn {
            return try emptyLine(bytes, start: start)
        } else {
            nameEnd = try slowName(bytes, start: start, kind: &kind)
        }
        guard nameEnd < bytes.count else { return incomplete }

        var value = nameEnd &+ 1
        let end = ByteScan.endOfText(bytes, from: value)
        guard end < bytes.count else { return incomplete }
        guard bytes[end] == ASCIIByte.carriageReturn else { throw bytes[end] == ASCIIByte.lineFeed ? .lineEnd : .control }
        guard end &+ 1 < bytes.count else { return incomplete }
        guard bytes[end &+ 1] == ASCIIByte.lineFeed else { throw .lineEnd }
        while value < end, ASCIIByte.isWhiteSpace(bytes[value]) { value &+= 1 }
        var valueEnd = end
        while valueEnd > value, ASCIIByte.isWhiteSpace(bytes[valueEnd &- 1]) { valueEnd &-= 1 }
        guard fields.count < limit else { throw .tooManyFields }
        fields.append(
            HeaderField(line: ByteRange(start, end &+ 2), name: ByteRange(start, nameEnd), value: ByteRange(value, valueEnd), kind: kind))
        return end &+ 2
    }

    @inline(__always)
    private static func emptyLine(_ bytes: borrowing Span<UInt8>, start: Int) throws(HeadDefect) -> Int {
        guard start &+ 1 < bytes.count else { return incomplete }
        guard bytes[start &+ 1] == ASCIIByte.lineFeed else { throw .lineEnd }
        return start &+ 2
    }

    /// Any token up to its colon: the colon's offset, or `bytes.count` where it has not come.
    @inline(never)
    static func slowName(_ bytes: borrowing Span<UInt8>, start: Int, kind: inout FieldKind) throws(HeadDefect) -> Int {
        var end = start
        while end < bytes.count, ASCIIByte.isToken(bytes[end]) { end += 1 }
        guard end < bytes.count else { return end }
        guard bytes[end] == ASCIIByte.colon, end > start else {
            guard ASCIIByte.isWhiteSpace(bytes[end]) else { throw .fieldName }
            throw end == start ? .folding : .spaceBeforeColon
        }
        kind = FieldName.slowKind(bytes, start: start, count: end - start)
        return end
    }
}
