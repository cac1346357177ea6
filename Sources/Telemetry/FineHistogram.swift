/// How long did half of them take, and all but the slowest twentieth? Buckets of at most a sixteenth of their value, so that a quantile is
/// within 3% of the truth. Counts only grow: what happened in a while is the difference of two histograms.
package struct FineHistogram: Sendable, Equatable {
    /// Below 16 ms a bucket a millisecond; from there on 16 buckets from each power of two to the next; the last holds all above 17 minutes.
    private var counts: [UInt32] = []
    package private(set) var count: UInt64 = 0

    private static let linear = 16
    private static let octaves = 16
    private static let bucketCount = linear + octaves * linear

    package init() {}

    /// Rounded up to whole milliseconds.
    package mutating func add(nanoseconds: Int64) {
        if counts.isEmpty { counts = [UInt32](repeating: 0, count: Self.bucketCount) }
        let milliseconds = UInt64((max(0, min(nanoseconds, .max - 999_999)) + 999_999) / 1_000_000)
        counts[Self.bucket(milliseconds)] &+= 1
        count += 1
    }

    /// The middle of the bucket in which the value of this rank is, in milliseconds; nil: nothing was counted.
    /// - Parameter percent: 1 to 100
    package func quantile(percent: UInt64) -> Int64? {
        guard count > 0 else { return nil }
        let rank = max(1, (count * percent + 99) / 100)
        var before: UInt64 = 0
        for (index, inBucket) in counts.enumerated() {
            before += UInt64(inBucket)
            if before >= rank { return Self.middle(index) }
        }
        return Self.middle(Self.bucketCount - 1)
    }

    /// What was added since; nil where the counters began again meanwhile.
    package func since(_ base: FineHistogram) -> FineHistogram? {
        guard base.count > 0 else { return self }
        guard count >= base.count, !counts.isEmpty else { return nil }
        var difference = self
        difference.count = count - base.count
        for index in counts.indices {
            guard counts[index] >= base.counts[index] else { return nil }
            difference.counts[index] -= base.counts[index]
        }
        return difference
    }

    package static func += (left: inout FineHistogram, right: FineHistogram) {
        guard right.count > 0 else { return }
        if left.counts.isEmpty {
            left = right
            return
        }
        for index in left.counts.indices { left.counts[index] &+= right.counts[index] }
        left.count += right.count
    }

    private static func bucket(_ value: UInt64) -> Int {
        guard value >= linear else { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount
        let part = Int(value >> UInt64(octave - 4)) & (linear - 1)
        return min(bucketCount - 1, linear + (octave - 4) * linear + part)
    }

    private static func middle(_ bucket: Int) -> Int64 {
        guard bucket >= linear else { return Int64(bucket) }
        let octave = (bucket - linear) / linear
        let lower = Int64(linear + (bucket - linear) % linear) << Int64(octave)
        return lower + (Int64(1) << Int64(octave)) / 2
    }
}
