import Model

/// When is it logged that the access log loses lines or holds them back? Once when an outage begins, and once when nothing has gone
/// wrong for the quiet period; not for each line. Times are nanoseconds of the monotonic clock.
struct OutageTracker {
    private struct Outage {
        let began: Int64
        let linesDroppedBefore: Int
        var lastProblem: Int64
        /// False while the output is only slow.
        var isFailure: Bool
    }

    private var outage: Outage?
    private let quietPeriod: Int64

    init(quietPeriod: Duration) { self.quietPeriod = quietPeriod.inNanoseconds }

    var isOngoing: Bool { outage != nil }

    /// - Returns: whether to log it: an outage begins, or an output that was only slow has failed.
    mutating func recordProblem(isFailure: Bool, linesDropped: Int, now: Int64) -> Bool {
        guard let known = outage else {
            outage = Outage(began: now, linesDroppedBefore: linesDropped, lastProblem: now, isFailure: isFailure)
            return true
        }
        outage?.lastProblem = now
        outage?.isFailure = known.isFailure || isFailure
        return isFailure && !known.isFailure
    }

    /// The output works.
    /// - Returns: where the outage is over now, its duration and the number of lines lost in it.
    mutating func recordSuccess(linesDropped: Int, now: Int64) -> (seconds: Int64, linesLost: Int)? {
        guard let outage, now - outage.lastProblem >= quietPeriod else { return nil }
        self.outage = nil
        return ((outage.lastProblem - outage.began) / 1_000_000_000, linesDropped - outage.linesDroppedBefore)
    }
}
