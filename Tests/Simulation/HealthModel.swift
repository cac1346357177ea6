import Balancing
import Model
import Settings

/// Is a server up by its checks? "A server starts up; its first check decides at once"; then `rise` and `fall` in a row decide, and a
/// name without address is down.
struct HealthModel {
    private(set) var check: CheckSettings?
    private var isResolved = true
    private var isPassing = true
    /// Outcomes in a row that speak against `isPassing`.
    private var against = 0
    private var isChecked = false
    private var failedSoftly = false

    init(_ check: CheckSettings?) { self.check = check }

    var isUp: Bool { isResolved && (isPassing || check == nil) }

    /// Its port takes connections, but what the check asks is not as wanted, or late.
    var onlyFailsSoftly: Bool { check != nil && isResolved && !isPassing && failedSoftly }

    mutating func record(_ outcome: CheckOutcome) {
        switch outcome {
        case .unresolved:
            isResolved = false
            isPassing = false
            isChecked = true
            failedSoftly = false
            // One pass brings it up when the name has an address again.
            against = (check?.rise ?? 1) - 1
        case .resolved:
            isResolved = true
        case .passed:
            count(passes: true)
        case .failed(let failure):
            guard check != nil, isResolved else { return }
            failedSoftly = HealthModel.isSoft(failure)
            count(passes: false)
        }
    }

    /// The contract's list: a wrong status, a wrong body, a check's time running out after the connection was made.
    private static func isSoft(_ failure: CheckFailure) -> Bool {
        switch failure.cause {
        case .layer6Timeout, .layer7Timeout, .layer7Status: true
        case .layer7Response: failure.code != nil
        case .socketError, .layer4Refused, .layer4Timeout, .layer6Response: false
        }
    }

    private mutating func count(passes: Bool) {
        guard let check, isResolved else { return }
        against = passes == isPassing ? 0 : against + 1
        let needed = !isChecked ? 1 : isPassing ? check.fall : check.rise
        isChecked = true
        if against >= needed {
            isPassing = passes
            against = 0
        }
    }

    /// An operator override, until checks report otherwise.
    mutating func force(isUp: Bool) {
        isPassing = isUp
        isChecked = true
        against = 0
        failedSoftly = false
    }

    /// What is known is kept; where nothing was checked before, the first check decides.
    mutating func adopt(_ new: CheckSettings?) {
        guard new != check else { return }
        defer { check = new }
        if !isResolved {
            isPassing = false
            against = (new?.rise ?? 1) - 1
        } else if check == nil, new != nil {
            isPassing = true
            isChecked = false
            against = 0
        }
    }
}
