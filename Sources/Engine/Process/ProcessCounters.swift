import Synchronization

/// Counters that all workers share, since their limits are the process's.
final class ProcessCounters: Sendable {
    let connections = Atomic<Int>(0)
    /// How many workers share them; set before they start.
    let workers = Atomic<Int>(1)
    /// Handshakes that have a place, and those that wait for one.
    let handshakes = Atomic<Int>(0)
    let handshakesWaiting = Atomic<Int>(0)
    /// Each worker adds its own when it ends.
    let requests = Atomic<Int>(0)
    let turnedAway = Atomic<Int>(0)
    /// Requests queued in all pools.
    let waiting = Atomic<Int>(0)
    /// HTTP/2 connections that went over a limit.
    let http2Abuse = HTTP2AbuseCounters()
    /// Memory that requests' bodies hold.
    let bodies = BodyBudget()
    /// Connections by address, where that is limited.
    private let sources = Mutex<[SourceAddress: Int]>([:])
    /// Requests by verified certname in lower case, where that is limited.
    private let certnames = Mutex<[[UInt8]: Int]>([:])

    /// An operator override of `limits.connections`; 0: none.
    private let operatorLimit = Atomic<Int>(0)

    func connectionLimit(_ configured: Int) -> Int {
        let limit = operatorLimit.load(ordering: .relaxed)
        return limit > 0 ? limit : configured
    }

    func setConnectionLimit(_ limit: Int) { operatorLimit.store(limit, ordering: .relaxed) }

    struct SourceAddress: Hashable, Sendable {
        let high: UInt64
        let low: UInt64
    }

    /// False when the source has as many connections as `limit` allows; else counts one more, which `leave` takes back.
    func admit(_ source: SourceAddress, limit: Int) -> Bool { sources.withLock { Self.admit(source, limit, &$0) } }

    func leave(_ source: SourceAddress) { sources.withLock { Self.leave(source, &$0) } }

    /// As for sources: requests of one certname, running and waiting together.
    func admit(certname: [UInt8], limit: Int) -> Bool { certnames.withLock { Self.admit(certname, limit, &$0) } }

    func leave(certname: [UInt8]) { certnames.withLock { Self.leave(certname, &$0) } }

    private static func admit<Key>(_ key: Key, _ limit: Int, _ counts: inout [Key: Int]) -> Bool {
        let count = counts[key, default: 0]
        guard count < limit else { return false }
        counts[key] = count + 1
        return true
    }

    private static func leave<Key>(_ key: Key, _ counts: inout [Key: Int]) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
