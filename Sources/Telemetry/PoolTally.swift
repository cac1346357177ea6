/// A pool's part of a `Tally`.
package struct PoolTally: Sendable {
    /// The key of a counter of responses.
    package struct Response: Hashable, Sendable {
        package let listener: [UInt8]
        /// A word of `PuppetEndpoint`.
        package let endpoint: [UInt8]
        /// 0: none was begun.
        package let status: Int

        package init(listener: [UInt8], endpoint: [UInt8], status: Int) {
            self.listener = listener
            self.endpoint = endpoint
            self.status = status
        }
    }

    /// What one endpoint's requests add up to.
    private struct Endpoint {
        /// Few statuses come again and again, at few listeners.
        var responses: [(listener: [UInt8], status: Int, count: UInt64)] = []
        var times = LatencyHistogram()

        /// True where this has not been seen before: it is counted if `mayAdd`.
        mutating func add(_ listener: [UInt8], _ status: Int, _ count: UInt64 = 1, mayAdd: Bool) -> Bool {
            for index in responses.indices where responses[index].status == status && responses[index].listener == listener {
                responses[index].count += count
                return false
            }
            if mayAdd { responses.append((listener, status, count)) }
            return mayAdd
        }
    }

    package private(set) var traffic = TrafficCounters()
    package private(set) var activity = PoolActivity()
    private var byServer = NameTable<TrafficCounters>()
    private var byEndpoint = NameTable<Endpoint>()
    private var responseCount = 0
    package private(set) var queueTimes = LatencyHistogram()
    /// Requests that went on to another pool, by its name.
    package private(set) var overflowed: [[UInt8]: UInt64] = [:]

    /// Kinds of responses that are counted separately: bounded, since a server may invent statuses.
    private static let responseBound = 2_000

    package init() {}

    /// By name; those of servers that a reload removed stay until the counters are cleared.
    package var servers: [[UInt8]: TrafficCounters] { byServer.dictionary }

    package var responses: [Response: UInt64] {
        var result: [Response: UInt64] = [:]
        for (endpoint, tally) in byEndpoint.dictionary {
            for (listener, status, count) in tally.responses {
                result[Response(listener: listener, endpoint: endpoint, status: status)] = count
            }
        }
        return result
    }

    /// By endpoint.
    package var requestTimes: [[UInt8]: LatencyHistogram] { byEndpoint.dictionary.mapValues(\.times) }

    mutating func add(_ record: borrowing AccessRecord) {
        traffic.add(record)
        activity.add(record)
        if !record.server.isEmpty {
            // A retry counts for the server that failed, not for the one that took over.
            byServer[byServer.place(of: record.server, new: TrafficCounters())].add(
                record, retries: record.retries - record.failedTries.count)
        }
        for failed in record.failedTries { byServer[byServer.place(of: failed.server, new: TrafficCounters())].add(failed) }
        let place = byEndpoint.place(of: record.endpoint, new: Endpoint())
        if byEndpoint[place].add(record.listener, record.status ?? 0, mayAdd: responseCount < Self.responseBound) { responseCount += 1 }
        if let time = record.queueTime { queueTimes.add(nanoseconds: time) }
        if let time = record.totalTime { byEndpoint[place].times.add(nanoseconds: time) }
    }

    mutating func clearMaxima() {
        traffic.rate.clearMaximum()
        byServer.mutateEach { $0.rate.clearMaximum() }
    }

    mutating func overflowed(to pool: [UInt8]) { overflowed[pool, default: 0] += 1 }

    static func += (left: inout PoolTally, right: borrowing PoolTally) {
        left.traffic += right.traffic
        left.activity += right.activity
        left.byServer.add(right.byServer, new: TrafficCounters()) { $0 += $1 }
        var added = 0
        left.byEndpoint.add(right.byEndpoint, new: Endpoint()) { sum, endpoint in
            for (listener, status, count) in endpoint.responses where sum.add(listener, status, count, mayAdd: true) { added += 1 }
            sum.times += endpoint.times
        }
        left.responseCount += added
        left.queueTimes += right.queueTimes
        for (name, count) in right.overflowed { left.overflowed[name, default: 0] += count }
    }
}
