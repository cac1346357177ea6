import Synchronization
import Telemetry

/// A worker's tally: the worker adds to it, the control loop copies it. Its lock is hardly ever waited for.
final class SharedTally: Sendable {
    private let tally = Mutex(Tally())

    func withLock<Result: ~Copyable>(_ body: (inout Tally) -> sending Result) -> sending Result {
        tally.withLock { body(&$0) }
    }

    var copy: Tally { tally.withLock { $0 } }
}
