import Model

/// Field lines that end with a line feed alone, as scripts and monitors write them by hand: `printf 'GET /alive HTTP/1.0\n\n'`.
///
/// HAProxy and nginx take such heads in every version and with content (tried with 2.6 and 1.22). Here only where nothing can be smuggled:
/// HTTP/1.0, GET, HEAD or OPTIONS, neither Content-Length nor Transfer-Encoding, and the connection ends after the response. A line may end
/// with CRLF too, as there. Bare carriage returns, folded lines and all else that `FieldSection` refuses is refused here as well.
enum LineFeedSection {
    /// As `FieldSection.parse`: true where the section is complete.
    static func parse(
        _ bytes: borrowing Span<UInt8>, position: inout Int, fields: inout [HeaderField], limit: Int
    ) throws(HeadDefect) -> Bool {
        while let lineFeed = nextLineFeed(bytes, from: position) {
            let start = position
            let hasCarriageReturn = lineFeed > start && bytes[lineFeed - 1] == ASCIIByte.carriageReturn
            let end = hasCarriageReturn ? lineFeed - 1 : lineFeed
            position = lineFeed + 1
            if end == start { return true }
            guard fields.count < limit else { throw .tooManyFields }
            fields.append(try field(bytes.extracting(0..<end), start: start, next: position))
        }
        return false
    }

    /// Refuses what has, or may have, content.
    static func conclude(_ head: borrowing RequestHead, _ facts: FieldFacts) throws(HeadDefect) {
        guard facts.contentLength == nil, !facts.isChunked else { throw .lineEnd }
        switch head.method {
        case .get, .head, .options: break
        case .post, .put, .delete, .patch, .connect, .trace, .other: throw .lineEnd
        }
    }

    /// `line` ends where the field's line does, without its line end.
    private static func field(_ line: borrowing Span<UInt8>, start: Int, next: Int) throws(HeadDefect) -> HeaderField {
        var kind = FieldKind.other
        let nameEnd = try FieldSection.slowName(line, start: start, kind: &kind)
        guard nameEnd < line.count else { throw .fieldName }
        var lower = nameEnd + 1
        var upper = line.count
        guard ByteScan.endOfText(line, from: lower) == upper else { throw .control }
        while lower < upper, ASCIIByte.isWhiteSpace(line[lower]) { lower += 1 }
        while upper > lower, ASCIIByte.isWhiteSpace(line[upper - 1]) { upper -= 1 }
        return HeaderField(line: ByteRange(start, next), name: ByteRange(start, nameEnd), value: ByteRange(lower, upper), kind: kind)
    }

    private static func nextLineFeed(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if bytes[index] == ASCIIByte.lineFeed { return index }
            index += 1
        }
        return nil
    }
}
