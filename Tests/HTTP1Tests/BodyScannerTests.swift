import HTTP1
import Model
import Testing

@Suite struct BodyScannerTests {
    private func segments(_ framing: MessageFraming, _ text: String) throws -> [BodySegment] {
        var scanner = BodyScanner(framing)
        var rest = Array(text.utf8)
        var segments: [BodySegment] = []
        while true {
            let segment = try scanner.next(rest.span)
            segments.append(segment)
            switch segment {
            case .content(let count), .framing(let count), .trailers(let count): rest.removeFirst(count)
            case .needMore, .finished: return segments
            }
        }
    }

    @Test func finishesAtOnceWithoutContent() throws {
        #expect(try segments(.none, "next") == [.finished])
        #expect(try segments(.contentLength(0), "next") == [.finished])
        #expect(BodyScanner(.none).isFinished)
        #expect(BodyScanner(.contentLength(0)).isFinished)
    }

    @Test func countsALength() throws {
        #expect(try segments(.contentLength(5), "hellonext") == [.content(5), .finished])
        #expect(try segments(.contentLength(5), "hel") == [.content(3), .needMore])
        #expect(try segments(.contentLength(UInt64(Int.max)), "hel") == [.content(3), .needMore])
    }

    @Test func takesAllUntilTheConnectionCloses() throws {
        #expect(try segments(.untilClose, "hello") == [.content(5), .needMore])
        #expect(!BodyScanner(.untilClose).isFinished)
    }

    @Test(arguments: [
        ("5\r\nhello\r\n0\r\n\r\nnext", [BodySegment.framing(3), .content(5), .framing(2), .framing(3), .trailers(2), .finished]),
        ("00000000000000A\r\n0123456789\r\n0\r\n\r\n", [.framing(17), .content(10), .framing(2), .framing(3), .trailers(2), .finished]),
        ("1;a=\"b c\";d\r\nx\r\n", [.framing(13), .content(1), .framing(2), .needMore]),
        ("0\r\nA: b\r\nC:d\r\n\r\nnext", [.framing(3), .trailers(13), .finished]),
        ("fF\r\nab", [.framing(4), .content(2), .needMore]),
        ("7fffffffffffffff\r\nab", [.framing(18), .content(2), .needMore]),
        ("5", [.needMore]), ("5\r", [.needMore]), ("", [.needMore]), ("5;a", [.needMore]),
        ("1\r\na\r", [.framing(3), .content(1), .needMore]),
        ("0\r\n\r", [.framing(3), .needMore]), ("0\r\nA: b\r\n", [.framing(3), .needMore]),
    ])
    func followsChunks(text: String, expected: [BodySegment]) throws {
        #expect(try segments(.chunked, text) == expected)
    }

    @Test(arguments: [
        ("\r\n", FramingError.chunkSize), (";a\r\n", .chunkSize), ("+5\r\n", .chunkSize), ("-5\r\n", .chunkSize), (" 5\r\n", .chunkSize),
        ("5 \r\n", .chunkSize), ("5 ;a\r\n", .chunkSize), ("0x5\r\n", .chunkSize), ("5_0\r\n", .chunkSize), ("g\r\n", .chunkSize),
        ("5\n", .chunkSize),
        ("8000000000000000\r\n", .chunkSize), ("ffffffffffffffff\r\n", .chunkSize), ("10000000000000000\r\n", .chunkSize),
        ("00000000000000005", .chunkSize), ("5\rx", .chunkEnd), ("5;a\n", .chunkExtension), ("5;a\u{0}\r\n", .chunkExtension),
        ("5;a\rb\r\n", .chunkEnd),
        ("2\r\nabc", .chunkEnd), ("2\r\nab\n", .chunkEnd), ("2\r\nab\r\r", .chunkEnd), ("0\r\n\n", .trailers(.fieldName)),
        ("0\r\nA\r\n\r\n", .trailers(.fieldName)),
        ("0\r\nA: b\n\r\n", .trailers(.lineEnd)), ("0\r\n a\r\n\r\n", .trailers(.folding)),
        ("0\r\nA : b\r\n\r\n", .trailers(.spaceBeforeColon)),
    ])
    func refusesChunks(text: String, error: FramingError) {
        #expect(throws: error) { try segments(.chunked, text) }
    }

    @Test func boundsExtensions() throws {
        let longest = String(repeating: "e", count: BodyScanner.Bound.chunkExtension - 1)
        #expect(try segments(.chunked, "0;\(longest)\r\n\r\n") == [.framing(4 + longest.utf8.count), .trailers(2), .finished])
        #expect(try segments(.chunked, "0;\(longest)") == [.needMore])
        #expect(throws: FramingError.chunkExtension) { try segments(.chunked, "0;\(longest)e") }
    }

    @Test func boundsTrailers() throws {
        let bound = BodyScanner.Bound.trailers
        let longest = "A: " + String(repeating: "a", count: bound - 7) + "\r\n\r\n"
        #expect(try segments(.chunked, "0\r\n" + longest) == [.framing(3), .trailers(bound), .finished])
        #expect(try segments(.chunked, "0\r\n" + longest.dropLast()) == [.framing(3), .needMore])
        #expect(throws: FramingError.trailersTooLarge) { try segments(.chunked, "0\r\na" + longest) }
        let many = String(repeating: "a:\r\n", count: BodyScanner.Bound.trailerFields)
        #expect(try segments(.chunked, "0\r\n" + many + "\r\n").last == .finished)
        #expect(throws: FramingError.trailersTooLarge) { try segments(.chunked, "0\r\n" + many + "a:\r\n\r\n") }
    }
}
