/// A pool's part of a `Tally`.
package struct PoolTally: Sendable {
    /// What a counter of answers goes by.
    package struct Answer: Hashable, Sendable {
        /// A word of `PuppetEndpoint`.
        package let endpoint: [UInt8]
        /// 0: none was begun.
        package let status: Int
    }

    package private(set) var traffic = TrafficCounters()
    /// By name; those of servers that a reload removed stay until the counters are cleared.
    package private(set) var servers: [[UInt8]: TrafficCounters] = [:]
    package private(set) var answers: [Answer: UInt64] = [:]
    package private(set) var queueTimes = LatencyHistogram()
    /// By endpoint.
    package private(set) var requestTimes: [[UInt8]: LatencyHistogram] = [:]
    /// Requests that went on to another pool, by its name.
    package private(set) var overflowed: [[UInt8]: UInt64] = [:]

    /// Kinds of answers counted apart: a server's statuses are its own to invent.
    private static let answerBound = 2_000

    package init() {}

    mutating func add(_ record: borrowing AccessRecord) {
        traffic.add(record)
        if !record.server.isEmpty { servers[record.server, default: TrafficCounters()].add(record) }
        let answer = Answer(endpoint: record.endpoint, status: record.status ?? 0)
        if answers[answer] != nil || answers.count < Self.answerBound { answers[answer, default: 0] += 1 }
        if let time = record.queueTime { queueTimes.add(nanoseconds: time) }
        if let time = record.totalTime { requestTimes[record.endpoint, default: LatencyHistogram()].add(nanoseconds: time) }
    }

    mutating func overflowed(to pool: [UInt8]) { overflowed[pool, default: 0] += 1 }

    static func += (left: inout PoolTally, right: borrowing PoolTally) {
        left.traffic += right.traffic
        for (name, counters) in right.servers { left.servers[name, default: TrafficCounters()] += counters }
        for (answer, count) in right.answers { left.answers[answer, default: 0] += count }
        left.queueTimes += right.queueTimes
        for (name, times) in right.requestTimes { left.requestTimes[name, default: LatencyHistogram()] += times }
        for (name, count) in right.overflowed { left.overflowed[name, default: 0] += count }
    }
}
