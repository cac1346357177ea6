import Balancing
import Model

/// "A server to which a connection failed gets nothing for a second, or until a check passes; then one request, and more once its
/// connection is established."
struct BreakerModel: Equatable {
    private(set) var openUntil: MonotonicTime?
    private(set) var isHalfOpen = false
    private(set) var isProbing = false

    static let closed = BreakerModel()

    var isClosed: Bool { self == .closed }
    var admits: Bool { openUntil == nil && !isProbing }

    /// - Returns: whether this request is the trial
    mutating func take() -> Bool {
        guard isHalfOpen else { return false }
        (isHalfOpen, isProbing) = (false, true)
        return true
    }

    mutating func record(_ verdict: Verdict, isTrial: Bool, now: MonotonicTime) {
        if isProbing {
            guard isTrial else { return }
            self = BreakerModel(isHalfOpen: verdict == .none)
            if verdict == .connectFailed { openUntil = now + .seconds(1) }
        } else if verdict == .connectFailed {
            self = BreakerModel(openUntil: now + .seconds(1))
        }
    }

    mutating func connected() {
        if isProbing { self = .closed }
    }

    mutating func checkPassed() {
        if openUntil != nil { self = BreakerModel(isHalfOpen: true) }
    }

    mutating func timePasses(now: MonotonicTime) {
        if let openUntil, openUntil <= now { checkPassed() }
    }
}
