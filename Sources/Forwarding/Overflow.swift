import Model
import Settings

/// To which pool does a request go where the decided one is crowded? `overflow: { to, when: avg_queue > N }`.
///
/// It goes on while the pool at hand is above its limit, or has no usable server at all (a request that is dropped is a failed run), and
/// the next pool has one; at most three times. Cycles are refused when the configuration is read.
package enum Overflow {
    package static let longestChain = 3

    /// - Parameters:
    ///   - pool: what the routes have decided
    ///   - settings: of a pool; nil: it does not overflow
    ///   - averageQueue: asked only where it matters, as `isUsable` is
    package static func destination(
        from pool: PoolIndex, settings: (PoolIndex) -> OverflowSettings?, averageQueue: (PoolIndex) -> Int, isUsable: (PoolIndex) -> Bool
    ) -> PoolIndex {
        var current = pool
        for _ in 0..<longestChain {
            guard let overflow = settings(current) else { return current }
            guard averageQueue(current) > overflow.averageQueueAbove || !isUsable(current), isUsable(overflow.to) else { return current }
            current = overflow.to
        }
        return current
    }
}
