import Model
import Network
import Settings

/// Which of a worker's handshakes proceed, which are queued, and which are ended when there is no room?
///
/// A handshake takes one of the worker's slots (its part of `limits.handshakes`) once its ClientHello is whole and gets its response: before
/// that it costs next to nothing. One without a slot proceeds only if there is one for its source, else it is queued here, accepted, with
/// its client's bytes in the socket: not in the kernel's accept queue, where sources cannot be distinguished. `FairQueue` decides which is
/// next. While some are queued, stalled handshakes whose slot would help are ended, the oldest of the source with most of them first.
/// Stalled means: the client has sent nothing since our last bytes, for `patience`. A source has at most half of `limits.connections` in the
/// queue; when there is no room for another connection, the newest of the longest queue is rejected.
final class Handshakes: EventTarget {
    private static let patience: Int64 = 2_000_000_000
    /// Nanoseconds between two scans of all handshakes.
    private static let lookInterval: Int64 = 100_000_000
    /// ClientHellos are processed in batches of so many, since each costs a signature.
    private static let batch = 16

    private unowned(unsafe) let worker: Worker
    private var running: [ObjectIdentifier: DownstreamConnection] = [:]
    private var queue = FairQueue<DownstreamConnection>(places: 1)
    private var longestLine = 1
    /// Handshakes that may be ended for another connection, as the last scan found them, the best one last.
    private var victims: [ObjectIdentifier] = []
    private var lookedAt = Int64.min / 2

    init(_ worker: Worker) { self.worker = worker }

    /// At least two slots, so that one stalled handshake leaves one free.
    func adopt(limits: LimitSettings) {
        let workers = worker.counters.workers.load(ordering: .relaxed)
        queue.places = max(2, (limits.handshakes + workers - 1) / workers)
        longestLine = max(1, limits.connections / 2 / workers)
        if !queue.isEmpty { worker.loop.deferWork(self) }
    }

    /// One source counts as one, an IPv6 network of 64 bits likewise: a client that has one address of it has all.
    static func source(_ address: IPAddress) -> IPAddress { address.isV4 ? address : IPAddress(high: address.high, low: 0) }

    // MARK: Places

    enum Admission { case goesOn, waits, rejected }

    /// For a handshake without a place. One that waits is called by `takeTurn` later.
    func admit(_ connection: DownstreamConnection) -> Admission {
        let source = Self.source(connection.source)
        if queue.admits(source) {
            running[ObjectIdentifier(connection)] = connection
            return .goesOn
        }
        guard queue.waiting(source) < longestLine else { return .rejected }
        queue.append(connection, from: source)
        worker.counters.handshakesWaiting.add(1, ordering: .relaxed)
        if token == 0 { try? worker.loop.add(self, descriptor: nil) }
        if deadline == .max { worker.loop.setDeadline(self, worker.loop.now + Self.lookInterval) }
        worker.loop.deferWork(self)
        return .waits
    }

    func takePlace(_ connection: DownstreamConnection) {
        worker.counters.handshakes.add(1, ordering: .relaxed)
        queue.take(Self.source(connection.source))
    }

    func releasePlace(_ connection: DownstreamConnection) {
        worker.counters.handshakes.subtract(1, ordering: .relaxed)
        queue.release(Self.source(connection.source))
        if !queue.isEmpty { worker.loop.deferWork(self) }
    }

    /// It is done, or has ended.
    func remove(_ connection: DownstreamConnection, wasWaiting: Bool) {
        running[ObjectIdentifier(connection)] = nil
        guard wasWaiting else { return }
        worker.counters.handshakesWaiting.subtract(1, ordering: .relaxed)
        queue.remove(connection, from: Self.source(connection.source))
    }

    // MARK: Turns

    override func resume() { serve() }

    override func deadlinePassed() {
        guard !queue.isEmpty else { return }
        for victim in silent({ $0.countsAsHandshake }) {
            guard !queue.isEmpty else { break }
            // Else its slot would help no queued handshake.
            guard queue.isFull || queue.waiting(Self.source(victim.source)) > 0 else { continue }
            guard victim.stream.hasNothingToRead else { continue }
            victim.endStalledHandshake()
            serve()
        }
        worker.loop.setDeadline(self, worker.loop.now + Self.lookInterval)
        serve()
    }

    private func serve() {
        for _ in 0..<Self.batch {
            guard let next = queue.next() else { return }
            worker.counters.handshakesWaiting.subtract(1, ordering: .relaxed)
            running[ObjectIdentifier(next)] = next
            next.takeTurn()
        }
        if !queue.isEmpty { worker.loop.deferWork(self) }
    }

    // MARK: Room for connections

    /// Ends a stalled handshake, or rejects one that waits, so that another connection can be accepted; false where there is none for that.
    func makeRoom(for newcomer: IPAddress) -> Bool {
        if let victim = nextVictim() {
            victim.endStalledHandshake()
            return true
        }
        guard let newest = queue.newest(ofLineLongerThan: Self.source(newcomer)) else { return false }
        newest.rejectHandshake()
        return true
    }

    private func nextVictim() -> DownstreamConnection? {
        if victims.isEmpty, worker.loop.now - lookedAt >= Self.lookInterval {
            lookedAt = worker.loop.now
            victims = silent({ _ in true }).reversed().map { ObjectIdentifier($0) }
        }
        while let last = victims.popLast() {
            if let found = running[last], found.stream.hasNothingToRead { return found }
        }
        return nil
    }

    /// The handshakes that began, or got their place, more than `patience` ago: the oldest of the source with most of them first. They are
    /// stalled where nothing of the client's is in the socket.
    private func silent(_ isMeant: (DownstreamConnection) -> Bool) -> [DownstreamConnection] {
        let old = running.values.filter { isMeant($0) && worker.loop.now - $0.handshakeActiveSince >= Self.patience }
        let counts = Dictionary(old.map { (Self.source($0.source), 1) }, uniquingKeysWith: +)
        return old.sorted { left, right in
            let (leftCount, rightCount) = (counts[Self.source(left.source)] ?? 0, counts[Self.source(right.source)] ?? 0)
            return leftCount == rightCount ? left.handshakeActiveSince < right.handshakeActiveSince : leftCount > rightCount
        }
    }
}
