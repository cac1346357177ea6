/// RFC 9113 sections 4 to 6, and RFC 7541: what frames may be, where, and in which order.
enum FrameRules {
    static let all = streamZero + streamOnly + sizes + settings + order + interleaving + windows + padding + hpack + accepted

    private static let streamZero: [RuleCase] = [
        (Frame.Kind.data, [UInt8]([1])), (.headers, Literal.block(Literal.get)), (.reset, [0, 0, 0, 8]),
        (.continuation, Literal.block(Literal.get)),
    ].map { kind, payload in
        RuleCase(
            "6 \(kind) on stream 0", Frame(kind, flags: Frame.endHeaders, payload), outcome: .connection(.protocolError), hidesHead: true)
    }

    private static let streamOnly: [RuleCase] = [
        (Frame.Kind.settings, [UInt8]()), (.ping, Array(repeating: 0, count: 8)), (.goAway, Array(repeating: 0, count: 8)),
    ].map { kind, payload in
        RuleCase("6 \(kind) on stream 1", Frame(kind, stream: 1, payload), outcome: .connection(.protocolError))
    }

    private static let sizes: [RuleCase] =
        [0, 7, 9].map { sized(.ping, stream: 0, $0) } + [0, 3, 5].map { sized(.reset, stream: 1, $0) }
        + [0, 3, 5].map { sized(.windowUpdate, stream: 0, $0) } + [1, 5, 7].map { sized(.settings, stream: 0, $0) }
        + [0, 7].map { sized(.goAway, stream: 0, $0) }
        + [
            RuleCase(
                "6.5 an acknowledgement with a payload", Frame(.settings, flags: Frame.acknowledgement, Frame.setting(3, 1)),
                outcome: .connection(.frameSizeError)),
            RuleCase(
                "4.2 DATA of 16,385 bytes", .post(), Frame(.data, stream: 1, [UInt8](repeating: 0, count: 16_385)),
                outcome: .connection(.frameSizeError)),
            RuleCase(
                "4.2 HEADERS of 16,385 bytes",
                Frame(.headers, flags: Frame.endHeaders, stream: 1, [UInt8](repeating: 0, count: 16_385)),
                outcome: .connection(.frameSizeError)),
            RuleCase(
                "4.2 an unknown frame of 16,385 bytes", Frame(.unknown, [UInt8](repeating: 0, count: 16_385)),
                outcome: .connection(.frameSizeError)),
        ]

    private static func sized(_ kind: Frame.Kind, stream: UInt32, _ count: Int) -> RuleCase {
        let frame = Frame(kind, stream: stream, [UInt8](repeating: 1, count: count))
        let name = "6 \(kind) of \(count) bytes"
        guard stream > 0 else { return RuleCase(name, frame, outcome: .connection(.frameSizeError)) }
        return RuleCase(name, .post(), frame, outcome: .connection(.frameSizeError))
    }

    private static let settings: [RuleCase] = [
        ("ENABLE_PUSH 2", Frame.setting(2, 2), SessionProbe.Outcome.connection(.protocolError)),
        ("INITIAL_WINDOW_SIZE 2^31", Frame.setting(4, 0x8000_0000), .connection(.flowControlError)),
        ("INITIAL_WINDOW_SIZE 2^32-1", Frame.setting(4, .max), .connection(.flowControlError)),
        ("MAX_FRAME_SIZE 16383", Frame.setting(5, 16383), .connection(.protocolError)),
        ("MAX_FRAME_SIZE 2^24", Frame.setting(5, 1 << 24), .connection(.protocolError)),
        ("MAX_FRAME_SIZE 0", Frame.setting(5, 0), .connection(.protocolError)),
        ("ENABLE_CONNECT_PROTOCOL 2", Frame.setting(8, 2), .connection(.protocolError)),
        ("NO_RFC7540_PRIORITIES 2", Frame.setting(9, 2), .connection(.protocolError)),
        ("ENABLE_PUSH 0", Frame.setting(2, 0), .accepted), ("HEADER_TABLE_SIZE 0", Frame.setting(1, 0), .accepted),
        ("HEADER_TABLE_SIZE 2^32-1", Frame.setting(1, .max), .accepted), ("MAX_CONCURRENT_STREAMS 0", Frame.setting(3, 0), .accepted),
        ("INITIAL_WINDOW_SIZE 0", Frame.setting(4, 0), .accepted), ("INITIAL_WINDOW_SIZE 2^31-1", Frame.setting(4, 0x7FFF_FFFF), .accepted),
        ("MAX_FRAME_SIZE 2^24-1", Frame.setting(5, 1 << 24 - 1), .accepted), ("MAX_HEADER_LIST_SIZE 0", Frame.setting(6, 0), .accepted),
        ("an unknown one", Frame.setting(0xFFFF, 1), .accepted), ("one twice", Frame.setting(4, 0) + Frame.setting(4, 9), .accepted),
    ].map { RuleCase("6.5.2 \($0.0)", Frame(.settings, $0.1), outcome: $0.2) }

