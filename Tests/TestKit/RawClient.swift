import Foundation
import StandIn

/// Sends exact bytes to the proxy and reads the response, with a deadline on every call. Over HTTP/2 each request that is sent in HTTP/1.1's
/// form is a stream.
package final class RawClient {
    /// A response as received.
    package struct Response: Sendable {
        package let head: MessageHead
        package let status: Int
        /// Empty where only the digest was asked for.
        package let body: [UInt8]
        package let bodyCount: Int
        /// False where the connection ended before the content's end.
        package let isWhole: Bool
        /// SHA-256 in hexadecimal.
        package let digest: String
        /// The status of each 1xx head before.
        package let interim: [Int]

        package var text: String { String(decoding: body, as: UTF8.self) }
        package func field(_ name: String) -> String? { head.first(name) }
        /// Whether the response announces that the connection ends after it.
        package var saysClose: Bool { head.lists("close", in: "Connection") }
    }

    package let stream: StandInStream
    package let reader: MessageReader
    /// nil: HTTP/1.1.
    private let http2: HTTP2Conversation?

    /// Connects; in TLS where `tls` is given.
    /// - Parameters:
    ///   - source: the local address to come from
    ///   - preface: what is sent before the handshake, such as a PROXY header
    ///   - serverName: what is sent as SNI
    ///   - session: to be resumed
    package init(
        _ port: UInt16, tls: StandInTLS? = nil, session: StandInSession? = nil, address: String = "127.0.0.1", source: String? = nil,
        preface: [UInt8] = [], serverName: String? = "puppet.test", receiveBuffer: Int32? = nil, timeout: Duration = .seconds(10),
        speaking spoken: WireProtocol = .http1
    ) throws {
        stream = try StandInStream(
            connectingTo: address, port: port, source: source, receiveBuffer: receiveBuffer, timeout: timeout)
        reader = MessageReader(stream)
        if !preface.isEmpty { try stream.write(preface) }
        let protocols = spoken == .http2 ? ["h2"] : []
        if let tls { try stream.startTLS(tls, serverName: serverName, session: session, protocols: protocols) }
        http2 = spoken == .http2 ? try HTTP2Conversation(stream) : nil
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }
    package func send(_ bytes: [UInt8]) throws { if let http2 { try http2.send(bytes) } else { try stream.write(bytes) } }

    /// The next head, interim ones too; nil where the connection ends before it.
    package func readHead() throws -> MessageHead? { if let http2 { try http2.readHead() } else { try reader.readHead() } }

    /// The next final response; nil where the connection ends before it.
    /// - Parameter keepsBody: false leaves `body` empty, for large ones
    package func readResponse(toHead: Bool = false, keepsBody: Bool = true) throws -> Response? {
        if let http2 { return try http2.readResponse(keepsBody: keepsBody) }
        var interim: [Int] = []
        while let head = try reader.readHead() {
            let words = head.startLine.split(separator: " ", maxSplits: 2)
            guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
                throw StandInError.malformed(head.startLine)
            }
            if (100..<200).contains(status) && status != 101 {
                interim.append(status)
                continue
            }
            return try readContent(head, status, interim, toHead: toHead, keepsBody: keepsBody)
        }
        return nil
    }

    /// Sends and reads one response.
    package func exchange(_ text: String) throws -> Response {
        try send(text)
        guard let response = try readResponse(toHead: text.hasPrefix("HEAD ")) else { throw StandInError.endOfStream }
        return response
    }

    /// Whether the connection ends within `timeout` without another byte.
    package func isClosed(within timeout: Duration = .seconds(5)) -> Bool {
        stream.setTimeout(timeout)
        do { return try reader.readToEnd(limit: 1).isEmpty } catch StandInError.timedOut { return false } catch { return true }
    }

    /// Whether the connection takes no more requests, as far as is known now. Nothing may be due on it.
    package func hasEnded() -> Bool {
        if let http2 { return http2.isEnding() }
        return stream.becomesReadable(within: .zero) && isClosed()
    }

    package func close() { stream.close() }

    private func readContent(
        _ head: MessageHead, _ status: Int, _ interim: [Int], toHead: Bool, keepsBody: Bool
    ) throws -> Response {
        var framing = MessageReader.Framing.untilClose
        if toHead || status == 204 || status == 304 {
            framing = .none
        } else if head.lists("chunked", in: "Transfer-Encoding") {
            framing = .chunked
        } else if let count = head.first("Content-Length").flatMap({ Int($0) }) {
            framing = .length(count)
        }
        var body: [UInt8] = []
        var count = 0
        let digest = ContentDigest()
        var isWhole = true
        do {
            try reader.readContent(framing) { piece in
                count += piece.count
                digest.update(piece)
                if keepsBody { body.append(contentsOf: piece) }
            }
        } catch {
            if case .timedOut = error { throw error }
            isWhole = false
        }
        return Response(
            head: head, status: status, body: body, bodyCount: count, isWhole: isWhole, digest: digest.finish(), interim: interim)
    }
}
