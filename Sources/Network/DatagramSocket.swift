import CLinux

/// A non-blocking datagram socket that is connected to one receiver. Every call is one system call; EINTR is tried again.
package struct DatagramSocket: ~Copyable {
    private let descriptor: FileDescriptor
    package var number: Int32 { descriptor.number }

    /// UDP: says nothing of whether anybody is there.
    package init(to address: SocketAddress) throws(SystemError) {
        let descriptor = try Self.open(address.family)
        guard address.withSockaddr({ pf_connect(descriptor.number, $0, $1) }) == 0 else { throw SystemError("connect") }
        self.descriptor = descriptor
    }

    /// Fails where no socket is at the path, or no process has it open.
    package init(toSocketAt path: String) throws(SystemError) {
        let descriptor = try Self.open(AF_UNIX)
        let result = UnixAddress.withSockaddr(path) { pf_connect(descriptor.number, $0, $1) }
        guard let result else { throw SystemError("connect", code: ENAMETOOLONG) }
        guard result == 0 else { throw SystemError("connect") }
        self.descriptor = descriptor
    }

    private static func open(_ family: Int32) throws(SystemError) -> FileDescriptor {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = socket(family, kind, 0)
        guard number >= 0 else { throw SystemError("socket") }
        return FileDescriptor(owning: number)
    }

    package enum Sent: Equatable {
        case done
        /// The receiver's queue is full; readiness will be reported.
        case blocked
        case failed(SystemError)
    }

    package func send(_ bytes: [UInt8]) -> Sent {
        while true {
            if CLinux.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) >= 0 { return .done }
            switch pf_errno() {
            case EINTR: continue
            case EAGAIN: return .blocked
            case let code: return .failed(SystemError("send", code: code))
            }
        }
    }

    /// What has become of datagrams sent earlier; nil where nothing is known. Asking clears it.
    package func takeError() -> SystemError? {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &length) == 0, code != 0 else { return nil }
        return SystemError("send", code: code)
    }
}
