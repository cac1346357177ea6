import Model

/// What did each agent do last? By verified certname, so that only agents with a certificate take room; where there are too many, those are
/// evicted that have been away longest.
package struct RunTable: Sendable {
    package struct Run: Sendable {
        package fileprivate(set) var environment: [UInt8] = []
        package fileprivate(set) var pool: [UInt8] = []
        package fileprivate(set) var server: [UInt8] = []
        package fileprivate(set) var agentVersion: [UInt8] = []
        package fileprivate(set) var transaction: [UInt8] = []
        /// Of the last catalog, else of the last request; 0: no response was begun.
        package fileprivate(set) var status = 0
        /// Seconds since 1970; nil: none seen.
        package fileprivate(set) var lastCatalog: Int64?
        package fileprivate(set) var catalogMilliseconds: Int64?
        package fileprivate(set) var lastReport: Int64?
        package fileprivate(set) var lastRequest: Int64 = 0
        package fileprivate(set) var requests: UInt64 = 0
        /// Of the last catalog, else of the last request; nil: the response was delivered whole.
        package fileprivate(set) var reason: Reason?
        /// What its last runs left at one worker.
        package fileprivate(set) var events = RunEvents()
    }

    package private(set) var runs: [[UInt8]: Run] = [:]
    private let bound: Int

    private static let catalog = Array("catalog".utf8)
    private static let report = Array("report".utf8)

    init(bound: Int) { self.bound = bound }

    mutating func add(_ record: borrowing AccessRecord) {
        guard !record.client.isEmpty else { return }
        if runs[record.client] == nil, runs.count >= bound { makeRoom() }
        runs[record.client, default: Run()].add(
            record, isCatalog: record.endpoint == Self.catalog, isReport: record.endpoint == Self.report)
    }

    /// Evicts the tenth that has been away longest at once, so that this is rare.
    private mutating func makeRoom() {
        let oldest = runs.map { ($0.value.lastRequest, $0.key) }.sorted { $0.0 < $1.0 }
        for (_, certname) in oldest.prefix(max(1, bound / 10)) { runs[certname] = nil }
    }

    /// Of workers' tables together no more than the bound stays.
    static func += (left: inout RunTable, right: borrowing RunTable) {
        for (certname, run) in right.runs { left.runs[certname] = left.runs[certname]?.merged(with: run) ?? run }
        guard left.runs.count > left.bound else { return }
        let youngest = left.runs.sorted { $0.value.lastRequest > $1.value.lastRequest }.prefix(left.bound)
        left.runs = Dictionary(uniqueKeysWithValues: youngest.map { ($0.key, $0.value) })
    }
}

extension RunTable.Run {
    fileprivate mutating func add(_ record: borrowing AccessRecord, isCatalog: Bool, isReport: Bool) {
        let ended = (record.startedAt + (record.totalTime ?? 0)) / 1_000_000_000
        requests += 1
        lastRequest = max(lastRequest, ended)
        if isReport { lastReport = ended }
        events.add(record, isCatalog: isCatalog, isReport: isReport)
        if isCatalog {
            lastCatalog = ended
            catalogMilliseconds = (record.totalTime ?? 0) / 1_000_000
            transaction = record.transaction
            agentVersion = record.agentVersion
        }
        guard isCatalog || lastCatalog == nil else { return }
        status = record.status ?? 0
        reason = record.reason
        environment = record.environment
        pool = record.pool
        server = record.server
    }

    /// What two workers know of one agent: the younger's run, the sum of the requests.
    fileprivate func merged(with other: RunTable.Run) -> RunTable.Run {
        let isYounger = (lastCatalog ?? 0, lastRequest) >= (other.lastCatalog ?? 0, other.lastRequest)
        var merged = isYounger ? self : other
        merged.requests = requests + other.requests
        merged.lastRequest = max(lastRequest, other.lastRequest)
        merged.lastReport = [lastReport, other.lastReport].compactMap { $0 }.max()
        return merged
    }
}
