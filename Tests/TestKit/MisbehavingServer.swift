import Foundation
import StandIn
import Synchronization

/// A server on a loopback port that goes wrong in one way; which way can change while it runs.
package final class MisbehavingServer: Sendable {
    private final class Shared: Sendable {
        let behaviour: Mutex<Misbehaviour>
        let requests = Mutex<[MessageHead]>([])
        /// What those who never read wait at until the server stops.
        let reading = Gate()
        init(_ behaviour: Misbehaviour) { self.behaviour = Mutex(behaviour) }
    }

    package let port: LoopbackPort
    private let shared: Shared
    private let listener: StandInListener

    /// Listens at once.
    package init(_ behaviour: Misbehaviour, tls: StandInTLS? = nil) throws {
        port = try LoopbackPort()
        let shared = Shared(behaviour)
        self.shared = shared
        listener = StandInListener(on: port) { stream in
            try? MisbehavingServer.serve(stream, tls, shared)
        }
        try listener.start()
    }

    deinit { stop() }

    /// `ADDRESS:PORT`.
    package var address: String { port.text }
    package var acceptedCount: Int { listener.acceptedCount }
    package var openCount: Int { listener.openCount }
    /// Heads of requests seen, health checks included.
    package var heads: [MessageHead] { shared.requests.withLock { $0 } }

    package var behaviour: Misbehaviour {
        get { shared.behaviour.withLock { $0 } }
        set { shared.behaviour.withLock { $0 = newValue } }
    }

    package func stop() {
        shared.reading.open()
        listener.stop()
    }

    package func start() throws { try listener.start() }

    private static func serve(_ stream: StandInStream, _ tls: StandInTLS?, _ shared: Shared) throws {
        switch shared.behaviour.withLock({ $0 }) {
        case .resetsAfterAccept: return stream.reset()
        case .acceptsAndNeverAnswers: return waitForEnd(stream)
        case .acceptsAndNeverReads:
            shared.reading.pass(timeout: .seconds(60))
            return
        default: break
        }
        if let tls { try stream.startTLS(tls) }
        let reader = MessageReader(stream)
        var count = 0
        while let head = try reader.readHead() {
            count += 1
            shared.requests.withLock { if $0.count < 1000 { $0.append(head) } }
            guard try answer(head, reader, shared.behaviour.withLock { $0 }, isFirst: count == 1) else { return }
        }
    }

    /// Whether the connection goes on.
    private static func answer(_ head: MessageHead, _ reader: MessageReader, _ behaviour: Misbehaviour, isFirst: Bool) throws -> Bool {
        let stream = reader.stream
        switch behaviour {
        case .resetsAfterHead, .resetsAfterAccept:
            stream.reset()
            return false
        case .answersBeforeBodyIsRead:
            try stream.write(plain)
            try skipContent(head, reader)
            return true
        case .refusesBodyUnread:
            try stream.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            stream.finishWriting()
            waitForEnd(stream)
            return false
        case .closesOnReuse where !isFirst: return false
        default: try skipContent(head, reader)
        }
        switch behaviour {
        case .behavesWell, .closesOnReuse: try stream.write(plain)
        case .resetsAfterRequest:
            stream.reset()
            return false
        case .answers503:
            let content = head.startLine.hasPrefix("HEAD ") ? "" : "busy"
            try stream.write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\n" + content)
        case .answersTwice: try stream.write(plain + plain)
        case .sendsInterimAnswers:
            try stream.write("HTTP/1.1 100 Continue\r\n\r\n")
            try stream.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + plain)
        case .sendsHeadSlowly:
            for byte in plain.utf8 {
                usleep(20_000)
                try stream.write([byte])
            }
        default: return try breakOff(stream, behaviour)
        }
        return true
    }

    /// The behaviours after which the connection is of no more use.
    private static func breakOff(_ stream: StandInStream, _ behaviour: Misbehaviour) throws -> Bool {
        let half = String(repeating: "x", count: 500)
        switch behaviour {
        case .acceptsAndNeverAnswers: break
        case .stallsAfterHead: try stream.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        case .stallsInBody: try stream.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + half)
        case .cutsInBody:
            try stream.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + half)
            return false
        case .cutsInChunks:
            try stream.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n" + half + "\r\n")
            return false
        case .closesAfterHead:
            try stream.write("HTTP/1.1 200 OK\r\n\r\n" + half)
            return false
        case .answersGarbage: try stream.write("\u{1}\u{2}this is no HTTP at all\r\n\r\n")
        case .answersWithBadChunks: try stream.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\nmore\r\n")
        case .answersWithLengthAndChunked:
            try stream.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        case .answersHugeHead:
            try stream.write("HTTP/1.1 200 OK\r\n")
            for number in 0..<300 { try stream.write("X-Field-\(number): \(String(repeating: "v", count: 1000))\r\n") }
            try stream.write("Content-Length: 0\r\n\r\n")
        default: break
        }
        waitForEnd(stream)
        return false
    }

    private static let plain = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nrunning"

    private static func skipContent(_ head: MessageHead, _ reader: MessageReader) throws {
        if head.lists("chunked", in: "Transfer-Encoding") {
            try reader.readContent(.chunked) { _ in }
        } else if let count = head.first("Content-Length").flatMap({ Int($0) }) {
            try reader.readContent(.length(count)) { _ in }
        }
    }

    private static func waitForEnd(_ stream: StandInStream) {
        var dropped: [UInt8] = []
        while let count = try? stream.read(into: &dropped), count > 0 { dropped.removeAll(keepingCapacity: true) }
    }
}
