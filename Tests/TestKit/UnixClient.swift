import Foundation
import StandIn

/// A client of a Unix stream socket, with a deadline on every call.
package final class UnixClient {
    private let stream: StandInStream
    private var read: [UInt8] = []

    package init(_ path: String, timeout: Duration = .seconds(10)) throws {
        stream = try StandInStream(connectingTo: path, timeout: timeout)
    }

    /// The whole reply to one line, including the empty line after it.
    package static func ask(_ path: String, _ line: String) throws -> String {
        let client = try UnixClient(path)
        try client.send("\(line)\n")
        return try client.readToEnd()
    }

    package func send(_ text: String) throws { try stream.write(text) }
    package func close() { stream.close() }

    package func readToEnd() throws -> String {
        while try stream.read(into: &read) > 0 {}
        defer { read = [] }
        return String(decoding: read, as: UTF8.self)
    }

    /// What comes up to and with `end`, such as a prompt.
    package func read(through end: String) throws -> String {
        while !read.reversed().starts(with: end.utf8.reversed()) {
            guard try stream.read(into: &read) > 0 else { throw StandInError.endOfStream }
        }
        defer { read = [] }
        return String(decoding: read, as: UTF8.self)
    }
}
