import CLinux
import Synchronization

/// Messages from any thread to the one loop that owns it; an eventfd wakes the loop.
package final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    private let wakeup: Int32

    package init() throws(SystemError) {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard wakeup >= 0 else { throw SystemError("eventfd") }
    }

    deinit { _ = close(wakeup) }

    /// What the loop polls.
    package var descriptor: Int32 { wakeup }

    package func post(_ message: Message) {
        let wasEmpty = messages.withLock { queue in
            queue.append(message)
            return queue.count == 1
        }
        guard wasEmpty else { return }
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    /// Takes everything out, in order, into `batch`, which must be empty.
    package func drain(into batch: inout [Message]) {
        var count: UInt64 = 0
        _ = read(wakeup, &count, 8)
        messages.withLock { queue in swap(&queue, &batch) }
    }
}
