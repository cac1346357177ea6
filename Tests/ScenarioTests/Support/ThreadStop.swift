import Foundation

// Variadic in C, and so hidden from Swift; integers go the same way.
@_silgen_name("ptrace") private func traceCall(_ request: Int, _ pid: Int, _ address: Int, _ data: Int) -> Int

/// Stops one thread of another process, as if it hung; the others run on (ptrace(2)). All from one thread.
struct ThreadStop {
    private static let (detach, seize, interrupt) = (17, 0x4206, 0x4207)
    private let thread: Int

    /// nil: there is no such thread, or the system does not let us.
    init?(of pid: pid_t, named name: String) {
        let folder = "/proc/\(pid)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let found = threads.first { (try? String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8)) == name + "\n" }
        guard let text = found, let thread = Int(text) else { return nil }
        self.thread = thread
        guard traceCall(Self.seize, thread, 0, 0) == 0, traceCall(Self.interrupt, thread, 0, 0) == 0 else { return nil }
        var status: Int32 = 0
        // Threads of others are waited for with __WALL.
        guard waitpid(pid_t(thread), &status, 0x4000_0000) == pid_t(thread) else { return nil }
    }

    func end() { _ = traceCall(Self.detach, thread, 0, 0) }
}
