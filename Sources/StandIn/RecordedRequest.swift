import Foundation

/// A request as a stand-in server received it.
package struct RecordedRequest: Sendable {
    package let head: MessageHead
    package let method: String
    /// As on the request line.
    package let target: String
    /// Counts the server's connections from 1.
    package let connection: Int
    /// Counts the connection's requests from 1.
    package let position: Int
    /// The common name of the certificate that the peer presented in TLS; nil without one.
    package let peer: String?
    /// At most `keptBodyCount` bytes of the content.
    package var body: [UInt8] = []
    package var bodyCount = 0
    /// SHA-256 of the content in hexadecimal; empty until the whole content was received.
    package var bodyDigest = ""

    package static let keptBodyCount = 512 * 1024

    init?(_ head: MessageHead, connection: Int, position: Int, peer: String?) {
        let words = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return nil }
        self.head = head
        method = String(words[0])
        target = String(words[1])
        self.connection = connection
        self.position = position
        self.peer = peer
    }

    package var isComplete: Bool { !bodyDigest.isEmpty }

    /// The target without its query.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// The path's segments after `prefix`; nil if it does not start with that.
    package func rest(after prefix: String) -> String? {
        path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }

    /// The first value of a query parameter, not decoded.
    package func query(_ name: String) -> String? {
        guard let mark = target.firstIndex(of: "?") else { return nil }
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name { return parts.count > 1 ? String(parts[1]) : "" }
        }
        return nil
    }

    var framing: MessageReader.Framing? {
        if head.lists("chunked", in: "Transfer-Encoding") { return .chunked }
        guard let length = head.first("Content-Length") else { return MessageReader.Framing.none }
        guard let count = Int(length), count >= 0 else { return nil }
        return .length(count)
    }
}
