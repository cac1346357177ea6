import Settings

/// Is this server up? HAProxy's rule (check.c, `set_server_check_status`): one counter from 0 to rise + fall - 1, up from `rise` on.
/// It starts at `rise`, so that the first check decides at once.
///
///     outcome   while up                          while down
///     passed    counter to its top                +1; at `rise`: to its top, up
///     failed    -1; below `rise`: to 0, down      to 0
///
/// Without check settings a server whose name resolves is up.
package struct HealthTracker: Sendable, Equatable {
    /// What an outcome changed.
    package enum Change: Sendable, Equatable { case none, failing, passing, down, up }

    package private(set) var check: CheckSettings?
    package private(set) var isResolved = true
    /// The last outcome that was of effect; nil before.
    package private(set) var lastOutcome: CheckOutcome?
    private var lastFailureIsSoft = false
    /// From 0 to rise + fall - 1.
    package private(set) var counter: Int

    package init(check: CheckSettings?) {
        self.check = check
        self.counter = max(1, check?.rise ?? 1)
    }

    package var isUp: Bool { isResolved && (check == nil || counter >= rise) }

    /// Down, but only since what the check asks is not as wanted, or late (`CheckFailure.isSoft`).
    package var failsSoftly: Bool { isResolved && !isUp && lastFailureIsSoft }

    /// As HAProxy's "2/3 UP": failures left until it falls (while up), or passes so far of those needed (while down).
    package var progress: (current: Int, of: Int) {
        counter >= rise ? (counter - rise + 1, fall) : (counter, rise)
    }

    /// From the start of one check to the start of the next; nil where nothing is checked.
    package var nextInterval: Duration? {
        guard let check else { return nil }
        if counter == top { return check.inter }
        return counter == 0 || !isResolved ? check.downinter : check.fastinter
    }

    package mutating func record(_ outcome: CheckOutcome) -> Change {
        let wasUp = isUp
        let before = counter
        switch outcome {
        case .passed:
            guard check != nil, isResolved else { return .none }
            if counter < top { counter += 1 }
            if counter >= rise { counter = top }
        case .failed(let failure):
            guard check != nil, isResolved else { return .none }
            lastFailureIsSoft = failure.isSoft
            if counter > 0 { counter -= 1 }
            if counter < rise { counter = 0 }
        case .unresolved:
            isResolved = false
            lastFailureIsSoft = false
            // One pass after `.resolved` brings it up.
            counter = rise - 1
        case .resolved:
            guard !isResolved else { return .none }
            isResolved = true
        }
        lastOutcome = outcome
        if isUp != wasUp { return isUp ? .up : .down }
        guard counter != before else { return .none }
        return counter > before ? .passing : .failing
    }

    /// An operator's override: as if so many checks had passed, or failed.
    package mutating func force(isUp: Bool) {
        counter = isUp ? top : 0
        lastFailureIsSoft = false
    }

    /// What the checks of an instance before this one had come to.
    package mutating func restore(counter: Int) {
        guard check != nil else { return }
        self.counter = min(max(counter, 0), top)
    }

    /// Takes new settings and keeps what is known: a server that was up stays up, with as many failures counted as still matter.
    package mutating func adopt(_ newCheck: CheckSettings?) {
        guard newCheck != check else { return }
        let wasUp = isUp
        let missing = top - counter
        let hadCheck = check != nil
        check = newCheck
        if !isResolved {
            counter = rise - 1
        } else if !hadCheck || lastOutcome == nil {
            // The first check decides at once.
            counter = rise
        } else {
            counter = wasUp ? max(rise, top - missing) : min(counter, rise - 1)
        }
    }

    private var rise: Int { max(1, check?.rise ?? 1) }
    private var fall: Int { max(1, check?.fall ?? 1) }
    private var top: Int { rise + fall - 1 }
}
