/// How many there were in the last whole second, and the most in one. Seconds since 1970, in which something ended.
package struct RateCounter: Sendable, Equatable {
    private var second: Int64 = 0
    private var inSecond: UInt64 = 0
    private var inSecondBefore: UInt64 = 0
    /// Over several workers an upper bound.
    package private(set) var maximum: UInt64 = 0

    package init() {}

    package mutating func add(at moment: Int64) {
        // Who began earlier may end a moment earlier by the wall clock; what is older than that is a clock that was set back.
        if moment == second - 1 {
            inSecondBefore += 1
            maximum = max(maximum, inSecondBefore)
            return
        }
        turn(to: moment)
        inSecond += 1
        maximum = max(maximum, inSecond)
    }

    package func rate(now: Int64) -> UInt64 { now == second ? inSecondBefore : now == second + 1 ? inSecond : 0 }

    package mutating func clearMaximum() { maximum = 0 }

    private mutating func turn(to moment: Int64) {
        guard moment != second else { return }
        inSecondBefore = moment == second + 1 ? inSecond : 0
        inSecond = 0
        second = moment
    }

    package static func += (left: inout RateCounter, right: borrowing RateCounter) {
        var other = copy right
        if left.second < other.second { left.turn(to: other.second) } else { other.turn(to: left.second) }
        left.inSecond += other.inSecond
        left.inSecondBefore += other.inSecondBefore
        left.maximum += other.maximum
    }
}
