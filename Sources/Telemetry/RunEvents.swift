import Model

/// What a run of an agent leaves: its catalog, its report, and requests that failed. The last 24 of one agent at one worker.
package struct RunEvents: Sendable {
    package struct Event: Sendable, Equatable {
        package enum Kind: Sendable { case catalog, report, failure }

        package var kind: Kind
        /// When the request ended (of several alike the first), milliseconds since 1970.
        package var endedAt: Int64
        package var endpoint: [UInt8] = []
        package var environment: [UInt8] = []
        package var pool: [UInt8] = []
        package var server: [UInt8] = []
        /// 0: no response was begun.
        package var status = 0
        package var reason: Reason?
        /// What was wrong, as the server or puppetfront said it, at most 160 bytes; empty: nothing, or it is not known.
        package var text: [UInt8] = []
        /// Milliseconds, the queue included; nil where the time is not known.
        package var milliseconds: Int64?
        package var queueMilliseconds: Int64?
        /// Failures alike that followed one another.
        package var count = 1

        package init(kind: Kind, endedAt: Int64) {
            self.kind = kind
            self.endedAt = endedAt
        }
    }

    /// In the order in which they ended, but for the ring's turn.
    private var ring: [Event] = []
    private var next = 0

    package static let bound = 24
    private static let textBound = 160

    package init() {}

    /// The oldest first.
    package var events: [Event] { ring.count < Self.bound ? ring : Array(ring[next...] + ring[..<next]) }

    /// Takes what belongs to a run's story; files that were delivered, or are not there (404), do not.
    mutating func add(_ record: borrowing AccessRecord, isCatalog: Bool, isReport: Bool) {
        let status = record.status ?? 0
        let hasFailed = record.reason != nil || status >= 400 && status != 404
        guard isCatalog || isReport || hasFailed else { return }
        var event = Event(
            kind: isCatalog ? .catalog : isReport ? .report : .failure, endedAt: (record.startedAt + (record.totalTime ?? 0)) / 1_000_000)
        event.endpoint = record.endpoint
        event.environment = record.environment
        event.pool = record.pool
        event.server = record.server
        event.status = status
        event.reason = record.reason
        if hasFailed { event.text = Array((record.errorText.isEmpty ? record.cause : record.errorText).prefix(Self.textBound)) }
        event.milliseconds = record.totalTime.map { $0 / 1_000_000 }
        event.queueMilliseconds = record.queueTime.map { $0 / 1_000_000 }
        add(event)
    }

    private mutating func add(_ event: Event) {
        let last = (next + Self.bound - 1) % Self.bound
        if ring.indices.contains(last) {
            let isAlike = event.kind == .failure && ring[last].kind == .failure && ring[last].endpoint == event.endpoint
            if isAlike, ring[last].status == event.status, ring[last].reason == event.reason, event.endedAt - ring[last].endedAt < 600_000 {
                ring[last].count += 1
                return
            }
        }
        var event = event
        // Most runs ask for one environment, and fail again as before: that is kept once.
        if ring.indices.contains(last), ring[last].environment == event.environment { event.environment = ring[last].environment }
        if !event.text.isEmpty, let alike = ring.first(where: { $0.text == event.text }) { event.text = alike.text }
        if ring.count < Self.bound { ring.append(event) } else { ring[next] = event }
        next = (next + 1) % Self.bound
    }
}
