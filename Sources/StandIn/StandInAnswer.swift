/// A stand-in server's response to one request.
package struct StandInAnswer: Sendable {
    package enum Content: Sendable {
        /// With Content-Length.
        case bytes([UInt8])
        /// That many bytes of `StandInContent`, with Content-Length.
        case sized(Int)
        /// That many bytes of `StandInContent` in chunks of `chunk` bytes, with a pause before each but the first.
        case chunked(Int, chunk: Int, pause: Duration)
    }

    package var status: Int
    package var fields: [(name: String, value: String)]
    package var content: Content
    /// Between the request's end and the first byte of the response: the compile time.
    package var delay: Duration = .zero
    /// Sends `Connection: close` and closes after the response.
    package var closes = false

    package init(
        _ status: Int, _ content: Content = .bytes([]), type: String = "application/json;charset=utf-8",
        fields: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.content = content
        self.fields = [(name: "Content-Type", value: type)] + fields
    }

    package static func text(_ status: Int, _ text: String, type: String = "text/plain") -> StandInAnswer {
        StandInAnswer(status, .bytes(Array(text.utf8)), type: type)
    }

    /// The head as bytes. `puppetVersion` goes into X-Puppet-Version as Puppet Server does.
    func head(puppetVersion: String) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(StandInAnswer.phrase(status))\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        text += "X-Puppet-Version: \(puppetVersion)\r\n"
        switch content {
        case .bytes(let bytes): if status != 204 && status != 304 { text += "Content-Length: \(bytes.count)\r\n" }
        case .sized(let count): text += "Content-Length: \(count)\r\n"
        case .chunked: text += "Transfer-Encoding: chunked\r\n"
        }
        if closes { text += "Connection: close\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}
