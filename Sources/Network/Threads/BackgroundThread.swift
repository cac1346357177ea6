import CLinux
import Synchronization

/// A thread for work that may block: name lookups and files. Runs jobs in the order in which they were submitted.
package final class BackgroundThread: Sendable {
    private let work = Mutex<[@Sendable () -> Void]>([])
    private let wakeup: Int32

    package init(name: String) throws(SystemError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeup >= 0 else { throw SystemError("eventfd") }
        try NamedThread(name: name) { [self] in run() }.detach()
    }

    package func perform(_ body: @escaping @Sendable () -> Void) {
        work.withLock { $0.append(body) }
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    private func run() -> Never {
        while true {
            var count: UInt64 = 0
            _ = read(wakeup, &count, 8)
            let batch = work.withLock { queue in
                let taken = queue
                queue.removeAll()
                return taken
            }
            for body in batch { body() }
        }
    }
}
