import Foundation
import StandIn

// In glibc, but hidden from Swift's Glibc map.
@_silgen_name("setns")
private func setNamespace(_ descriptor: Int32, _ kind: Int32) -> Int32
@_silgen_name("unshare")
private func unshare(_ flags: Int32) -> Int32
private let networkNamespaceFlag: Int32 = 0x4000_0000

/// A network of its own, with a loopback interface: what is made in `enter` (sockets, programs, interfaces) belongs to it. It has no name, and ends
/// with this value and the last program in it. Needs root.
package final class NetworkNamespace: Sendable {
    private let descriptor: Int32

    package init() throws {
        let own = try NetworkNamespace.current()
        defer { close(own) }
        guard unshare(networkNamespaceFlag) == 0 else { throw StandInError.system(call: "unshare", errno: errno) }
        let made = Result { try NetworkNamespace.current() }
        guard setNamespace(own, networkNamespaceFlag) == 0 else { fatalError("setns: the thread cannot leave its network namespace") }
        descriptor = try made.get()
        try run("ip", "link", "set", "lo", "up")
    }

    deinit { close(descriptor) }

    /// Whether this process may make namespaces and interfaces in them.
    package static let isAvailable = geteuid() == 0 && access("/dev/net/tun", R_OK | W_OK) == 0 && (try? NetworkNamespace()) != nil

    /// Calls `body` with the calling thread in this network. `body` must not start threads that outlive it and use the network outside.
    package func enter<Value>(_ body: () throws -> Value) throws -> Value {
        let own = try NetworkNamespace.current()
        defer { close(own) }
        guard setNamespace(descriptor, networkNamespaceFlag) == 0 else { throw StandInError.system(call: "setns", errno: errno) }
        defer { if setNamespace(own, networkNamespaceFlag) != 0 { fatalError("setns: the thread cannot leave its network namespace") } }
        return try body()
    }

    /// Runs a program of the system's in this network and waits for its end.
    package func run(_ words: String...) throws {
        let child = try enter { try ChildProcess(["/usr/bin/env"] + words) }
        guard child.waitForEnd() == 0 else { throw StandInError.malformed("\(words.joined(separator: " ")): \(child.errorLines)") }
    }

    private static func current() throws -> Int32 {
        let descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StandInError.system(call: "open", errno: errno) }
        return descriptor
    }
}
