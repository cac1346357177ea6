import Balancing
import Model

/// "A server to which a connection failed gets nothing for a second, or until a check passes; then one request, and more once its
/// connection stands."
struct Door: Equatable {
    private(set) var pausedUntil: MonotonicTime?
    private(set) var wantsTrial = false
    private(set) var isTried = false

    static let open = Door()

    var isOpen: Bool { self == .open }
    var admits: Bool { pausedUntil == nil && !isTried }

    /// - Returns: whether this request is the trial
    mutating func take() -> Bool {
        guard wantsTrial else { return false }
        (wantsTrial, isTried) = (false, true)
        return true
    }

    mutating func learn(_ verdict: Verdict, isTrial: Bool, now: MonotonicTime) {
        if isTried {
            guard isTrial else { return }
            self = Door(wantsTrial: verdict == .none)
            if verdict == .connectFailed { pausedUntil = now + .seconds(1) }
        } else if verdict == .connectFailed {
            self = Door(pausedUntil: now + .seconds(1))
        }
    }

    mutating func connected() {
        if isTried { self = .open }
    }

    mutating func checkPassed() {
        if pausedUntil != nil { self = Door(wantsTrial: true) }
    }

    mutating func timePasses(now: MonotonicTime) {
        if let pausedUntil, pausedUntil <= now { checkPassed() }
    }
}
