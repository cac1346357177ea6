import Model

/// How many requests of a class end in a second? Counted over the last ten seconds or so: a full window and the running one, weighted.
struct CompletionRate: Sendable {
    private static let window: Int64 = 10_000_000_000
    /// Nothing that ended longer ago is counted.
    static let span = Duration.nanoseconds(2 * window)
    private var began: Int64 = 0
    private var current = 0
    private var previous = 0

    mutating func count(_ now: MonotonicTime) {
        turn(now)
        current += 1
    }

    /// 0: not known, since no full window has passed or nothing ended in the last one.
    func perSecond(_ now: MonotonicTime) -> Double {
        var rate = self
        rate.turn(now)
        guard rate.previous > 0 else { return 0 }
        let share = Double(max(0, now.nanoseconds - rate.began)) / Double(Self.window)
        return (Double(rate.previous) * max(0, 1 - share) + Double(rate.current)) / 10
    }

    private mutating func turn(_ now: MonotonicTime) {
        let passed = now.nanoseconds - began
        guard passed >= Self.window else { return }
        previous = passed < 2 * Self.window ? current : 0
        current = 0
        began = now.nanoseconds - passed % Self.window
    }
}
