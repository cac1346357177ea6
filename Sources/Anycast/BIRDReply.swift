/// A reply of BIRD's control socket (BIRD 2, doc/prog-2 "Client interface"): lines `NNNN-text`, ` text` that continues the one before,
/// and at last `NNNN text`. Codes: 0… action done, 1… a table, 8… a run-time error, 9… a syntax error.
package struct BIRDReply: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        package let code: Int
        package let text: String
    }

    package let lines: [Line]
    package var code: Int { lines.last?.code ?? 0 }
    package var isError: Bool { lines.contains { $0.code >= 8000 } }
    package var errorText: String? { lines.first { $0.code >= 8000 }?.text }

    /// Whether a protocol is on, from the row of `show protocols NAME` (code 1002: name, proto, table, state, …); nil: no such row.
    package func isProtocolOn(_ name: String) -> Bool? {
        for line in lines where line.code == 1002 {
            let words = line.text.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count >= 4, words[0] == name else { continue }
            return words[3] == "up" || words[3] == "start"
        }
        return nil
    }
}

/// Bytes of BIRD's control socket → replies. What does not fit the form, or is too long, is a fault: the connection is to be closed.
package struct BIRDReplyReader: Sendable {
    package enum Fault: Error, Equatable { case lineTooLong, replyTooLong, noReply }
    package static let longestLine = 4096
    package static let mostLines = 256

    private var line: [UInt8] = []
    private var lines: [BIRDReply.Line] = []

    package init() {}

    /// The replies that are complete with these bytes.
    package mutating func receive(_ bytes: some Sequence<UInt8>) throws(Fault) -> [BIRDReply] {
        var replies: [BIRDReply] = []
        for byte in bytes {
            guard byte == 0x0A else {
                guard line.count < Self.longestLine else { throw .lineTooLong }
                line.append(byte)
                continue
            }
            if let reply = try endLine() { replies.append(reply) }
        }
        return replies
    }

    private mutating func endLine() throws(Fault) -> BIRDReply? {
        defer { line.removeAll(keepingCapacity: true) }
        guard lines.count < Self.mostLines else { throw .replyTooLong }
        if line.first == 0x20 || line.first == 0x2B {
            guard line.first == 0x20, let last = lines.last else {
                // `+` is an asynchronous message: none was asked for, and it belongs to no reply.
                if line.first == 0x2B { return nil }
                throw .noReply
            }
            lines.append(BIRDReply.Line(code: last.code, text: String(decoding: line.dropFirst(), as: UTF8.self)))
            return nil
        }
        guard line.count >= 5, line.prefix(4).allSatisfy({ (0x30...0x39).contains($0) }), line[4] == 0x20 || line[4] == 0x2D else {
            throw .noReply
        }
        let code = line.prefix(4).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        lines.append(BIRDReply.Line(code: code, text: String(decoding: line.dropFirst(5), as: UTF8.self)))
        guard line[4] == 0x20 else { return nil }
        defer { lines = [] }
        return BIRDReply(lines: lines)
    }
}
