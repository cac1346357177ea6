import Balancing
import Model
import Settings

/// How recent requests have ended on a server: connections, and each class's responses, counted separately.
struct OutlierModel {
    private(set) var ejectedUntil: MonotonicTime?
    private var connections = 0
    private var answers: [QueueClass: Int] = [:]
    /// Back from an ejection, and nothing served since: one failure is enough.
    private var isOnProbation = false
    private var last: Duration?
    private var returned = MonotonicTime.zero

    /// Whether the server has failed often enough.
    mutating func record(_ verdict: Verdict, _ queueClass: QueueClass, _ settings: OutlierSettings?) -> Bool {
        let count: Int
        switch verdict {
        case .none: return false
        case .served:
            connections = 0
            answers[queueClass] = 0
            isOnProbation = false
            return false
        case .connectFailed:
            connections += 1
            count = connections
        case .responseFailed:
            connections = 0
            answers[queueClass, default: 0] += 1
            count = answers[queueClass]!
        }
        guard let settings, ejectedUntil == nil else { return false }
        return isOnProbation || count >= settings.failures
    }

    /// `eject`, doubled where it follows soon on the last one, up to 16 times.
    mutating func eject(_ time: Duration, _ settings: OutlierSettings, now: MonotonicTime) throws(Violation) {
        var expected = settings.eject
        if let last, now - returned < last { expected = max(expected, min(last * 2, settings.eject * 16)) }
        try require(time == expected, "ejected for \(time) instead of \(expected)")
        last = time
        ejectedUntil = now + time
    }

    mutating func returnToService(now: MonotonicTime) {
        ejectedUntil = nil
        returned = now
        isOnProbation = true
        connections = 0
        answers = [:]
    }
}
