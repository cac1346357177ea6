import Model
import Settings

/// Do requests fail on this server in a row? Passive checks: a server on which `failures` requests in a row fail, connections and each class
/// of requests counted apart (quick files must not hide that no catalog ends), is ejected for `eject`, doubled with each ejection that
/// follows soon (up to 16 times). After it, the server is on probation: the next failure ejects it again, the next success ends that.
package struct OutlierTracker: Sendable, Equatable {
    /// nil: not ejected.
    package internal(set) var ejectedUntil: MonotonicTime?
    /// Failures of connections, then of each class's responses.
    private var failures = [Int](repeating: 0, count: 1 + QueueClass.allCases.count)
    private var isOnProbation = false
    private var lastEjection: Duration = .zero
    private var returned = MonotonicTime.zero

    package init() {}

    /// The number of failures in a row that this one makes; 0: none.
    mutating func record(_ verdict: Verdict, _ queueClass: QueueClass) -> Int {
        switch verdict {
        case .none: return 0
        case .served:
            failures[0] = 0
            failures[1 + queueClass.index] = 0
            isOnProbation = false
            return 0
        case .connectFailed:
            failures[0] += 1
            return failures[0]
        case .responseFailed:
            failures[0] = 0
            failures[1 + queueClass.index] += 1
            return failures[1 + queueClass.index]
        }
    }

    func isDue(_ count: Int, _ settings: OutlierSettings) -> Bool {
        ejectedUntil == nil && count > 0 && (count >= settings.failures || isOnProbation)
    }

    /// For how long.
    mutating func eject(_ settings: OutlierSettings, now: MonotonicTime) -> Duration {
        let wasLong = lastEjection > .zero && now - returned < lastEjection
        lastEjection = wasLong ? max(settings.eject, min(lastEjection * 2, settings.eject * 16)) : settings.eject
        ejectedUntil = now + lastEjection
        return lastEjection
    }

    mutating func returnToService(now: MonotonicTime) {
        ejectedUntil = nil
        returned = now
        isOnProbation = true
        for index in failures.indices { failures[index] = 0 }
    }

    /// Passive checks were turned off.
    mutating func forget() { self = OutlierTracker() }
}
