import Glibc

/// One line to a runtime socket and its replies, blocking, on a connection of its own.
enum RuntimeSocketClient {
    struct Failure: Error {
        let text: String

        init(text: String) { self.text = text }

        init(_ call: String, _ code: Int32 = errno) { text = "\(call): \(String(cString: strerror(code)))" }
    }

    /// Longer than any command takes but one: a reload may have to wait for another one, and both read files.
    private static let timeoutSeconds = 300
    /// It takes as long as requests run.
    private static let endless = "drain process wait"

    /// The replies to the line's commands.
    static func ask(_ path: String, _ line: String) throws(Failure) -> [StatusReply] {
        let reply = try exchange(path, "_status\n\(line)")
        guard !reply.isEmpty else { throw Failure(text: "the service closed the connection without a response") }
        if let replies = StatusReply.parse(reply) { return replies }
        // A service from before `_status`, which the next restart replaces: the text alone has to do.
        guard reply.starts(with: Array("Unknown command".utf8)) else { throw Failure("read", EPROTO) }
        let text = String(decoding: try exchange(path, line).dropLast(), as: UTF8.self)
        let isRefused = ["Permission denied", "Unknown command", "No such ", "Require", "Can't "].contains { text.hasPrefix($0) }
        return [StatusReply(status: isRefused ? .refused : .done, text: text)]
    }

    private static func exchange(_ path: String, _ line: String) throws(Failure) -> [UInt8] {
        signal(SIGPIPE, SIG_IGN)
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        defer { close(descriptor) }
        // 0: none.
        var limit = timeval(tv_sec: line.contains(endless) ? 0 : timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        try connect(descriptor, path)
        try write(descriptor, Array("\(line)\n".utf8))
        // The service ends the conversation after the line.
        return try read(descriptor)
    }

    private static func connect(_ descriptor: Int32, _ path: String) throws(Failure) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failure("connect", ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure("connect") }
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { sent += count } else if errno != EINTR { throw Failure("write") }
        }
    }

    private static func read(_ descriptor: Int32) throws(Failure) -> [UInt8] {
        var reply: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count == 0 { return reply }
            if count > 0 { reply += piece[..<count] } else if errno != EINTR { throw Failure("read") }
        }
    }
}
