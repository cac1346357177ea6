import Model

/// The requests that were refused, failed or cut last.
package struct FailureRing: Sendable {
    package struct Failure: Sendable {
        /// When it ended, seconds since 1970.
        package let time: Int64
        package let reason: Reason
        package let status: Int?
        package let id: [UInt8]
        package let listener: [UInt8]
        package let source: [UInt8]
        package let client: [UInt8]
        package let endpoint: [UInt8]
        package let certname: [UInt8]
        package let environment: [UInt8]
        package let pool: [UInt8]
        package let server: [UInt8]
        /// At most 200 bytes.
        package let target: [UInt8]
    }

    private var kept: [Failure] = []
    private var next = 0
    private let bound: Int

    init(bound: Int) { self.bound = bound }

    /// The youngest first.
    package var failures: [Failure] { kept.sorted { $0.time > $1.time } }

    mutating func add(_ record: borrowing AccessRecord, _ reason: Reason) {
        add(
            Failure(
                time: (record.startedAt + (record.totalTime ?? 0)) / 1_000_000_000, reason: reason, status: record.status, id: record.id,
                listener: record.listener, source: record.source, client: record.client, endpoint: record.endpoint,
                certname: Array(record.certname.prefix(200)), environment: Array(record.environment.prefix(200)), pool: record.pool,
                server: record.server, target: Array(record.target.prefix(200))))
    }

    private mutating func add(_ failure: Failure) {
        if kept.count < bound { kept.append(failure) } else { kept[next] = failure }
        next = (next + 1) % bound
    }

    mutating func merge(_ other: borrowing FailureRing) {
        let youngest = (kept + other.kept).sorted { $0.time > $1.time }.prefix(bound)
        kept = Array(youngest.reversed())
        next = kept.count % bound
    }
}
