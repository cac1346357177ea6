/// RFC 9113 section 8: what makes a request malformed, and what looks similar and does not.
enum MessageRules {
    static let all = pseudoFields + pseudoFieldsElsewhere + connectionFields + names + values + hosts + targets + lengths + accepted

    private static let pseudoFields: [RuleCase] = {
        let names = [":method", ":scheme", ":path", ":authority"]
        var cases = names.dropLast().map { name in
            RuleCase.malformed("8.3.1 without \(name)", Literal.get.filter { $0.0 != name })
        }
        cases.append(.malformed("8.3.1 without :authority and Host", Literal.get.filter { $0.0 != ":authority" }))
        for (name, value) in Literal.get {
            cases.append(.malformed("8.3 \(name) twice", Literal.get + [(name, value)]))
            cases.append(.malformed("8.3 \(name) after a field", Literal.get.filter { $0.0 != name } + [("x", "y"), (name, value)]))
        }
        for name in [":status", ":protocol", ":unknown", ":", ":Method"] {
            cases.append(.malformed("8.3 \(name) in a request", Literal.get + [(name, "200")]))
        }
        return cases
    }()

    private static let pseudoFieldsElsewhere: [RuleCase] = [":method", ":scheme", ":path", ":authority", ":status"].map { name in
        RuleCase(
            "8.1 \(name) in trailers", .post(), Frame(.data, stream: 1, [1]),
            .request([(name, "x")], ends: true), outcome: .stream(.protocolError))
    }

    private static let connectionFields: [RuleCase] = {
        let fields = [
            ("connection", "close"), ("connection", "keep-alive"), ("connection", "x"), ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"), ("transfer-encoding", "chunked"), ("transfer-encoding", "identity"), ("upgrade", "h2c"),
            ("te", "gzip"), ("te", "trailers, gzip"), ("te", ""), ("te", "chunked"),
        ]
        return fields.map { .malformed("8.2.2 \($0.0): \($0.1)", Literal.get + [$0]) }
    }()

    private static let names: [RuleCase] = {
        var cases = ["X", "x-Y", "Host", "Content-Length", "Cookie", "TE", "x-client-DN"].map {
            RuleCase.malformed("8.2.1 upper case in \($0)", field: Array($0.utf8), [0x61])
        }
        for byte: UInt8 in [
            0x00, 0x09, 0x0A, 0x0D, 0x20, 0x22, 0x28, 0x29, 0x2C, 0x2F, 0x3A, 0x3B, 0x3D, 0x40, 0x5B, 0x7B, 0x7F, 0x80, 0xFF,
        ] {
            cases.append(.malformed("8.2.1 byte \(byte) in a name", field: [0x78, byte, 0x79], [0x61]))
        }
        cases.append(.malformed("8.2.1 an empty name", field: [], [0x61]))
        return cases
    }()

    private static let values: [RuleCase] = {
        var cases: [RuleCase] = []
        for byte in (UInt8(0)...0x1F).filter({ $0 != 0x09 }) + [0x7F] {
            cases.append(.malformed("8.2.1 byte \(byte) in a value", field: [0x78], [0x61, byte, 0x62]))
        }
        for value in [" a", "a ", "\ta", "a\t", " ", "\t"] {
            cases.append(.malformed("8.2.1 white space around \(Array(value.utf8))", field: [0x78], Array(value.utf8)))
        }
        return cases
    }()

    private static let hosts: [RuleCase] =
        ["b", "a:80", "a.", "", "a, b"].map { .malformed("8.3.1 Host \"\($0)\" with :authority a", Literal.get + [("host", $0)]) }
        + ["a b", "a\r\nx: y", "a\u{0}", "\u{E9}"].map { value in
            .malformed("8.3.1 :authority with forbidden bytes \(Array(value.utf8))", replacing(":authority", value))
        } + [.malformed("Host twice", Array(Literal.get.prefix(3)) + [("host", "a"), ("host", "a")])]

    private static let targets: [RuleCase] =
        ["", "x", "*", "http://a/", "?q", "/a b", "/a\r\nx: y", "/a\u{0}", "/a\tb", "/\u{7F}"].map { value in
            .malformed("8.3.1 :path \(Array(value.utf8))", replacing(":path", value))
        } + ["", "ftp", "1", "ht tp", "https\u{0}", "file"].map { .malformed("8.3.1 :scheme \"\($0)\"", replacing(":scheme", $0)) }
        + ["", "G T", "GET\r\n", "G(T", "\u{E9}"].map { .malformed("8.3.1 :method \(Array($0.utf8))", replacing(":method", $0)) }
        + [
            .malformed("8.5 CONNECT with :path", [(":method", "CONNECT"), (":authority", "a:1"), (":path", "/")]),
            .malformed("8.5 CONNECT with :scheme", [(":method", "CONNECT"), (":authority", "a:1"), (":scheme", "https")]),
            .malformed("8.5 CONNECT without :authority", [(":method", "CONNECT")]),
            .malformed(
                "RFC 8441 extended CONNECT that was not offered",
                [(":method", "CONNECT"), (":protocol", "websocket")] + Literal.get.dropFirst()),
        ]

