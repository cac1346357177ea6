/// What a listener's connections add up to.
package struct ConnectionTally: Sendable {
    package private(set) var current = 0
    /// The most at a time; over several workers an upper bound.
    package private(set) var maximum = 0
    package private(set) var total: UInt64 = 0
    /// Connections that were opened.
    package private(set) var rate = RateCounter()
    package private(set) var handshakesDone: UInt64 = 0
    package private(set) var handshakesFailed: UInt64 = 0
    package private(set) var handshakeTimes = LatencyHistogram()

    package init() {}

    /// - Parameter second: since 1970
    mutating func opened(at second: Int64) {
        current += 1
        rate.add(at: second)
        maximum = max(maximum, current)
        total += 1
    }

    mutating func closed() { current -= 1 }

    mutating func handshakeDone(nanoseconds: Int64) {
        handshakesDone += 1
        handshakeTimes.add(nanoseconds: nanoseconds)
    }

    mutating func handshakeFailed() { handshakesFailed += 1 }

    /// What is open stays counted.
    mutating func clear() {
        let open = current
        self = ConnectionTally()
        current = open
        maximum = open
    }

    mutating func clearMaxima() {
        maximum = current
        rate.clearMaximum()
    }

    static func += (left: inout ConnectionTally, right: borrowing ConnectionTally) {
        left.current += right.current
        left.maximum += right.maximum
        left.total += right.total
        left.rate += right.rate
        left.handshakesDone += right.handshakesDone
        left.handshakesFailed += right.handshakesFailed
        left.handshakeTimes += right.handshakeTimes
    }
}
