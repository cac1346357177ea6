import Model

/// Can connections to this server be made, as far as the requests that are sent there tell? A dead server looks like the least loaded of
/// all: without this, each request that waits would go there, fail and lose a try until the checks have noticed.
///
/// ```
/// open   → paused           a connection failed
/// paused → ajar             its time is over, or a check passed
/// ajar   → tried            one request goes there; the others wait, or go elsewhere
/// tried  → open             its connection stands
///        → paused | ajar    it failed | the agent went away before that was known
/// ```
/// The pause is HAProxy's time between tries on the same server (configuration.txt, `retries`: one second).
package enum Reach: Sendable, Equatable {
    case open
    case paused(until: MonotonicTime)
    case ajar
    case tried

    static let pause = Duration.seconds(1)

    /// Whether a request may be sent there.
    var admits: Bool { self == .open || self == .ajar }

    /// A request that was sent there has ended. While one tries for all, what others tell is older.
    mutating func learn(_ verdict: Verdict, isTrial: Bool, now: MonotonicTime) {
        if self == .tried, !isTrial { return }
        switch verdict {
        case .connectFailed: self = .paused(until: now + Self.pause)
        case .none: if self == .tried { self = .ajar }
        case .served, .answerFailed: if self == .tried { self = .open }
        }
    }

    mutating func checkPassed() {
        if case .paused = self { self = .ajar }
    }

    mutating func timePasses(now: MonotonicTime) {
        if case .paused(let until) = self, until <= now { self = .ajar }
    }

    var isPaused: Bool {
        if case .paused = self { true } else { false }
    }
}
