import Model
import Telemetry

/// One run of an agent, put together from what its requests left at the workers.
package struct AgentRun: Sendable, Equatable {
    /// When its catalog was done, else its first failure or its report: milliseconds since 1970.
    package var endedAt: Int64
    /// The same in seconds.
    package var time: Int64 { endedAt / 1000 }
    package var environment = ""
    /// nil: no catalog was asked for, or not here.
    package var catalog: Outcome?
    package var report: Outcome?
    /// Other requests that failed, and the first of them.
    package var otherFailures = 0
    package var firstFailure: Outcome?

    package struct Outcome: Sendable, Equatable {
        package var endpoint = ""
        package var pool = ""
        package var server = ""
        /// 0: no response was begun.
        package var status = 0
        package var reason: Reason?
        /// What was wrong, as the server or puppetfront said it.
        package var text = ""
        package var milliseconds: Int64?
        package var queueMilliseconds: Int64?

        package var hasFailed: Bool { reason != nil || status == 0 || status >= 400 }
    }

    package var hasFailed: Bool { catalog?.hasFailed ?? true || report?.hasFailed ?? false || otherFailures > 0 }

    /// Milliseconds between a run's requests at most; a catalog may take an hour to be applied before its report comes.
    private static let pause: Int64 = 600_000
    private static let applying: Int64 = 3_600_000

    /// The youngest first, at most ten.
    /// - Parameter events: of all workers, in any order
    package static func runs(_ events: [RunEvents.Event]) -> [AgentRun] {
        var runs: [AgentRun] = []
        var last: Int64 = 0
        for event in events.sorted(by: { $0.endedAt < $1.endedAt }) {
            if runs.last?.takes(event, last: last) != true { runs.append(AgentRun(endedAt: event.endedAt)) }
            last = event.endedAt
            runs[runs.count - 1].add(event)
        }
        return Array(runs.suffix(10).reversed())
    }

    /// Whether the event belongs to this run.
    private func takes(_ event: RunEvents.Event, last: Int64) -> Bool {
        switch event.kind {
        case .catalog: catalog == nil && report == nil && event.endedAt - last <= Self.pause
        case .report: report == nil && event.endedAt - last <= Self.applying
        case .failure: report == nil && event.endedAt - last <= Self.pause
        }
    }

    private mutating func add(_ event: RunEvents.Event) {
        var outcome = Outcome()
        outcome.endpoint = String(decoding: event.endpoint, as: UTF8.self)
        outcome.pool = String(decoding: event.pool, as: UTF8.self)
        outcome.server = String(decoding: event.server, as: UTF8.self)
        outcome.text = String(decoding: event.text, as: UTF8.self)
        (outcome.status, outcome.reason) = (event.status, event.reason)
        (outcome.milliseconds, outcome.queueMilliseconds) = (event.milliseconds, event.queueMilliseconds)
        if environment.isEmpty || event.kind == .catalog { environment = String(decoding: event.environment, as: UTF8.self) }
        switch event.kind {
        case .catalog:
            endedAt = event.endedAt
            catalog = outcome
        case .report: report = outcome
        case .failure:
            otherFailures += event.count
            if firstFailure == nil { firstFailure = outcome }
        }
    }
}
