import Balancing
import Model
import Settings

/// A server as the configuration's contract describes it.
struct ServerModel {
    let id: ServerID
    var entry: ServerSettings
    /// nil: a reload removed it, and it goes with its last slot.
    var index: Int?
    /// Counted from 0, the nearest first.
    var tier = 0
    var isUsable = false
    var health: HealthModel
    var outlier = OutlierModel()
    var admin = AdminState.ready
    var breaker = BreakerModel.closed

    // From agent checks.
    var agentWeight: Int?
    var agentPercent = 100
    var agentMaxconn: Int?
    var isDownByAgent = false

    /// Percent of weight and maxconn, 1 to 100; `PoolWorld.sync` holds the pool's to it.
    var slowStartPercent = 100
    var slowStartSince: MonotonicTime?
    /// Requests of others, by the server's own count.
    var externalRequests = 0
    var lastServed: MonotonicTime?

    private(set) var inUse = 0
    private(set) var inUseByKind = [Int](repeating: 0, count: SlotKind.count)
    /// Requests that wait for this very server.
    var waitingForThisServer = 0

    init(id: ServerID, entry: ServerSettings, index: Int, check: CheckSettings?) {
        health = HealthModel(check)
        self.id = id
        self.entry = entry
        self.index = index
    }

    /// In the settings, ready, up and not ejected: good for its sticks even with weight 0.
    var isFit: Bool {
        index != nil && admin == .ready && isUp && outlier.ejectedUntil == nil
    }

    var isUp: Bool { health.isUp && !isDownByAgent }

    /// After the agent's reply, before slow start.
    /// At most 256, as HAProxy.
    var weight: Double { min(256, Double((agentWeight ?? entry.weight) * agentPercent) / 100) }

    // MARK: Slots

    /// Without limit: `Int.max`.
    var limit: Int { slowStarted(agentMaxconn ?? entry.maxconn.all) }

    func limit(_ kind: SlotKind) -> Int { slowStarted(entry.maxconn.limits.first { $0.kind == kind }?.limit) }

    private func slowStarted(_ limit: Int?) -> Int {
        guard let limit, limit > 0 else { return .max }
        return max(1, limit * slowStartPercent / 100)
    }

    var hasRoom: Bool { breaker.admits && inUse < limit }

    func hasRoom(for kind: SlotKind) -> Bool { hasRoom && inUseByKind[Int(kind.value)] < limit(kind) }

    mutating func take(_ kind: SlotKind) {
        inUse += 1
        inUseByKind[Int(kind.value)] += 1
    }

    mutating func give(_ kind: SlotKind) throws(Violation) {
        inUse -= 1
        inUseByKind[Int(kind.value)] -= 1
        try require(inUse >= 0 && inUseByKind[Int(kind.value)] >= 0, "\(entry.name) has fewer than no slots taken")
    }

    /// It recovered: from a hundredth on.
    mutating func beginSlowStart(now: MonotonicTime) {
        guard let time = entry.slowstart, time > .zero else { return }
        slowStartSince = now
        slowStartPercent = 1
    }

    /// A check's time ran out, but the server served a request meanwhile.
    func isBusy(_ outcome: CheckOutcome, now: MonotonicTime) -> Bool {
        guard case .failed(let failure) = outcome, failure.cause.isTimeout, health.isUp, let lastServed else { return false }
        return now - lastServed <= failure.duration
    }
}
