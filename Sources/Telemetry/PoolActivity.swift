/// What a pool's history is made of: counters that only grow.
package struct PoolActivity: Sendable, Equatable {
    package private(set) var requests: UInt64 = 0
    /// Requests that ended in 5xx, in a cut response or in none, but for those whose client left.
    package private(set) var errors: UInt64 = 0
    /// Of catalogs that were delivered, the queue included.
    package private(set) var catalogTimes = FineHistogram()

    private static let catalog = Array("catalog".utf8)

    package init() {}

    mutating func add(_ record: borrowing AccessRecord) {
        requests += 1
        let status = record.status ?? 0
        if record.reason != .clientGone, status >= 500 || status == 0 || record.reason == .cut { errors += 1 }
        if status == 200, record.reason == nil, record.endpoint == Self.catalog, let time = record.totalTime {
            catalogTimes.add(nanoseconds: time)
        }
    }

    /// What happened since; where the counters were cleared meanwhile, all that they have.
    package func since(_ base: PoolActivity) -> PoolActivity {
        guard requests >= base.requests, errors >= base.errors, let times = catalogTimes.since(base.catalogTimes) else { return self }
        var difference = self
        difference.requests -= base.requests
        difference.errors -= base.errors
        difference.catalogTimes = times
        return difference
    }

    package static func += (left: inout PoolActivity, right: PoolActivity) {
        left.requests += right.requests
        left.errors += right.errors
        left.catalogTimes += right.catalogTimes
    }
}
