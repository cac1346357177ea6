import Model

/// Which of a worker's handshakes go when there is no room for another?
///
/// A handshake counts for `limits.handshakes` once its ClientHello is whole and was answered: before that it costs next to nothing, and is
/// bounded by its own timeout and the limit of connections. Where there is no room, the oldest stalled handshake of the source that has
/// most of them is ended: stalled is who has sent nothing since our last bytes, for `patience`.
struct Handshakes {
    private static let patience: Int64 = 2_000_000_000
    /// Nanoseconds between two looks at all handshakes.
    private static let lookInterval: Int64 = 100_000_000

    private var running: [ObjectIdentifier: DownstreamConnection] = [:]
    /// What the last look found, the best last.
    private var victims: [ObjectIdentifier] = []
    private var lookedAt = Int64.min / 2

    mutating func add(_ connection: DownstreamConnection) { running[ObjectIdentifier(connection)] = connection }
    mutating func remove(_ connection: DownstreamConnection) { running[ObjectIdentifier(connection)] = nil }

    /// The handshake that is to make room; nil where none is stalled.
    /// - Parameter countedOnly: leaves out those that do not count for `limits.handshakes`
    mutating func victim(now: Int64, countedOnly: Bool) -> DownstreamConnection? {
        if let found = nextVictim(countedOnly) { return found }
        guard now - lookedAt >= Self.lookInterval else { return nil }
        lookedAt = now
        look(now)
        return nextVictim(countedOnly)
    }

    private mutating func nextVictim(_ countedOnly: Bool) -> DownstreamConnection? {
        while let last = victims.popLast() {
            if let found = running[last], found.stream.hasNothingToRead, !countedOnly || found.countsAsHandshake { return found }
        }
        return nil
    }

    private mutating func look(_ now: Int64) {
        let old = running.values.filter { now - $0.acceptedAt >= Self.patience }
        let counts = Dictionary(old.map { ($0.source, 1) }, uniquingKeysWith: +)
        let sorted = old.sorted { left, right in
            let (leftCount, rightCount) = (counts[left.source] ?? 0, counts[right.source] ?? 0)
            return leftCount == rightCount ? left.acceptedAt > right.acceptedAt : leftCount < rightCount
        }
        victims = sorted.map { ObjectIdentifier($0) }
    }
}
