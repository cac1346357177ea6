import CLinux

/// Host names → addresses. The first address counts, IPv4 or IPv6 as the system orders them (getaddrinfo(3)).
package enum NameResolver {
    /// Blocks the calling thread. nil: the name has no address now.
    package static func resolve(_ host: String, port: UInt16) -> SocketAddress? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var result: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &result) == 0, let first = result else { return nil }
        defer { freeaddrinfo(first) }
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                var storage = sockaddr_storage()
                let length = min(Int(entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
                withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: length)) }
                if let found = SocketAddress(storage) { return SocketAddress(high: found.high, low: found.low, port: port) }
            }
            next = entry.pointee.ai_next
        }
        return nil
    }
}
