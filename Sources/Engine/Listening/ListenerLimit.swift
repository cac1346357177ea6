import Synchronization

/// How many connections one listener has on all workers together, and how many it may have. Lives outside the snapshot, by the listener's
/// name, so that both survive a reload. Workers that look at the same moment may each accept one more.
final class ListenerLimit: Sendable {
    let connections = Atomic<Int>(0)
    /// An operator override; 0: none.
    let maximum = Atomic<Int>(0)

    var isFull: Bool {
        let maximum = maximum.load(ordering: .relaxed)
        return maximum > 0 && connections.load(ordering: .relaxed) >= maximum
    }
}
