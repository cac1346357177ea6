import CLinux
import Model

/// sd_notify(3) and sd_watchdog_enabled(3) without the library: datagrams to $NOTIFY_SOCKET, nothing where it is not set.
enum SystemdNotifier {
    /// Nanoseconds within which systemd expects a ping; nil: it expects none, or not from this process.
    static var watchdogInterval: Int64? {
        guard let text = getenv("WATCHDOG_USEC"), let microseconds = Int64(String(cString: text)), microseconds > 0 else { return nil }
        if let text = getenv("WATCHDOG_PID"), Int32(String(cString: text)) != getpid() { return nil }
        return microseconds.multipliedReportingOverflow(by: 1000).overflow ? nil : microseconds * 1000
    }

    /// The service drains, for so long at most.
    static func notifyDrain(_ limit: Duration) {
        let microseconds = limit.inNanoseconds / 1000 + 10_000_000
        notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(microseconds)\nSTATUS=draining")
    }

    static func notify(_ state: String) {
        guard let value = getenv("NOTIFY_SOCKET") else { return }
        let path = String(cString: value)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { field in
            field.copyBytes(from: bytes)
            // An abstract socket's name begins with a NUL, written as @.
            if bytes[0] == UInt8(ascii: "@") { field[0] = 0 }
        }
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return }
        defer { _ = close(number) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let message = Array(state.utf8)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                pf_sendto(number, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
