import CLinux

/// A listening Unix stream socket with a lock next to it (`PATH.lock`): a second instance cannot take the path over by mistake. The file of
/// an instance that died is replaced.
package struct UnixListener: ~Copyable {
    package let descriptor: FileDescriptor
    private let lock: FileDescriptor
    private let path: String

    package enum Failure: Error {
        /// Another process holds the lock.
        case inUse
        /// Another sort of file is at the path, and is left alone.
        case notASocket
        case system(SystemError)
    }

    /// - Parameter mode: permission bits of the socket's file
    package init(path: String, mode: UInt32) throws(Failure) {
        let lockNumber = pf_open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lockNumber >= 0 else { throw .system(SystemError("open \(path).lock")) }
        let lock = FileDescriptor(owning: lockNumber)
        guard pf_lock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
            throw pf_errno() == EWOULDBLOCK ? .inUse : .system(SystemError("lock"))
        }
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & UInt32(S_IFMT) != UInt32(S_IFSOCK) { throw .notASocket }
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .system(SystemError("socket")) }
        let listener = FileDescriptor(owning: number)
        _ = unlink(path)
        guard let bound = UnixAddress.withSockaddr(path, { pf_bind(number, $0, $1) }) else {
            throw .system(SystemError("bind \(path)", code: ENAMETOOLONG))
        }
        guard bound == 0 else { throw .system(SystemError("bind \(path)")) }
        // No client can connect before `listen`, so the mode is right from the first connection on.
        guard chmod(path, mode) == 0 else { throw .system(SystemError("chmod \(path)")) }
        guard CLinux.listen(number, 64) == 0 else { throw .system(SystemError("listen")) }
        descriptor = listener
        self.lock = lock
        self.path = path
    }

    /// Another process's listener at `path`, with its lock, which is held as long as one of the two holds it.
    package init(inherited descriptor: consuming FileDescriptor, lock: consuming FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.lock = lock
        self.path = path
    }

    /// For another process that continues to listen here: the socket's descriptor and the lock's.
    package var descriptorsToHandOver: [Int32] { [descriptor.number, lock.number] }

    /// nil: the accept queue is empty, or no connection can be accepted now.
    package func accept() -> FileDescriptor? {
        let number = pf_accept4(descriptor.number, nil, nil, Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
        return number >= 0 ? FileDescriptor(owning: number) : nil
    }

    /// Removes the file; the lock goes with the descriptor.
    package func removeFile() { _ = unlink(path) }
}

/// The other end: a blocking connection to a Unix stream socket.
package enum UnixConnection {
    /// - Parameter seconds: how long each call may take
    package static func connect(_ path: String, seconds: Int) throws(SystemError) -> FileDescriptor {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket") }
        let connection = FileDescriptor(owning: number)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
        guard let connected = UnixAddress.withSockaddr(path, { pf_connect(number, $0, $1) }) else {
            throw SystemError("connect \(path)", code: ENAMETOOLONG)
        }
        guard connected == 0 else { throw SystemError("connect \(path)") }
        return connection
    }

    /// Non-blocking. A listener whose accept queue is full counts as one that does not listen.
    package static func connectNow(_ path: String) throws(SystemError) -> Socket {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket") }
        let connection = Socket(FileDescriptor(owning: number))
        guard let connected = UnixAddress.withSockaddr(path, { pf_connect(number, $0, $1) }) else {
            throw SystemError("connect", code: ENAMETOOLONG)
        }
        guard connected == 0 else { throw SystemError("connect") }
        return connection
    }
}
