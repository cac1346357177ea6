import CLinux
import Network

/// Another instance of this program, started to take this one's place. It writes where this one writes. It is no child of this process but
/// systemd's: of a main process that is not, systemd would not await the end when the service stops, and kill it before it has drained.
enum Successor {
    /// - Parameters:
    ///   - command: the program's path first
    ///   - ended: called on a thread of its own; never, where this process ends first
    /// - Returns: its process ID
    static func start(_ command: [String], ended: @escaping @Sendable () -> Void) throws(SystemError) -> Int32 {
        guard let program = command.first else { throw SystemError("start", code: ENOENT) }
        let null = pf_open("/dev/null", O_RDONLY | O_CLOEXEC, 0)
        guard null >= 0 else { throw SystemError("open /dev/null") }
        let input = FileDescriptor(owning: null)
        var arguments = command.map { strdup($0) } + [nil]
        var settings = environment().map { strdup($0) } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var pid: pid_t = 0
        let code = pf_spawn_orphan(&pid, program, &arguments, &settings, input.number, 1, 2)
        guard code == 0 else { throw SystemError("start \(program)", code: code) }
        do {
            try NamedThread(name: "successor") { [pid] in
                pf_await_end(pid)
                ended()
            }.detach()
        } catch {
            // Its end would not be noticed.
            kill(pid, SIGKILL)
            throw error
        }
        return pid
    }

    /// This process's own, but what systemd said to it alone.
    private static func environment() -> [String] {
        let own = ["LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "WATCHDOG_PID=", "MAINPID="]
        var found: [String] = []
        guard var next = pf_environment() else { return [] }
        while let text = next.pointee {
            let setting = String(cString: text)
            if !own.contains(where: setting.hasPrefix) { found.append(setting) }
            next += 1
        }
        return found
    }
}