    private static func replacing(_ name: String, _ value: String) -> [(String, String)] {
        Literal.get.map { $0.0 == name ? (name, value) : $0 }
    }

    private static let lengths: [RuleCase] = {
        var cases = ["", "-1", "+1", "1x", "0x1", "1 ", "1,1", "99999999999999999999"].map {
            RuleCase.malformed("8.1.1 Content-Length \"\($0)\"", Literal.post + [("content-length", $0)], ends: false)
        }
        cases.append(
            .malformed("8.1.1 Content-Length twice", Literal.post + [("content-length", "1"), ("content-length", "1")], ends: false))
        cases.append(.malformed("8.1.1 Content-Length 5 and no content", Literal.post + [("content-length", "5")]))
        let long = Frame(.data, flags: Frame.endStream, stream: 1, [1, 2, 3, 4, 5, 6])
        let short = Frame(.data, flags: Frame.endStream, stream: 1, [1, 2])
        let declared = Frame.post(1, [("content-length", "5")])
        cases.append(RuleCase("8.1.1 more content than its length", declared, long, outcome: .stream(.protocolError)))
        cases.append(RuleCase("8.1.1 less content than its length", declared, short, outcome: .stream(.protocolError)))
        cases.append(
            RuleCase(
                "8.1.1 less content than its length, then trailers", declared, Frame(.data, stream: 1, [1]), .request([("x", "y")]),
                outcome: .stream(.protocolError)))
        cases.append(
            RuleCase(
                "8.1 trailers that do not end the stream", .post(), Frame(.data, stream: 1, [1]), .request([("x", "y")], ends: false),
                outcome: .stream(.protocolError)))
        cases.append(
            RuleCase(
                "8.2.2 connection: close in trailers", .post(), Frame(.data, stream: 1, [1]), .request([("connection", "close")]),
                outcome: .stream(.protocolError)))
        return cases
    }()

    private static let accepted: [RuleCase] = [
        .accepted("8.2.2 te: trailers", Literal.get + [("te", "trailers")]),
        .accepted("8.3.1 Host alone", Array(Literal.get.prefix(3)) + [("host", "a")]),
        .accepted("8.3.1 Host as :authority", Literal.get + [("host", "a")]),
        .accepted("8.3.1 Host as :authority but for case", replacing(":authority", "A.example") + [("host", "a.EXAMPLE")]),
        .accepted("8.3.1 OPTIONS *", [(":method", "OPTIONS"), (":scheme", "https"), (":path", "*"), (":authority", "a")]),
        .accepted("8.3.1 scheme http", replacing(":scheme", "http")),
        .accepted("9110 9.1 an unknown method", replacing(":method", "BREW")),
        .accepted("8.5 CONNECT (405 is for the reader of the head)", [(":method", "CONNECT"), (":authority", "a:443")]),
        .accepted("8.2.1 HTAB in a value", Literal.get + [("x", "a\tb")]),
        .accepted("8.2.1 space in a value", Literal.get + [("x", "a b")]),
        .accepted("8.2.1 0x80 and above in a value", Literal.get + [("x", "a\u{E9}b")]),
        .accepted("8.2.1 an empty value", Literal.get + [("x", "")]),
        .accepted("8.2.3 cookie crumbs", Literal.get + [("cookie", "a=1"), ("cookie", "b=2")]),
        .accepted("a field twice", Literal.get + [("x", "1"), ("x", "2")]),
        .accepted("8.3.1 a path with two slashes and a query", replacing(":path", "//a//b?c=/d")),
        RuleCase(
            "8.1.1 content as long as its length", .post(1, [("content-length", "3")]),
            Frame(.data, flags: Frame.endStream, stream: 1, [1, 2, 3]), outcome: .accepted),
        RuleCase(
            "8.1 trailers", .post(), Frame(.data, stream: 1, [1]), .request([("x", "y")]), outcome: .accepted),
        RuleCase("8.1 empty trailers", .post(), Frame(.data, stream: 1, [1]), .request([]), outcome: .accepted),
    ]
}
