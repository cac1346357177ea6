import Model

/// Can connections to this server be made, as far as the requests that were sent there show? A dead server looks like the least loaded of
/// all: without a circuit breaker each queued request would go there, fail and lose a try until the health checks have noticed.
///
/// ```
/// closed   → open                a connection failed
/// open     → halfOpen            its time is over, or a check passed
/// halfOpen → probing             one request goes there; the others wait, or go elsewhere
/// probing  → closed              its connection is established
///          → open | halfOpen     it failed | the client went away before that was known
/// ```
/// It stays open for HAProxy's time between tries on the same server (configuration.txt, `retries`: one second).
package enum CircuitBreaker: Sendable, Equatable {
    case closed
    case open(until: MonotonicTime)
    case halfOpen
    case probing

    static let openTime = Duration.seconds(1)

    /// Whether a request may be sent there.
    var admits: Bool { self == .closed || self == .halfOpen }

    /// A request that was sent there has ended. While one probes, the others' results are older.
    mutating func record(_ verdict: Verdict, isTrial: Bool, now: MonotonicTime) {
        if self == .probing, !isTrial { return }
        switch verdict {
        case .connectFailed: self = .open(until: now + Self.openTime)
        case .none: if self == .probing { self = .halfOpen }
        case .served, .responseFailed: if self == .probing { self = .closed }
        }
    }

    mutating func checkPassed() {
        if isOpen { self = .halfOpen }
    }

    mutating func timePasses(now: MonotonicTime) {
        if case .open(let until) = self, until <= now { self = .halfOpen }
    }

    var isOpen: Bool {
        if case .open = self { true } else { false }
    }
}
