/// A pool's index in `ProxySettings.pools`, valid only with the settings that it was taken from.
package struct PoolIndex: Hashable, Sendable {
    package let value: Int
    package init(_ value: Int) { self.value = value }
}

/// A server's number within its pool for the pool's life. Never used again for another server, not even after a reload.
public struct ServerID: Hashable, Sendable, Comparable {
    public let value: UInt32
    package init(_ value: UInt32) { self.value = value }
    public static func == (left: ServerID, right: ServerID) -> Bool { left.value == right.value }
    public static func < (left: ServerID, right: ServerID) -> Bool { left.value < right.value }
    /// Numbers count up, so one multiplication spreads them; Swift's own hash costs 200 instructions.
    public func _rawHashValue(seed: Int) -> Int { Int(value) &* 0x1E37_79B9_7F4A_7C15 ^ seed }
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

/// Names one exchange to a pool: which worker owns it and which of its exchanges it is. Never used twice in a process.
package struct Ticket: Hashable, Sendable {
    package let worker: UInt16
    package let serial: UInt64
    package init(worker: UInt16, serial: UInt64) {
        self.worker = worker
        self.serial = serial
    }
}

/// Nanoseconds of the monotonic clock. Passed in as an argument everywhere below Engine.
package struct MonotonicTime: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package static let zero = MonotonicTime(nanoseconds: 0)

    @inlinable package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable package static func + (time: MonotonicTime, interval: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(interval.inNanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }
    @inlinable package static func - (time: MonotonicTime, interval: Duration) -> MonotonicTime {
        let (difference, overflow) = time.nanoseconds.subtractingReportingOverflow(interval.inNanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .min : difference)
    }
    /// How long from `right` to `left`; negative when `left` is earlier.
    @inlinable package static func - (left: MonotonicTime, right: MonotonicTime) -> Duration {
        .nanoseconds(left.nanoseconds &- right.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds, held to what 64 bits can say (292 years).
    @inlinable package var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? .max : sum
    }

    /// Whole milliseconds, rounded down.
    @inlinable package var inMilliseconds: Int64 { inNanoseconds / 1_000_000 }
}
