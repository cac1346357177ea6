import Foundation

/// SIGINT and SIGTERM, taken by a thread that waits for them. Make it before any other thread, so that all inherit the mask.
/// A second signal ends the process at once.
final class StopSignals: @unchecked Sendable {
    /// Guards `hasCome` and `action`.
    private let condition = NSCondition()
    private var hasCome = false
    private var action: @Sendable () -> Void = {}

    init() {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGINT)
        sigaddset(&wanted, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &wanted, nil)
        Thread.detachNewThread { [self, wanted] in
            var signals = wanted
            var number: Int32 = 0
            sigwait(&signals, &number)
            come()
            sigwait(&signals, &number)
            _exit(128 + number)
        }
    }

    /// Runs `body` when the first signal arrives; at once if it already has.
    func onStop(_ body: @escaping @Sendable () -> Void) {
        condition.lock()
        action = body
        let isLate = hasCome
        condition.unlock()
        if isLate { body() }
    }

    func wait() {
        condition.lock()
        while !hasCome { condition.wait() }
        condition.unlock()
    }

    private func come() {
        condition.lock()
        hasCome = true
        let body = action
        condition.broadcast()
        condition.unlock()
        body()
    }
}
