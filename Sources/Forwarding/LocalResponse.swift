import Model

/// The responses that puppetfront itself sends: the one place where a reason becomes HTTP.
package enum LocalResponse {
    /// Bodies of the status path's responses.
    package static let ready = Array("ready\n".utf8)
    package static let notReady = Array("not ready\n".utf8)

    /// Appends a whole response: one line of text/plain with the reason and the request's id.
    /// - Parameters:
    ///   - reason: one that has a status; for others nothing is appended
    ///   - id: the request's id as the access log has it
    ///   - cause: what exactly was wrong; of a request's own bytes only printable ones are sent back
    ///   - close: says `Connection: close`
    ///   - omitsBody: for HEAD
    ///   - retryAfter: seconds, for an agent that can use them
    ///   - toInstance: says the reason in a field, for an instance that may ask another one
    package static func append(
        _ reason: Reason, id: [UInt8], cause: [UInt8] = [], close: Bool, omitsBody: Bool, isHTTP10: Bool, retryAfter: Int? = nil,
        toInstance: Bool = false, to output: inout [UInt8]
    ) {
        guard let status = reason.status else { return }
        var body = Array(reason.rawValue.utf8) + [0x20] + id
        if !cause.isEmpty {
            body += " (".utf8
            body += cause.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
            body.append(UInt8(ascii: ")"))
        }
        append(
            status: status, body: body + [0x0A], close: close, omitsBody: omitsBody, isHTTP10: isHTTP10, retryAfter: retryAfter,
            reason: toInstance ? reason : nil, to: &output)
    }

    /// Appends a whole text/plain response.
    package static func append(
        status: Int, body: [UInt8], close: Bool, omitsBody: Bool, isHTTP10: Bool, retryAfter: Int? = nil, reason: Reason? = nil,
        to output: inout [UInt8]
    ) {
        append("HTTP/1.1 ", to: &output)
        Decimal.append(UInt64(status), to: &output)
        output.append(0x20)
        append("\(StatusPhrase.standard(status) ?? "Error")", to: &output)
        append("\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nContent-Length: ", to: &output)
        Decimal.append(UInt64(body.count), to: &output)
        append("\r\n", to: &output)
        if status == 405 { append("Allow: GET, HEAD, POST, PUT, DELETE\r\n", to: &output) }
        if let retryAfter {
            append("Retry-After: ", to: &output)
            Decimal.append(UInt64(max(0, retryAfter)), to: &output)
            append("\r\n", to: &output)
        }
        if let reason {
            output += InstanceFields.reason
            append("\(reason.rawValue)\r\n", to: &output)
        }
        if close {
            append("Connection: close\r\n", to: &output)
        } else if isHTTP10 {
            append("Connection: keep-alive\r\n", to: &output)
        }
        append("\r\n", to: &output)
        if !omitsBody { output += body }
    }

    private static func append(_ text: String, to output: inout [UInt8]) {
        output.append(contentsOf: text.utf8)
    }
}
