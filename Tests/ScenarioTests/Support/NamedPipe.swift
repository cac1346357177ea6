import Foundation

/// A named pipe that a test holds the reading end of.
final class NamedPipe {
    let path: String
    private var reader: Int32
    private var bytes: [UInt8] = []
    private var lineCount = 0

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw POSIXError(.EEXIST) }
        reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard reader >= 0 else { throw POSIXError(.ENOENT) }
    }

    deinit { close() }

    /// Reads what is in it now; returns how many whole lines have arrived so far.
    @discardableResult
    func read() -> Int {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(reader, &buffer, buffer.count)
            guard count > 0 else { return lineCount }
            bytes += buffer[..<count]
            lineCount += buffer[..<count].count { $0 == 0x0A }
        }
    }

    /// All lines received.
    var lines: [String] { bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) } }

    /// Leaves no room for a writer.
    func fill() {
        let writer = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        defer { Glibc.close(writer) }
        let page = [UInt8](repeating: 0x0A, count: 4096)
        while write(writer, page, page.count) > 0 {}
    }

    func close() {
        if reader >= 0 { Glibc.close(reader) }
        reader = -1
    }
}
