import Foundation

/// The test's end of a connection of the worker: a pair of Unix sockets, read and written without waiting.
final class WireEnd {
    private var descriptor: Int32
    /// Everything received and not taken.
    private var text = ""
    /// The worker has ended its direction.
    private(set) var hasEnded = false

    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close() }

    /// Two connected descriptors that do not wait.
    static func pair() -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    /// How many bytes were taken.
    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Int { max(0, Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))) }

    /// What was received that is no text.
    func takeBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 << 10)
        while descriptor >= 0 {
            let count = recv(descriptor, &room, room.count, 0)
            if count == 0 || count < 0 && errno == ECONNRESET { hasEnded = true }
            guard count > 0 else { break }
            bytes += room.prefix(count)
        }
        return bytes
    }

    /// Reads at most `limit` bytes now.
    @discardableResult
    func read(upTo limit: Int = .max) -> String {
        var room = [UInt8](repeating: 0, count: 64 << 10)
        var taken = 0
        while taken < limit, descriptor >= 0 {
            let count = recv(descriptor, &room, min(room.count, limit - taken), 0)
            if count == 0 { hasEnded = true }
            // A reset ends the connection too.
            if count < 0, errno == ECONNRESET { hasEnded = true }
            guard count > 0 else { break }
            taken += count
            text += String(decoding: room.prefix(count), as: UTF8.self)
        }
        return text
    }

    /// What was received since the last call.
    func take() -> String {
        read()
        defer { text = "" }
        return text
    }

    /// Whether the worker has closed its end.
    var isClosed: Bool {
        read()
        return hasEnded
    }

    func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if descriptor >= 0 { Foundation.close(descriptor) }
        descriptor = -1
    }
}
