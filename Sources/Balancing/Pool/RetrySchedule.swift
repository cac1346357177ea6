import Model

/// When shall an agent whose request is refused retry?
///
/// Refused agents get places in a virtual line that moves at the pool's measured capacity, after the queued requests: they retry spread
/// out, not as a second herd. The line's length is counted, not timed, so that a newly measured capacity counts at once. Where the capacity
/// is not known, or the line is longer than agents wait, a hash of the key spreads them.
/// Invariants: an agent that asks again before its time gets the same time; memory is bounded, and the oldest places are evicted first.
package struct RetrySchedule: Sendable {
    /// Agents wait for their runinterval at most, half an hour unless set otherwise.
    package static let longest = 1800
    /// Seconds, where the capacity is not known.
    package static let unmeasured = 30...300

    private struct Place: Sendable {
        /// Of the key: two keys of one hash retry together, which does no harm.
        let hash: UInt64
        let time: MonotonicTime
    }

    /// How many places are remembered.
    private let limit: Int
    /// A ring once it is full: `oldest` is the next to be replaced.
    private var places: [Place] = []
    private var oldest = 0
    private var times: [UInt64: MonotonicTime] = [:]
    /// How many refused agents have not had their turn yet, by the measured capacity.
    private var ahead = 0.0
    private var lastAsked = MonotonicTime.zero

    package init(remembering limit: Int = 16384) { self.limit = limit }

    /// How many keys have a time now.
    var rememberedCount: Int { times.count }

    /// In how many seconds: 1 to `longest`.
    /// - Parameters:
    ///   - key: of the agent, such as its certname in lower case
    ///   - perSecond: how many such requests the pool serves a second; 0 where that is not known
    ///   - waiting: how many wait in the queue now
    package mutating func retryAfter(_ key: [UInt8], perSecond: Double, waiting: Int, now: MonotonicTime) -> Int {
        let hash = HashRing.hash(key)
        if let time = times[hash], time > now { return Self.seconds(from: now, to: time) }
        let time = now + delay(hash, perSecond: perSecond, waiting: waiting, now: now)
        remember(Place(hash: hash, time: time))
        return Self.seconds(from: now, to: time)
    }

    private mutating func delay(_ hash: UInt64, perSecond: Double, waiting: Int, now: MonotonicTime) -> Duration {
        let passed = Double(max(0, (now - lastAsked).inNanoseconds)) / 1e9
        lastAsked = max(lastAsked, now)
        // Slower than one in the longest wait is as good as not known.
        guard perSecond * Double(Self.longest) >= 1 else { return Self.spread(hash, over: Self.unmeasured) }
        ahead = max(0, ahead - perSecond * passed)
        let seconds = (Double(max(0, waiting)) + ahead + 1) / perSecond
        // An agent that finds no place in the line retries in the second half of the longest wait, and does not make the line longer.
        guard seconds <= Double(Self.longest) else { return Self.spread(hash, over: Self.longest / 2...Self.longest) }
        ahead += 1
        return .nanoseconds(Int64(seconds * 1e9))
    }

    private static func spread(_ hash: UInt64, over seconds: ClosedRange<Int>) -> Duration {
        .seconds(seconds.lowerBound + Int(hash % UInt64(seconds.count)))
    }

    /// Rounded up.
    private static func seconds(from now: MonotonicTime, to time: MonotonicTime) -> Int {
        let nanoseconds = (time - now).inNanoseconds
        return min(longest, max(1, Int((nanoseconds + 999_999_999) / 1_000_000_000)))
    }

    private mutating func remember(_ place: Place) {
        guard limit > 0 else { return }
        times[place.hash] = place.time
        if places.count < limit { return places.append(place) }
        // A key that was given another time since is remembered by its newer place.
        if times[places[oldest].hash] == places[oldest].time { times[places[oldest].hash] = nil }
        places[oldest] = place
        oldest = oldest + 1 == limit ? 0 : oldest + 1
    }
}
