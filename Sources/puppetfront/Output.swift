import Glibc

/// Lines, or texts of several lines, to standard output and standard error. Unbuffered, so that none is lost at the end.
enum Output {
    static func out(_ line: String) { write(line, to: STDOUT_FILENO) }
    static func error(_ line: String) { write(line, to: STDERR_FILENO) }

    private static func write(_ line: String, to descriptor: Int32) {
        let bytes = Array((line.hasSuffix("\n") ? line : line + "\n").utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // The reader is gone: there is no other way to report it.
            guard count > 0 else { return }
            sent += count
        }
    }
}
