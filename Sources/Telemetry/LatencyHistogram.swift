/// How long did they take? Fixed buckets, as Prometheus wants them: cumulative when printed, plain here.
package struct LatencyHistogram: Sendable, Equatable {
    /// Upper bounds in milliseconds; a last bucket holds what is longer. From a file's millisecond to an agent's ten minutes.
    package static let bounds: [Int64] = [
        1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    ]

    package private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    package private(set) var sumNanoseconds: UInt64 = 0

    package init() {}

    package var count: UInt64 { counts.reduce(0, +) }

    package mutating func add(nanoseconds: Int64) {
        let milliseconds = (max(0, nanoseconds) + 999_999) / 1_000_000
        counts[Self.bounds.firstIndex { milliseconds <= $0 } ?? Self.bounds.count] += 1
        sumNanoseconds += UInt64(max(0, nanoseconds))
    }

    package static func += (left: inout LatencyHistogram, right: borrowing LatencyHistogram) {
        for index in left.counts.indices { left.counts[index] += right.counts[index] }
        left.sumNanoseconds += right.sumNanoseconds
    }
}
