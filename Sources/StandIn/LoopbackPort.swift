import Glibc

/// A TCP port of a loopback address, reserved for the life of this value whether or not a socket listens on it.
///
/// The reservation is a bound socket that never listens, with SO_REUSEADDR: Linux then lets a second such socket bind and listen on the
/// same port, again and again, and gives the port to no other process. While no socket listens, connections are refused.
package final class LoopbackPort: Sendable {
    package let address: String
    package let number: UInt16
    private let reservation: Int32

    /// - Parameter address: an address of 127.0.0.0/8
    package init(address: String = "127.0.0.1") throws(StandInError) {
        self.address = address
        let made = try LoopbackPort.bound(address, port: 0)
        reservation = made
        var bound = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(made, $0, &length) }
        }
        number = UInt16(bigEndian: bound.sin_port)
        guard result == 0 else { throw .system(call: "getsockname", errno: errno) }
    }

    deinit { close(reservation) }

    /// `ADDRESS:PORT`.
    package var text: String { "\(address):\(number)" }

    /// A new listening socket on this port; the caller closes it.
    func listen(backlog: Int32) throws(StandInError) -> Int32 {
        let descriptor = try LoopbackPort.bound(address, port: number)
        guard Glibc.listen(descriptor, backlog) == 0 else {
            let number = errno
            close(descriptor)
            throw .system(call: "listen", errno: number)
        }
        return descriptor
    }

    static func socketAddress(_ address: String, port: UInt16) -> sockaddr_in {
        var result = sockaddr_in()
        result.sin_family = sa_family_t(AF_INET)
        result.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &result.sin_addr)
        return result
    }

    private static func bound(_ address: String, port: UInt16) throws(StandInError) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var target = socketAddress(address, port: port)
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else {
            let number = errno
            close(descriptor)
            throw .system(call: "bind \(address):\(port)", errno: number)
        }
        return descriptor
    }
}
