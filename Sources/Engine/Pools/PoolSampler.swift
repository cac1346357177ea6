import Network
import Telemetry

/// What did each pool do in the last hour? Samples queues and counters once a second. On the control loop.
final class PoolSampler {
    private var history = PoolHistory()
    private let begin = Moment.now

    func tick(_ pools: PoolRegistry, _ workers: WorkerGroup) {
        let queued = pools.all.map { ($0.name, $0.queued) }
        history.tick(second: second(.now), queued: Dictionary(queued) { first, _ in first }, activity: workers.activities)
    }

    /// - Parameters:
    ///   - activity: of all workers
    ///   - queued: requests in the pool's queue now
    func samples(of pool: String, activity: PoolActivity, queued: Int, now: Moment) -> [PoolHistory.Sample] {
        history.samples(of: pool, second: second(now), activity: activity, queued: queued)
    }

    private func second(_ now: Moment) -> Int64 { now.steady - begin.steady }
}
