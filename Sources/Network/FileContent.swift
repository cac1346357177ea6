import CLinux

/// A whole file's content, read at once by a thread that may block.
package enum FileContent {
    /// - Parameter bound: bytes; a larger file is EFBIG
    package static func read(_ path: String, bound: Int) throws(SystemError) -> [UInt8] {
        try read(try open(path), bound: bound)
    }

    /// A regular file; never blocks.
    package static func open(_ path: String) throws(SystemError) -> FileDescriptor {
        let number = pf_open_regular(path)
        if number == -2 { throw SystemError("open", code: SystemError.notARegularFile) }
        guard number >= 0 else { throw SystemError("open") }
        return FileDescriptor(owning: number)
    }

    package static func read(_ file: borrowing FileDescriptor, bound: Int) throws(SystemError) -> [UInt8] {
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw SystemError("fstat") }
        guard status.st_size <= bound else { throw SystemError("read", code: EFBIG) }
        var content = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < content.count {
            let taken = content[count...].withUnsafeMutableBytes { pread(file.number, $0.baseAddress, $0.count, count) }
            if taken == 0 { break }
            if taken > 0 { count += taken } else if pf_errno() != EINTR { throw SystemError("read") }
        }
        content.removeLast(content.count - count)
        return content
    }

    /// Writes `PATH.new` and moves it to `path`, so that there is always a whole file. Only its owner may read it. Neither may be anything
    /// but a regular file.
    package static func replace(_ path: String, with content: [UInt8]) throws(SystemError) {
        let fresh = path + ".new"
        var status = stat()
        guard stat(path, &status) != 0 || isRegular(status) else { throw SystemError("replace", code: SystemError.notARegularFile) }
        // Without O_NONBLOCK a named pipe would block.
        let number = pf_open(fresh, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError("open \(fresh)") }
        let file = FileDescriptor(owning: number)
        guard fstat(number, &status) == 0, isRegular(status) else {
            throw SystemError("open \(fresh)", code: SystemError.notARegularFile)
        }
        guard ftruncate(number, 0) == 0 else { throw SystemError("truncate \(fresh)") }
        do throws(SystemError) {
            try write(content, to: file)
            guard fsync(number) == 0 else { throw SystemError("fsync \(fresh)") }
            guard rename(fresh, path) == 0 else { throw SystemError("rename \(fresh)") }
        } catch {
            _ = unlink(fresh)
            throw error
        }
    }

    private static func isRegular(_ status: stat) -> Bool { status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG) }

    static func write(_ content: [UInt8], to file: borrowing FileDescriptor) throws(SystemError) {
        var written = 0
        while written < content.count {
            let count = content[written...].withUnsafeBytes { CLinux.write(file.number, $0.baseAddress, $0.count) }
            if count > 0 { written += count } else if pf_errno() != EINTR { throw SystemError("write") }
        }
    }
}
