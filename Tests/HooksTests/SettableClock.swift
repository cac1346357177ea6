import Network
import Synchronization

/// The monotonic clock, which a test may advance: a limit passes when the test says so, however loaded the machine is.
final class SettableClock: Sendable {
    private let offset = Mutex<Int64>(0)

    /// Nanoseconds.
    var now: Int64 { MonotonicClock.nanoseconds() + offset.withLock { $0 } }

    func advance(by time: Duration) { offset.withLock { $0 += time.components.seconds * 1_000_000_000 } }
}
