import StandIn

/// A server that shows what was received: `COUNT DIGEST TRAILERS` of a request's content; else the target, or `size` bytes of `StandInContent`.
/// Files named `trailers` come with one, those named `held` once the gate is open.
final class ContentServer: Sendable {
    let server: ScriptedServer
    let gate = Gate()

    init() throws {
        let gate = gate
        gate.close()
        server = try ScriptedServer { head, reader in
            let words = head.startLine.split(separator: " ")
            guard words.count == 3 else { return false }
            let (method, target) = (String(words[0]), String(words[1]))
            if method == "PUT" || method == "POST" {
                try reader.answer(try Self.describeContent(of: head, reader))
            } else if let size = head.number("size") {
                try reader.stream.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                try StandInContent.pieces(size) { (piece) throws(StandInError) in try reader.stream.write(piece) }
            } else if target.contains("/trailers?") {
                try reader.stream.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 12\r\n\r\n")
            } else if method == "HEAD" {
                try reader.stream.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            } else {
                if target.contains("/held?") { gate.pass() }
                try reader.answer(target)
            }
            return true
        }
    }

    private static func describeContent(of head: MessageHead, _ reader: MessageReader) throws -> String {
        var count = 0
        var trailers = ""
        let digest = ContentDigest()
        func take(_ piece: ArraySlice<UInt8>) {
            count += piece.count
            digest.update(piece)
        }
        if head.lists("chunked", in: "Transfer-Encoding") {
            while let size = Int(try reader.readLine(), radix: 16), size > 0 {
                try reader.readContent(.length(size), take)
                _ = try reader.readLine()
            }
            var line = try reader.readLine()
            while !line.isEmpty {
                trailers += line
                line = try reader.readLine()
            }
        } else {
            try reader.readContent(.length(head.first("Content-Length").flatMap { Int($0) } ?? 0), take)
        }
        return "\(count) \(digest.finish()) \(trailers)"
    }
}