    private static let order: [RuleCase] = [
        RuleCase("5.1 DATA on an idle stream", Frame(.data, stream: 1, [1]), outcome: .connection(.protocolError)),
        RuleCase("5.1 RST_STREAM on an idle stream", Frame(.reset, stream: 1, [0, 0, 0, 8]), outcome: .connection(.protocolError)),
        RuleCase(
            "5.1 WINDOW_UPDATE on an idle stream", Frame(.windowUpdate, stream: 1, [0, 0, 0, 8]), outcome: .connection(.protocolError)),
        RuleCase("5.1.1 a stream with an even number", .get(2), outcome: .connection(.protocolError), hidesHead: true),
        RuleCase("6.10 CONTINUATION without HEADERS", Frame(.continuation, stream: 1, [0]), outcome: .connection(.protocolError)),
        RuleCase(
            "6.10 CONTINUATION after a whole head", .get(), Frame(.continuation, flags: 4, stream: 1, []),
            outcome: .connection(.protocolError)),
        RuleCase(
            "8.4 PUSH_PROMISE from a client", .get(), Frame(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2] + Literal.block(Literal.get)),
            outcome: .connection(.protocolError)),
        RuleCase(
            "5.1 DATA after the end of the stream", .get(), Frame(.data, stream: 1, [1]), outcome: .connection(.streamClosed)),
        RuleCase("5.1 HEADERS after the end of the stream", .get(), .get(1), outcome: .connection(.streamClosed)),
        RuleCase("5.1 trailers after the end of the stream", .get(), .request([("x", "y")]), outcome: .connection(.streamClosed)),
        RuleCase("3.4 no SETTINGS first: DATA", Frame(.data, stream: 0, []), outcome: .connection(.protocolError)),
    ]

    /// Between HEADERS and its CONTINUATION nothing else may come (section 6.10).
    private static let interleaving: [RuleCase] = {
        let begun = Frame(.headers, flags: Frame.endStream, stream: 1, Literal.block(Literal.get))
        let others: [Frame] = [
            Frame(.data, stream: 1, [1]), .get(3), Frame(.priority, stream: 1, [0, 0, 0, 0, 1]), Frame(.reset, stream: 1, [0, 0, 0, 8]),
            Frame(.settings), Frame(.pushPromise, stream: 1, [0, 0, 0, 2]), Frame(.ping, [UInt8](repeating: 0, count: 8)),
            Frame(.goAway, [UInt8](repeating: 0, count: 8)), Frame(.windowUpdate, [0, 0, 0, 1]), Frame(.unknown, []),
            Frame(.continuation, flags: 4, stream: 3, []), Frame(.priorityUpdate, [0, 0, 0, 1]),
        ]
        return others.map {
            RuleCase("6.10 a frame of type \($0.kind) within a head", begun, $0, outcome: .connection(.protocolError), hidesHead: true)
        }
    }()

    private static let windows: [RuleCase] = [
        RuleCase("6.9 connection's window by 0", Frame(.windowUpdate, [0, 0, 0, 0]), outcome: .connection(.protocolError)),
        RuleCase("6.9 stream's window by 0", .post(), Frame(.windowUpdate, stream: 1, [0, 0, 0, 0]), outcome: .connection(.protocolError)),
        RuleCase(
            "6.9.1 connection's window over 2^31-1", Frame(.windowUpdate, [0x7F, 255, 255, 255]), outcome: .connection(.flowControlError)),
        RuleCase(
            "6.9.1 stream's window over 2^31-1", .post(), Frame(.windowUpdate, stream: 1, [0x7F, 255, 255, 255]),
            outcome: .stream(.flowControlError)),
        RuleCase(
            "6.9.2 INITIAL_WINDOW_SIZE lifts a stream's window over 2^31-1", .post(), Frame(.windowUpdate, stream: 1, [0, 0, 0, 9]),
            Frame(.settings, Frame.setting(4, 0x7FFF_FFFF)), outcome: .stream(.flowControlError)),
        RuleCase(
            "6.9.1 connection's window to 2^31-1", Frame(.windowUpdate, Frame.number(0x7FFF_FFFF - 65_535)), outcome: .accepted),
    ]

    private static let padding: [RuleCase] = [
        RuleCase(
            "6.1 DATA with padding as long as it", .post(), Frame(.data, flags: Frame.padded, stream: 1, [1]),
            outcome: .connection(.protocolError)),
        RuleCase(
            "6.1 DATA with more padding than it has", .post(), Frame(.data, flags: Frame.padded, stream: 1, [9, 0]),
            outcome: .connection(.protocolError)),
        RuleCase(
            "6.1 padded DATA without its length", .post(), Frame(.data, flags: Frame.padded, stream: 1, []),
            outcome: .connection(.protocolError)),
        RuleCase(
            "6.2 HEADERS with more padding than it has", Frame(.headers, flags: 4 | Frame.padded, stream: 1, [200, 0]),
            outcome: .connection(.protocolError)),
        RuleCase(
            "6.2 padded HEADERS without its length", Frame(.headers, flags: 4 | Frame.padded, stream: 1, []),
            outcome: .connection(.protocolError)),
        RuleCase(
            "6.2 HEADERS with a priority that is cut", Frame(.headers, flags: 4 | Frame.hasPriority, stream: 1, [0, 0]),
            outcome: .connection(.frameSizeError)),
        RuleCase(
            "6.1 padded DATA", .post(), Frame(.data, flags: Frame.padded | 1, stream: 1, [2, 7, 0, 0]), outcome: .accepted),
        RuleCase(
            "6.2 padded HEADERS", Frame(.headers, flags: 5 | Frame.padded, stream: 1, [2] + Literal.block(Literal.get) + [0, 0]),
            outcome: .accepted),
        RuleCase(
            "6.2 HEADERS with a priority",
            Frame(.headers, flags: 5 | Frame.hasPriority, stream: 1, [0, 0, 0, 0, 15] + Literal.block(Literal.get)), outcome: .accepted),
    ]

    /// RFC 7541; the table is the connection's, so every error is (section 4.3).
    private static let hpack: [RuleCase] = [
        ("index 0", [UInt8]([0x80])), ("an index beyond the tables", [0xC0]),
        ("an endless integer", [0xFF] + [UInt8](repeating: 0xFF, count: 12)),
        ("a name's index beyond the tables", [0x7E, 0x01, 0x61]), ("a cut string", [0x00, 0x05, 0x61]), ("a cut integer", [0x00, 0x7F]),
        ("a table larger than allowed", [0x3F, 0xE2, 0x1F]), ("a change of the table's size after a field", [0x82, 0x20]),
        ("Huffman's end of string", [0x00, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x61]),
        ("Huffman padding of eight bits", [0x00, 0x82, 0x1F, 0xFF, 0x01, 0x61]),
        ("Huffman padding of zeros", [0x00, 0x81, 0x18, 0x01, 0x61]),
    ].map { name, block in
        RuleCase(
            "7541 \(name)", Frame(.headers, flags: Frame.endHeaders | 1, stream: 1, block), outcome: .connection(.compressionError),
            hidesHead: true)
    }

    private static let accepted: [RuleCase] = [
        RuleCase("6.7 PING", Frame(.ping, [1, 2, 3, 4, 5, 6, 7, 8]), outcome: .accepted),
        RuleCase("6.7 an acknowledgement of no PING", Frame(.ping, flags: 1, [1, 2, 3, 4, 5, 6, 7, 8]), outcome: .accepted),
        RuleCase("4.1 an unknown frame", Frame(.unknown, stream: 5, [1, 2, 3]), .get(), outcome: .accepted),
        RuleCase("4.1 unknown flags", Frame(.headers, flags: 0xD5 & ~8, stream: 1, Literal.block(Literal.get)), outcome: .accepted),
        RuleCase("4.1 the reserved bit", Frame(.headers, flags: 5, stream: 0x8000_0001, Literal.block(Literal.get)), outcome: .accepted),
        RuleCase("6.3 PRIORITY on an idle stream", Frame(.priority, stream: 5, [0, 0, 0, 0, 1]), outcome: .accepted),
        // We have said that priorities of RFC 7540 change nothing here.
        RuleCase("9218 2.1 PRIORITY on stream 0", Frame(.priority, stream: 0, [0, 0, 0, 0, 1]), outcome: .accepted),
        RuleCase("9218 2.1 PRIORITY on itself", Frame(.priority, stream: 5, [0, 0, 0, 5, 1]), outcome: .accepted),
        RuleCase("6.8 GOAWAY", Frame(.goAway, [UInt8](repeating: 0, count: 8)), outcome: .accepted),
        RuleCase("6.1 an empty DATA frame", .post(), Frame(.data, stream: 1), outcome: .accepted),
        RuleCase("5.1.1 a stream that skips numbers", .get(101), outcome: .accepted),
        RuleCase("6.4 RST_STREAM", .post(), Frame(.reset, stream: 1, [0, 0, 0, 8]), outcome: .accepted),
        RuleCase(
            "6.10 a head in three frames", Frame(.headers, flags: 1, stream: 1, Literal.block(Literal.get)),
            Frame(.continuation, stream: 1, Literal.block([("x", "y")])), Frame(.continuation, flags: 4, stream: 1, []), outcome: .accepted),
        RuleCase("7541 static entries", Frame(.headers, flags: 5, stream: 1, [0x82, 0x87, 0x84, 0x41, 0x01, 0x61]), outcome: .accepted),
        RuleCase(
            "7541 a smaller table", Frame(.headers, flags: 5, stream: 1, [0x20, 0x82, 0x87, 0x84, 0x41, 0x01, 0x61]), outcome: .accepted),
    ]
}
