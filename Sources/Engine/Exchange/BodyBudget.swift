import Network
import Synchronization

/// How much memory may all requests' bodies hold together (`limits.held_bodies`)? One value for the process.
///
/// A request reserves what it may come to hold before its content is read, so that each that has begun can end. Clients without a verified
/// certificate get half of it at most.
final class BodyBudget: Sendable {
    private let verified = Atomic<Int>(0)
    private let unverified = Atomic<Int>(0)

    /// False where there is no room for so many bytes now. A request larger than its whole share gets room once the share is empty.
    func reserve(_ byteCount: Int, isVerified: Bool, limit: Int) -> Bool {
        let total = held
        if isVerified {
            guard total == 0 || total + byteCount <= limit else { return false }
            verified.add(byteCount, ordering: .relaxed)
            return true
        }
        let own = unverified.load(ordering: .relaxed)
        guard own == 0 || own + byteCount <= limit / 2 && total + byteCount <= limit else { return false }
        unverified.add(byteCount, ordering: .relaxed)
        return true
    }

    func release(_ byteCount: Int, isVerified: Bool) {
        if isVerified { verified.subtract(byteCount, ordering: .relaxed) } else { unverified.subtract(byteCount, ordering: .relaxed) }
    }

    /// Bytes reserved now.
    var held: Int { verified.load(ordering: .relaxed) + unverified.load(ordering: .relaxed) }
}

/// A worker's exchanges whose content is not read before there is room for it. First come, first served, verified clients apart from others.
final class BodyQueue: EventTarget {
    private let budget: BodyBudget
    private let loop: EventLoop<WorkerMessage>
    private var verified: [ExchangeDriver] = []
    private var unverified: [ExchangeDriver] = []
    /// Room may be released by another worker, which does not report it.
    private static let pause: Int64 = 20_000_000

    init(_ budget: BodyBudget, loop: EventLoop<WorkerMessage>) {
        self.budget = budget
        self.loop = loop
    }

    /// True where there is room; else `exchange.contentHasRoom` is called once there is.
    func reserve(_ byteCount: Int, for exchange: ExchangeDriver, isVerified: Bool, limit: Int) -> Bool {
        let hasOthers = isVerified ? !verified.isEmpty : !unverified.isEmpty
        if !hasOthers, budget.reserve(byteCount, isVerified: isVerified, limit: limit) { return true }
        if isVerified { verified.append(exchange) } else { unverified.append(exchange) }
        if token == 0 { try? loop.add(self, descriptor: nil) }
        if deadline == .max { loop.setDeadline(self, loop.now + Self.pause) }
        return false
    }

    /// It waits no more.
    func remove(_ exchange: ExchangeDriver) {
        verified.removeAll { $0 === exchange }
        unverified.removeAll { $0 === exchange }
    }

    override func deadlinePassed() {
        let (first, second) = (serve(\.verified, isVerified: true), serve(\.unverified, isVerified: false))
        if !verified.isEmpty || !unverified.isEmpty { loop.setDeadline(self, loop.now + Self.pause) }
        for exchange in first + second { exchange.contentHasRoom() }
    }

    private func serve(_ queue: ReferenceWritableKeyPath<BodyQueue, [ExchangeDriver]>, isVerified: Bool) -> [ExchangeDriver] {
        let ready = self[keyPath: queue].prefix { budget.reserve($0.contentReservation, isVerified: isVerified, limit: $0.heldBodiesLimit) }
        self[keyPath: queue].removeFirst(ready.count)
        return Array(ready)
    }
}
