import StandIn
import Synchronization
import TestKit

/// Two servers, `s1` and `s2`, that do with each request what its field X-Act names, and remember what they saw of it.
final class PairServers: Sendable {
    enum Act: String, Sendable {
        case text, largeText, chunked, untilClose, empty304, interim
        /// 500 with an error's text; 503 with Retry-After.
        case error, busy
        /// Where the client expects it, 100 before the content is read.
        case goOn
        /// Breaks the connection in the middle of the response; waits there for the client's end.
        case resetInResponse, stallInResponse
        /// Breaks the connection once the request is there: `s1` alone, or each server.
        case resetAtFirst, reset
        /// Responds as soon as the head is there, and reads the content afterwards; 413 and no more.
        case early, refuseEarly
        /// Responds once the gate is open.
        case hold
    }

    private final class Shared: Sendable {
        let seen = Mutex<[String]>([])
        let gate = Gate()
    }

    let first: ScriptedServer
    let second: ScriptedServer
    private let shared: Shared

    init() throws {
        let shared = Shared()
        self.shared = shared
        first = try ScriptedServer { try PairServers.serve("s1", $0, $1, shared) }
        second = try ScriptedServer { try PairServers.serve("s2", $0, $1, shared) }
    }

    /// One line a request: server, request line, Expect, content; in the order in which they were seen to the end.
    var seen: [String] { shared.seen.withLock { $0 } }
    var gate: Gate { shared.gate }

    private static func serve(_ name: String, _ head: MessageHead, _ reader: MessageReader, _ shared: Shared) throws -> Bool {
        let act = head.first("X-Act").flatMap(Act.init) ?? .text
        let stream = reader.stream
        if act == .early || act == .refuseEarly {
            shared.seen.withLock { $0.append("\(name) \(head.startLine) early") }
            guard act == .early else {
                try stream.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                stream.finishWriting()
                _ = try reader.readToEnd()
                return false
            }
            try reader.answer("early")
            try reader.skipContent(of: head)
            return true
        }
        if act == .goOn, head.first("Expect") != nil { try stream.write("HTTP/1.1 100 Continue\r\n\r\n") }
        let content = describeContent(of: head, reader)
        let expect = head.first("Expect") ?? "–"
        shared.seen.withLock { $0.append("\(name) \(head.startLine) expect \(expect) content \(content)") }
        guard !content.hasSuffix("cut") else { return false }
        return try respond(act, name, isHead: head.startLine.hasPrefix("HEAD "), reader, shared.gate)
    }

    private static func respond(_ act: Act, _ name: String, isHead: Bool, _ reader: MessageReader, _ gate: Gate) throws -> Bool {
        let stream = reader.stream
        let half = String(repeating: "h", count: 500)
        switch act {
        case .largeText:
            try stream.write("HTTP/1.1 200 OK\r\nContent-Length: \(PairScene.largeCount)\r\n\r\n")
            if !isHead { try StandInContent.pieces(PairScene.largeCount) { (piece) throws(StandInError) in try stream.write(piece) } }
        case .chunked:
            try stream.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n\(half)\r\n1f4\r\n\(half)\r\n0\r\n\r\n")
        case .untilClose:
            try stream.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + half)
            return false
        case .empty304: try stream.write("HTTP/1.1 304 Not Modified\r\nX-Server: \(name)\r\n\r\n")
        case .interim: try stream.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhints")
        case .error:
            try stream.write("HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\nEvaluation Error")
        case .busy: try stream.write("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 4\r\n\r\nbusy")
        case .resetInResponse:
            try stream.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + half)
            // The half is passed on before the end is seen: what the agent gets is the same each time.
            _ = stream.becomesReadable(within: .milliseconds(50))
            stream.reset()
            return false
        case .stallInResponse:
            try stream.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + half)
            _ = try reader.readToEnd()
            return false
        case .resetAtFirst, .reset:
            // Without a kept connection, earlier requests make no difference.
            guard act == .resetAtFirst, name == "s2" else {
                stream.reset()
                return false
            }
            try stream.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nmoved")
            return false
        case .hold:
            gate.pass()
            try reader.answer("held")
        case .text, .goOn, .early, .refuseEarly:
            let text = isHead ? "" : "text of \(name)"
            try stream.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \("text of s1".utf8.count)\r\n\r\n" + text)
        }
        return true
    }

    /// `none`, or how much arrived, how it was framed, and the beginning of its digest; `cut` if its end did not arrive.
    private static func describeContent(of head: MessageHead, _ reader: MessageReader) -> String {
        var framing = MessageReader.Framing.none
        if head.lists("chunked", in: "Transfer-Encoding") {
            framing = .chunked
        } else if let count = head.first("Content-Length").flatMap({ Int($0) }) {
            framing = .length(count)
        }
        guard framing != .none else { return "none" }
        var count = 0
        let digest = ContentDigest()
        do {
            try reader.readContent(framing) { piece in
                count += piece.count
                digest.update(piece)
            }
        } catch {
            return "cut"
        }
        return "\(framing == .chunked ? "chunked" : "length") \(count) \(digest.finish().prefix(8))"
    }
}
