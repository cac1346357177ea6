import Synchronization

/// What all workers count together, since the limits on it are the process's.
final class ProcessCounters: Sendable {
    let connections = Atomic<Int>(0)
    let handshakes = Atomic<Int>(0)
    /// Each worker adds its own when it ends.
    let requests = Atomic<Int>(0)
    let turnedAway = Atomic<Int>(0)
    private let sources = Mutex<[SourceAddress: Int]>([:])

    struct SourceAddress: Hashable, Sendable {
        let high: UInt64
        let low: UInt64
    }

    /// False when the source has as many connections as `limit` allows; else counts one more, which `leave` takes back.
    func admit(_ source: SourceAddress, limit: Int) -> Bool {
        sources.withLock { counts in
            let count = counts[source, default: 0]
            guard count < limit else { return false }
            counts[source] = count + 1
            return true
        }
    }

    func leave(_ source: SourceAddress) {
        sources.withLock { counts in
            guard let count = counts[source] else { return }
            counts[source] = count > 1 ? count - 1 : nil
        }
    }
}
