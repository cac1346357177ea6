import Foundation
import Synchronization

/// Agents that run again and again, each on its own thread, until they are stopped.
final class DemoAgents: Sendable {
    struct Tally: Sendable {
        var runCount = 0
        var withoutCatalogCount = 0
        var requestCount = 0
        /// The last few failures, for the summary.
        var failures: [String] = []
        var failureCount = 0
        var durations: Duration = .zero
    }

    private let tally = Mutex(Tally())
    private let isStopping = Atomic(false)
    private let threads = ThreadGroup()

    var current: Tally { tally.withLock { $0 } }

    /// - Parameter pause: between two runs of an agent
    func start(_ members: [(agent: StandInAgent, membership: StandInAgent.Membership)], pause: Duration) {
        for (agent, membership) in members {
            threads.run { [self] in
                while !isStopping.load(ordering: .relaxed) {
                    add(agent.steadyRun(as: membership))
                    Thread.sleep(forTimeInterval: Double(pause.components.attoseconds) / 1e18 + Double(pause.components.seconds))
                }
            }
        }
    }

    /// Lets the runs end; false where one has not ended within `timeout`.
    @discardableResult
    func stop(within timeout: Duration = .seconds(20)) -> Bool {
        isStopping.store(true, ordering: .relaxed)
        return threads.wait(atMost: timeout)
    }

    private func add(_ report: RunReport) {
        tally.withLock { tally in
            tally.runCount += 1
            tally.requestCount += report.requestCount
            tally.durations += report.duration
            if !report.hasCatalog { tally.withoutCatalogCount += 1 }
            tally.failureCount += report.failures.count
            tally.failures = (tally.failures + report.failures.map { "\(report.certname) \($0)" }).suffix(10)
        }
    }
}
