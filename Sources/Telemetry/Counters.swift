import Model

/// What one worker has counted since it began; the sums are told when the process ends.
package struct Counters: Sendable, Equatable {
    package var connections: UInt64 = 0
    package var handshakes: UInt64 = 0
    package var failedHandshakes: UInt64 = 0
    package private(set) var requests: UInt64 = 0
    /// Answers by the hundreds of their status: 1xx at 0 to 5xx at 4.
    package private(set) var answers: [UInt64] = [0, 0, 0, 0, 0]
    /// Requests that were refused, failed or cut.
    package private(set) var reasons: [Reason: UInt64] = [:]

    package init() {}

    /// One request has ended. `status` nil: no answer was begun; `reason` nil: the server's answer was delivered whole.
    package mutating func countRequest(status: Int?, reason: Reason?) {
        requests += 1
        if let status, (100..<600).contains(status) { answers[status / 100 - 1] += 1 }
        if let reason { reasons[reason, default: 0] += 1 }
    }

    package mutating func merge(_ other: Counters) {
        connections += other.connections
        handshakes += other.handshakes
        failedHandshakes += other.failedHandshakes
        requests += other.requests
        for index in answers.indices { answers[index] += other.answers[index] }
        reasons.merge(other.reasons, uniquingKeysWith: +)
    }
}
