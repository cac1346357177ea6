import StandIn

/// A server whose every byte is a scenario's own: `script` gets each request's head with the stream after it, and returns whether the
/// connection continues.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (MessageHead, MessageReader) throws -> Bool

    let port: LoopbackPort
    private let listener: StandInListener

    init(tls: StandInTLS? = nil, _ script: @escaping Script) throws {
        port = try LoopbackPort()
        listener = StandInListener(on: port) { stream in
            do {
                if let tls { try stream.startTLS(tls) }
                let reader = MessageReader(stream)
                while let head = try reader.readHead() {
                    guard stream.hostMatchesSNI(head) else {
                        try stream.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                        break
                    }
                    guard try script(head, reader) else { break }
                }
            } catch {}
            stream.close(sayingGoodbye: false)
        }
        try listener.start()
    }

    deinit { listener.stop() }

    var address: String { port.text }
    var acceptedCount: Int { listener.acceptedCount }
    var openCount: Int { listener.openCount }
}

extension MessageReader {
    /// Reads the content that the head announces by its length, and drops it.
    func skipContent(of head: MessageHead) throws {
        try readContent(.length(head.first("Content-Length").flatMap { Int($0) } ?? 0)) { _ in }
    }

    func answer(_ text: String) throws {
        try stream.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(text.utf8.count)\r\n\r\n" + text)
    }
}

extension MessageHead {
    /// The number in the query of the request line.
    func number(_ name: String) -> Int? {
        guard let range = startLine.range(of: name + "=") else { return nil }
        return Int(startLine[range.upperBound...].prefix { $0.isNumber })
    }
}
