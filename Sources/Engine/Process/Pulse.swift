import Synchronization

/// Asks all workers whether they make progress. Each beats once, on its own thread.
final class Pulse: Sendable {
    private let missing: Atomic<Int>

    init(workers: Int) { missing = Atomic(workers) }

    /// Once by each worker.
    func beat() { missing.subtract(1, ordering: .relaxed) }

    var isComplete: Bool { missing.load(ordering: .relaxed) <= 0 }
}
