import CLinux
import Network

/// Standard output or a file as the access log's output. A line may be accepted in part; the rest is written next.
///
/// Standard output may be a pipe or socket shared with other processes, so it cannot be made non-blocking: it is written in pieces of
/// PIPE_BUF bytes, only when poll(2) reports room (pipe(7)).
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

    /// A file, created where there is none, in append mode. A line that another process left unfinished gets its line feed.
    init(path: String) throws(SystemError) {
        let number = pf_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
        guard number >= 0 else { throw SystemError("open") }
        let owner = FileDescriptor(owning: number)
        let isRegular = Self.isRegular(number)
        if isRegular, Self.endsInsideALine(path) {
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
                // A pipe without a reader is ready too: the write fails then.
                if poll(&ready, 1, 0) == 0 { return .blocked }
            }
            let count = CLinux.write(number, bytes.baseAddress, isRegular ? bytes.count : min(bytes.count, Self.piece))
            if count > 0 { return .accepted(count) }
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

    /// Also false where the file cannot be read.
    private static func endsInsideALine(_ path: String) -> Bool {
        let number = pf_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard number >= 0 else { return false }
        let file = FileDescriptor(owning: number)
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_size > 0 else { return false }
        var last: UInt8 = 0
        return pread(file.number, &last, 1, status.st_size - 1) == 1 && last != 0x0A
    }
}
