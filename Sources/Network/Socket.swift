import Buffers
import CLinux

/// A non-blocking TCP socket. Every call is one system call; EINTR is tried again.
package struct Socket: ~Copyable {
    package let descriptor: FileDescriptor
    package var number: Int32 { descriptor.number }

    package init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    // MARK: Opening

    /// The length of the accept queue; the kernel's own limit may be lower.
    private static let backlog: Int32 = 4096

    /// A socket that has the address, and is to listen. `sharesPort` sets SO_REUSEPORT, so that each worker has its own queue.
    package static func bind(_ address: SocketAddress, v6only: Bool, sharesPort: Bool, defersAccept: Bool) throws(SystemError) -> Socket {
        let number = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket") }
        let listener = Socket(FileDescriptor(owning: number))
        listener.set(SOL_SOCKET, SO_REUSEADDR, 1)
        if sharesPort { listener.set(SOL_SOCKET, SO_REUSEPORT, 1) }
        if !address.isV4 { listener.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, v6only ? 1 : 0) }
        // Inherited by accepted sockets, so that no call per connection is needed.
        listener.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if defersAccept { listener.set(Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, 1) }
        guard address.withSockaddr({ pf_bind(number, $0, $1) }) == 0 else { throw SystemError("bind") }
        return listener
    }

    package static func listen(_ address: SocketAddress, v6only: Bool, sharesPort: Bool, defersAccept: Bool) throws(SystemError) -> Socket {
        let listener = try bind(address, v6only: v6only, sharesPort: sharesPort, defersAccept: defersAccept)
        try listener.listen()
        return listener
    }

    package func listen() throws(SystemError) { try Self.listen(on: number) }

    /// For a socket that somebody else owns. One that listens already goes on.
    package static func listen(on number: Int32) throws(SystemError) {
        guard CLinux.listen(number, backlog) == 0 else { throw SystemError("listen") }
    }

    /// The kernel refuses new connections, also on copies of this socket, and drops those that were not accepted. The port is kept;
    /// `listen` opens it again.
    package func stopListening() { _ = shutdown(number, Int32(SHUT_RD)) }

    /// A listening socket that another program has opened, as `listen` would have opened it. EINVAL: it is none of TCP that listens.
    package static func prepareInherited(_ number: Int32) throws(SystemError) {
        var isListening: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length) == 0 else { throw SystemError("getsockopt") }
        guard isListening != 0 else { throw SystemError("inherited socket", code: EINVAL) }
        guard pf_make_own(number) == 0 else { throw SystemError("fcntl") }
        for option in [TCP_NODELAY, TCP_DEFER_ACCEPT] {
            var on: Int32 = 1
            guard setsockopt(number, Int32(IPPROTO_TCP), option, &on, length) == 0 else { throw SystemError("inherited socket") }
        }
        guard CLinux.listen(number, backlog) == 0 else { throw SystemError("listen") }
    }

    /// Starts to connect; readiness to write reports the end, `takeError` the result.
    package static func connect(to address: SocketAddress, keepalive: Bool) throws(SystemError) -> Socket {
        let number = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket") }
        let result = Socket(FileDescriptor(owning: number))
        result.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if keepalive { result.set(SOL_SOCKET, SO_KEEPALIVE, 1) }
        if address.withSockaddr({ pf_connect(number, $0, $1) }) != 0, pf_errno() != EINPROGRESS { throw SystemError("connect") }
        return result
    }

    package enum Accepted: ~Copyable {
        case connection(Socket, SocketAddress)
        /// Nothing waits.
        case none
        case failed(SystemError)
    }

    package func accept() -> Accepted {
        while true {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let number = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    pf_accept4(self.number, $0, &length, Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
                }
            }
            if number >= 0 {
                let accepted = Socket(FileDescriptor(owning: number))
                guard let address = SocketAddress(storage) else { continue }
                return .connection(accepted, address)
            }
            switch pf_errno() {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return .none
            case let code: return .failed(SystemError("accept", code: code))
            }
        }
    }

    /// Gives the descriptor away without closing it.
    package consuming func takeDescriptor() -> Int32 { descriptor.release() }

    // MARK: Bytes

    @inline(__always) package func receive(into memory: UnsafeMutableRawBufferPointer) -> TransferResult {
        while true {
            let count = recv(number, memory.baseAddress, memory.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return memory.isEmpty ? .blocked : .endOfStream }
            let code = pf_errno()
            if code == EINTR { continue }
            return code == EAGAIN ? .blocked : .failed
        }
    }

    @inline(__always) package func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        while true {
            let count = CLinux.send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count > 0 { return .bytes(count) }
            let code = pf_errno()
            if code == EINTR { continue }
            return code == EAGAIN ? .blocked : .failed
        }
    }

    /// Whether an idle connection is still open with nothing to read: neither bytes nor an end wait in it.
    package var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(number, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0 && pf_errno() == EAGAIN
    }

    // MARK: State

    /// The pending error of a connect, 0 when it has succeeded.
    package func takeError() -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : pf_errno()
    }

    package var localAddress: SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pf_getsockname(number, $0, &length) }
        }
        return result == 0 ? SocketAddress(storage) : nil
    }

    /// Makes the close that follows a reset, by which the peer knows that the response is unfinished.
    package func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Says that nothing more will be sent.
    package func shutdownWriting() { _ = shutdown(number, Int32(SHUT_WR)) }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
