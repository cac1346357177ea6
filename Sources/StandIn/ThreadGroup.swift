import Foundation

/// Plain threads, counted, so that a caller can wait until all have ended.
final class ThreadGroup: @unchecked Sendable {
    /// Guards `running`.
    private let condition = NSCondition()
    private var running = 0

    func run(_ body: @escaping @Sendable () -> Void) {
        condition.lock()
        running += 1
        condition.unlock()
        let thread = Thread { [self] in
            body()
            condition.lock()
            running -= 1
            condition.broadcast()
            condition.unlock()
        }
        thread.stackSize = 512 * 1024
        thread.start()
    }

    /// Whether all ended in time.
    @discardableResult
    func wait(atMost timeout: Duration) -> Bool {
        let limit = Date().addingTimeInterval(Double(timeout.components.seconds))
        condition.lock()
        defer { condition.unlock() }
        while running > 0 {
            guard condition.wait(until: limit) else { return running == 0 }
        }
        return true
    }
}
