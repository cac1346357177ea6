import LoadKit

/// Which response belongs to a target? The responses of all workloads as bytes, made once and never freed.
struct ResponseTable {
    let missing: UnsafeRawBufferPointer
    private var responses: [UInt64: (target: [UInt8], bytes: UnsafeRawBufferPointer)] = [:]

    init(_ workloads: [Workload]) {
        missing = Self.permanent(Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8))
        let status = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nrunning"
        add(Array("/status/v1/simple".utf8), Array(status.utf8))
        for entry in workloads.flatMap(\.entries) { add(Array(entry.target.utf8), entry.responseBytes()) }
    }

    /// The response for the request line at the start of `head`; `missing` where no workload asks for it.
    func response(_ head: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let start = head.firstIndex(of: UInt8(ascii: " ")),
            let end = head[(start + 1)...].firstIndex(of: UInt8(ascii: " "))
        else { return missing }
        let target = head[(start + 1)..<end]
        guard let known = responses[Self.hash(target)], known.target.elementsEqual(target) else { return missing }
        return known.bytes
    }

    private mutating func add(_ target: [UInt8], _ bytes: [UInt8]) {
        responses[target.withUnsafeBytes { Self.hash($0[...]) }] = (target, Self.permanent(bytes))
    }

    /// FNV-1a.
    private static func hash(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    private static func permanent(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        memory.copyBytes(from: bytes)
        return UnsafeRawBufferPointer(memory)
    }
}
