import HTTP2
import Synchronization

/// How many HTTP/2 connections ended for going over each limit, by all workers.
final class HTTP2AbuseCounters: Sendable {
    private let counts = Mutex<[HTTP2Abuse: Int]>([:])

    func add(_ abuse: HTTP2Abuse) { counts.withLock { $0[abuse, default: 0] += 1 } }

    /// All limits, in their order.
    var all: [(limit: String, count: Int)] {
        let counts = counts.withLock { $0 }
        return HTTP2Abuse.allCases.map { ($0.rawValue, counts[$0] ?? 0) }
    }
}
