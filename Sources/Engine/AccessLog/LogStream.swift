import CLinux
import Network

/// Standard output or a file as the access log's output. A line may be taken in part; the rest is due next.
///
/// Standard output may be a pipe or socket that others share, so it cannot be made non-blocking: it is written to in pieces that fit when it
/// says that it has room (pipe(7): PIPE_BUF).
struct LogStream: ~Copyable {
    let number: Int32
    private let owner: FileDescriptor?
    private let isRegular: Bool
    private static let piece = 4096

    /// Standard output.
    init() {
        number = 1
        owner = nil
        isRegular = Self.isRegular(1)
    }

    /// A file, which is made where there is none; only its end is written to. What another process left there unfinished gets its line feed.
    init(path: String) throws(SystemError) {
        let number = pf_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
        guard number >= 0 else { throw SystemError("open") }
        let owner = FileDescriptor(owning: number)
        let isRegular = Self.isRegular(number)
        if isRegular, Self.endsWithinALine(path) {
            var feed: UInt8 = 0x0A
            guard CLinux.write(number, &feed, 1) == 1 else { throw SystemError("write") }
        }
        self.number = number
        self.owner = consume owner
        self.isRegular = isRegular
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> LogStep {
        while true {
            if !isRegular {
                var ready = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                // A pipe that nobody reads any more is ready too: the write tells.
                if poll(&ready, 1, 0) == 0 { return .blocked }
            }
            let count = CLinux.write(number, bytes.baseAddress, isRegular ? bytes.count : min(bytes.count, Self.piece))
            if count > 0 { return .took(count) }
            if count == 0 { return .failed(SystemError("write", code: EIO)) }
            switch pf_errno() {
            case EINTR: continue
            case EAGAIN: return .blocked
            case let code: return .failed(SystemError("write", code: code))
            }
        }
    }

    private static func isRegular(_ number: Int32) -> Bool {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG)
    }

    /// False also where the file cannot be read.
    private static func endsWithinALine(_ path: String) -> Bool {
        let number = pf_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard number >= 0 else { return false }
        let file = FileDescriptor(owning: number)
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_size > 0 else { return false }
        var last: UInt8 = 0
        return pread(file.number, &last, 1, status.st_size - 1) == 1 && last != 0x0A
    }
}
