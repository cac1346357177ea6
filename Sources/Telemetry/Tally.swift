import Model

/// What one worker's requests add up to: by listener, pool, server, environment and certname, with what failed lately.
/// Each worker has its own, and a report is their sum. Bounded: environments, certnames and failures keep so many, the rest together.
package struct Tally: Sendable {
    package private(set) var requests: UInt64 = 0
    private var byListener = NameTable<TrafficCounters>()
    package private(set) var connections: [[UInt8]: ConnectionTally] = [:]
    private var byPool = NameTable<PoolTally>()
    private var byEnvironment = NameTable<TrafficCounters>()
    /// Requests of environments beyond the bound.
    package private(set) var otherEnvironments = TrafficCounters()
    private var byRoute = NameTable<UInt64>()
    package private(set) var refusals = [UInt64](repeating: 0, count: Reason.allCases.count)
    package private(set) var certnames = RunTable(bound: 10_000)
    package private(set) var handshakeRefusals = [UInt64](repeating: 0, count: HandshakeRefusal.allCases.count)
    package private(set) var failures = FailureList()

    /// Environments counted one by one: names come from requests.
    private static let environmentBound = 1_000

    package init() {}

    package var listeners: [[UInt8]: TrafficCounters] { byListener.dictionary }
    package var pools: [[UInt8]: PoolTally] { byPool.dictionary }
    /// By pool: what its history is made of.
    package var activities: [String: PoolActivity] {
        var result: [String: PoolActivity] = [:]
        for (name, tally) in byPool.dictionary { result[String(decoding: name, as: UTF8.self)] = tally.activity }
        return result
    }
    package var environments: [[UInt8]: TrafficCounters] { byEnvironment.dictionary }
    package var routes: [[UInt8]: UInt64] { byRoute.dictionary }

    package mutating func add(_ record: borrowing AccessRecord) {
        requests += 1
        byListener[byListener.place(of: record.listener, new: TrafficCounters())].add(record)
        if !record.route.isEmpty { byRoute[byRoute.place(of: record.route, new: 0)] += 1 }
        if !record.pool.isEmpty { byPool[byPool.place(of: record.pool, new: PoolTally())].add(record) }
        if !record.overflowedFrom.isEmpty {
            byPool[byPool.place(of: record.overflowedFrom, new: PoolTally())].overflowed(to: record.pool)
        }
        if !record.environment.isEmpty { addToEnvironment(record) }
        if let reason = record.reason { refusals[reason.index] += 1 }
        failures.add(record)
        certnames.add(record)
    }

    private mutating func addToEnvironment(_ record: borrowing AccessRecord) {
        if let place = byEnvironment.place(of: record.environment) {
            byEnvironment[place].add(record)
        } else if byEnvironment.count < Self.environmentBound, record.provesEnvironment {
            byEnvironment[byEnvironment.place(of: record.environment, new: TrafficCounters())].add(record)
        } else {
            otherEnvironments.add(record)
        }
    }

    /// - Parameter second: since 1970
    package mutating func opened(_ listener: [UInt8], at second: Int64) {
        connections[listener, default: ConnectionTally()].opened(at: second)
    }
    package mutating func closed(_ listener: [UInt8]) { connections[listener, default: ConnectionTally()].closed() }
    package mutating func handshakeRefused(_ handshake: RefusedHandshake) {
        handshakeRefusals[handshake.refusal.index] += 1
        failures.add(handshake)
    }
    package mutating func handshakeFailed(_ listener: [UInt8]) { connections[listener, default: ConnectionTally()].handshakeFailed() }
    package mutating func handshakeDone(_ listener: [UInt8], nanoseconds: Int64) {
        connections[listener, default: ConnectionTally()].handshakeDone(nanoseconds: nanoseconds)
    }

    /// HAProxy's `clear counters`.
    package mutating func clearMaxima() {
        for listener in connections.keys { connections[listener]?.clearMaxima() }
        byListener.mutateEach { $0.rate.clearMaximum() }
        byPool.mutateEach { $0.clearMaxima() }
    }

    /// HAProxy's `clear counters all`: what adds up begins at 0 again; certnames, failures and what is open stay.
    package mutating func clear() {
        let (certnames, failures, connections) = (certnames, failures, connections)
        self = Tally()
        self.certnames = certnames
        self.failures = failures
        self.connections = connections
        for listener in self.connections.keys { self.connections[listener]?.clear() }
    }

    package static func += (left: inout Tally, right: borrowing Tally) {
        left.requests += right.requests
        left.byListener.add(right.byListener, new: TrafficCounters()) { $0 += $1 }
        for (name, tally) in right.connections { left.connections[name, default: ConnectionTally()] += tally }
        left.byPool.add(right.byPool, new: PoolTally()) { $0 += $1 }
        left.byEnvironment.add(right.byEnvironment, new: TrafficCounters()) { $0 += $1 }
        left.otherEnvironments += right.otherEnvironments
        left.byRoute.add(right.byRoute, new: 0) { $0 += $1 }
        for index in left.refusals.indices { left.refusals[index] += right.refusals[index] }
        for index in left.handshakeRefusals.indices { left.handshakeRefusals[index] += right.handshakeRefusals[index] }
        left.certnames += right.certnames
        left.failures += right.failures
    }

    package func refusals(_ reason: Reason) -> UInt64 { refusals[reason.index] }
    package func refusals(_ refusal: HandshakeRefusal) -> UInt64 { handshakeRefusals[refusal.index] }
}

extension AccessRecord {
    /// Whether the environment's name may be counted from now on: clients invent names, so a server has responded with 2xx, to a verified
    /// agent or to a request that servers reject from anybody else.
    fileprivate var provesEnvironment: Bool {
        guard let status, (200...299).contains(status), !pool.isEmpty else { return false }
        return !client.isEmpty || isPartOfRun || isAboutFile
    }
}

extension Reason {
    /// Its index in `allCases`.
    var index: Int { Self.places[self] ?? 0 }

    private static let places = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

extension HandshakeRefusal {
    /// Its index in `allCases`.
    fileprivate var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
