import CLinux
import Logging
import Model
import Network
import Settings

/// Sockets that systemd has opened for this process (sd_listen_fds(3)). A listener takes those of its name (`FileDescriptorName=`), else
/// the one of its address. All workers share them, so that a restart drops no accept queue.
enum ActivatedSockets {
    private static let first: Int32 = 3

    /// Once: the environment variables are removed. Sockets that no listener wants are logged and closed.
    static func take(for listeners: [ListenerSettings], log: Logger) -> [BoundListener] {
        var sockets: [(name: String, descriptor: Int32, address: SocketAddress)] = []
        for (name, descriptor) in passed() {
            do throws(SystemError) {
                try Socket.prepareInherited(descriptor)
                guard let address = SocketAddress(boundBy: descriptor) else { throw SystemError("inherited socket", code: EAFNOSUPPORT) }
                sockets.append((name, descriptor, address))
            } catch {
                log.warning(
                    "a descriptor of systemd's is no listening socket", metadata: ["name": "\(name)", "reason": "\(error.description)"])
                _ = close(descriptor)
            }
        }
        var bound: [BoundListener] = []
        for listener in listeners {
            var mine = sockets.filter { $0.name == listener.name }
            if mine.isEmpty { mine = sockets.filter { $0.address == SocketAddress(listener.address) } }
            guard let address = mine.first?.address else { continue }
            sockets.removeAll { socket in mine.contains { $0.descriptor == socket.descriptor } }
            bound.append(
                BoundListener(
                    name: listener.name, wanted: listener.address, actual: address, isShared: true, descriptors: mine.map(\.descriptor)))
        }
        for socket in sockets {
            log.warning(
                "no listener wants a socket of systemd's", metadata: ["name": "\(socket.name)", "address": "\(socket.address.text)"])
            _ = close(socket.descriptor)
        }
        return bound
    }

    private static func passed() -> [(name: String, descriptor: Int32)] {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard let pid = value("LISTEN_PID"), Int32(pid) == getpid(), let text = value("LISTEN_FDS"), let count = Int32(text),
            (1...1024).contains(count)
        else { return [] }
        let names = (value("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return (0..<count).map { (names.indices.contains(Int($0)) ? names[Int($0)] : "unknown", first + $0) }
    }
}
