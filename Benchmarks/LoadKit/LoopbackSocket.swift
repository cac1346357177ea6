import CLinux

/// Non-blocking TCP sockets on 127.0.0.1.
package enum LoopbackSocket {
    /// A listening socket and its port: `port`, or with 0 one that the kernel chooses. A port that another process has bound with
    /// SO_REUSEADDR, and does not listen on, can also be used.
    package static func listen(port: UInt16 = 0) -> (descriptor: Int32, port: UInt16) {
        let descriptor = make()
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = address(port: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withGeneric(&address) { pf_bind(descriptor, $0, length) == 0 && CLinux.listen(descriptor, 4096) == 0 }
        guard bound, withGeneric(&address, { pf_getsockname(descriptor, $0, &length) }) == 0 else { fail(1, "cannot listen") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// A socket on its way to `port`: writable once it is connected.
    package static func connect(port: UInt16) -> Int32 {
        let descriptor = make()
        var address = address(port: port)
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withGeneric(&address) { pf_connect(descriptor, $0, length) }
        guard result == 0 || pf_errno() == EINPROGRESS else { fail(1, "cannot connect to port \(port)") }
        return descriptor
    }

    /// The next waiting connection of a listening socket; nil when there is none.
    package static func accept(_ listener: Int32) -> Int32? {
        let descriptor = pf_accept4(listener, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
        guard descriptor >= 0 else { return nil }
        setNoDelay(descriptor)
        return descriptor
    }

    private static func make() -> Int32 {
        let flags = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(AF_INET, Int32(flags), 0)
        guard descriptor >= 0 else { fail(1, "no socket: errno \(pf_errno())") }
        setNoDelay(descriptor)
        return descriptor
    }

    private static func setNoDelay(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func withGeneric<Result>(_ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result) -> Result {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
        }
    }
}
