import Foundation

/// Has what was sent to a port of this machine come to its receiver?
enum Delivery {
    /// Whether no socket that is connected to `port` over IPv4 has sent anything, its end of stream included, that has not been
    /// acknowledged: the receiver's kernel then has it, and has woken the waiting process.
    static func isDone(to port: UInt16) -> Bool {
        guard let table = FileManager.default.contents(atPath: "/proc/net/tcp") else { return false }
        // A line of proc_pid_net(5): number, local ADDRESS:PORT, remote ADDRESS:PORT, state, bytes unacknowledged:bytes unread, …
        let hexadecimal = String(port, radix: 16, uppercase: true)
        let needle = Data((":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal + " ").utf8)
        var start = table.startIndex
        while let found = table.range(of: needle, in: start..<table.endIndex) {
            start = found.upperBound
            let rest = table[found.upperBound...].prefix(12)
            // After a remote address come the state's two digits and then the eight of the count.
            guard rest.count == 12, rest[rest.startIndex + 2] == UInt8(ascii: " ") else { continue }
            if rest.dropFirst(3).prefix(8).contains(where: { $0 != UInt8(ascii: "0") }) { return false }
        }
        return true
    }
}
