import Model
import Puppet
import Settings

/// An entry of `avg_queue`: the pool's queued requests by usable server, rounded up, are more than a number.
package struct AverageQueueCondition: Sendable, DescribedCondition {
    let key = "avg_queue"
    private let pool: PoolIndex
    private let poolName: String
    private let limit: Int

    init(_ pool: PoolIndex, above limit: Int, _ settings: ProxySettings) {
        self.pool = pool
        self.limit = limit
        poolName = settings.pools.indices.contains(pool.value) ? settings.pools[pool.value].name : ""
    }

    /// What `averageQueue` gives where queues are not known: no condition holds.
    package static let unknown = Int.min

    func holds(_ averageQueue: (PoolIndex) -> Int) -> Bool { averageQueue(pool) > limit }

    var description: String { "\(key)(\(poolName)) > \(limit)" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        let length = averageQueue(pool)
        guard length != AverageQueueCondition.unknown else { return "\(key) of \(poolName) > \(limit) counts as not holding here" }
        return "\(key) of \(poolName) is \(length), not more than \(limit)"
    }
}
