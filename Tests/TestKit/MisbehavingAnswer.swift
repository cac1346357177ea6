import Glibc
import StandIn

/// What a misbehaving server does with one request from its head on.
struct MisbehavingAnswer {
    enum Outcome { case goesOn, connectionEnds }

    private let head: MessageHead
    private let reader: MessageReader
    private let isHead: Bool
    private var stream: StandInStream { reader.stream }

    init(to head: MessageHead, _ reader: MessageReader) {
        self.head = head
        self.reader = reader
        isHead = head.startLine.hasPrefix("HEAD ")
    }

    /// - Parameter isFirst: no other request preceded it on this connection.
    func give(_ behaviour: Misbehaviour, isFirst: Bool) throws -> Outcome {
        switch behaviour {
        case .resetsAfterHead, .resetsAfterAccept, .refusesConnections: return reset()
        case .closesOnReuse where !isFirst: return .connectionEnds
        case .answersBeforeBodyIsRead:
            try writePlain()
            try skipContent()
            return .goesOn
        case .refusesBodyUnread:
            try stream.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            stream.finishWriting()
            return waitForEnd()
        default:
            try skipContent()
            return try giveToWhole(behaviour)
        }
    }

    /// The request was read whole.
    private func giveToWhole(_ behaviour: Misbehaviour) throws -> Outcome {
        switch behaviour {
        case .answers500: try write("500 Internal Server Error", "Content-Length: 6", "broken")
        case .answers503: try write("503 Service Unavailable", "Content-Length: 4", "busy")
        case .answers503WithRetryAfter: try write("503 Service Unavailable", "Retry-After: 60\r\nContent-Length: 4", "busy")
        case .answersTwice: try stream.write(plain + plain)
        case .sendsInterimAnswers:
            try stream.write("HTTP/1.1 100 Continue\r\n\r\n")
            try stream.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + plain)
        case .sendsHeadSlowly:
            for byte in plain.utf8 {
                usleep(20_000)
                try stream.write([byte])
            }
        case .behavesWell, .closesOnReuse: try writePlain()
        case .resetsAfterAnswer:
            try writePlain()
            return reset()
        default: return try breakOff(behaviour)
        }
        return .goesOn
    }

    /// The behaviours after which the connection is of no more use.
    private func breakOff(_ behaviour: Misbehaviour) throws -> Outcome {
        let half = String(repeating: "x", count: 500)
        switch behaviour {
        case .closesWithoutAnswer: return .connectionEnds
        case .resetsAfterRequest: return reset()
        case .stallsInHead: try stream.write("HTTP/1.1 200 OK\r\nContent-")
        case .closesInHead:
            try stream.write("HTTP/1.1 200 OK\r\nContent-")
            return .connectionEnds
        case .answersGarbage: try stream.write("\u{1}\u{2}this is no HTTP at all\r\n\r\n")
        case .switchesProtocols: try stream.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
        case .answersHugeHead:
            try stream.write("HTTP/1.1 200 OK\r\n")
            for number in 0..<300 { try stream.write("X-Field-\(number): \(String(repeating: "v", count: 1000))\r\n") }
            try stream.write("Content-Length: 0\r\n\r\n")
        case .answersWithLengthAndChunked:
            try write("200 OK", "Content-Length: 5\r\nTransfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")
        case .answersWithBadChunks: try write("200 OK", "Transfer-Encoding: chunked", "5\r\nhello\r\nZZ\r\nmore\r\n")
        case .answersWithLateBadChunks:
            try write("200 OK", "Transfer-Encoding: chunked", "100000\r\n" + String(repeating: "x", count: 0x100000) + "\r\nZZ\r\nmore\r\n")
        case .stallsAfterHead: try write("200 OK", "Content-Length: 1000", "")
        case .stallsInBody: try write("200 OK", "Content-Length: 1000", half)
        case .cutsInBody:
            try write("200 OK", "Content-Length: 1000", half)
            return .connectionEnds
        case .resetsInBody:
            try write("200 OK", "Content-Length: 1000", half)
            return reset()
        case .cutsInChunks:
            try write("200 OK", "Transfer-Encoding: chunked", "1f4\r\n" + half + "\r\n")
            return .connectionEnds
        case .resetsInOpenEndedBody:
            try write("200 OK", "Content-Type: text/plain", half)
            return reset()
        case .endsBodyByClosing:
            try write("200 OK", "Content-Type: text/plain", half)
            return .connectionEnds
        case .endsBodyByClosingSilently:
            try write("200 OK", "Content-Type: text/plain", half)
            stream.close(sayingGoodbye: false)
            return .connectionEnds
        default: break
        }
        return waitForEnd()
    }

    // MARK: Pieces

    private var plain: String { message("200 OK", "Content-Type: text/plain\r\nContent-Length: 7", "running") }
    private func writePlain() throws { try stream.write(plain) }

    private func write(_ status: String, _ fields: String, _ content: String) throws { try stream.write(message(status, fields, content)) }

    private func message(_ status: String, _ fields: String, _ content: String) -> String {
        "HTTP/1.1 \(status)\r\n\(fields)\r\n\r\n" + (isHead ? "" : content)
    }

    private func reset() -> Outcome {
        stream.reset()
        return .connectionEnds
    }

    private func skipContent() throws {
        if head.lists("chunked", in: "Transfer-Encoding") {
            try reader.readContent(.chunked) { _ in }
        } else if let count = head.first("Content-Length").flatMap({ Int($0) }) {
            try reader.readContent(.length(count)) { _ in }
        }
    }

    private func waitForEnd() -> Outcome {
        stream.dropUntilEnd()
        return .connectionEnds
    }
}

extension StandInStream {
    /// Reads and drops what comes until the peer ends the connection.
    func dropUntilEnd() {
        var dropped: [UInt8] = []
        while let count = try? read(into: &dropped), count > 0 { dropped.removeAll(keepingCapacity: true) }
    }
}
