import Model
import Settings

/// One server of a pool in its current state.
package struct ServerState: Sendable {
    package let id: ServerID
    package internal(set) var settings: ServerSettings
    /// Its index in `PoolSettings.servers`; nil: a reload removed it, and it is dropped with its last slot.
    package internal(set) var index: Int?
    package internal(set) var admin: AdminState = .ready
    package internal(set) var health: HealthTracker
    package internal(set) var agent = AgentOverrides()
    /// An operator may have turned them off.
    package internal(set) var isChecked = true
    package internal(set) var isAgentAsked = true
    package internal(set) var outlier = OutlierTracker()
    package internal(set) var breaker = CircuitBreaker.closed
    /// Percent of weight and maxconn during slow start, after the server recovered (`slowstart`); 100: all.
    package internal(set) var slowStartPercent = 100
    /// When it recovered; nil: no slow start is in progress.
    package internal(set) var slowStartSince: MonotonicTime?
    /// Its JRubies as last reported; nil: not known.
    package internal(set) var load: JRubyLoad?
    /// Slots taken.
    package internal(set) var inUse = 0
    /// The most slots taken at a time.
    package internal(set) var peak = 0
    /// Whether new requests may come here. The pool keeps it up to date: see `Pool.isFit` and `Pool.rebuildUsable`.
    package internal(set) var isUsable = false
    /// Counted from 0 in `Tiers.order`.
    package internal(set) var tier = 0
    /// Queued requests that wait for this very server, by a stick.
    package internal(set) var waitingForThisServer = 0
    /// When the last request was served: a check that times out on a busy server does not count.
    var lastServed = MonotonicTime.zero
    var isSlow = false
    /// Requests from other clients: JRubies in use plus waiting, as last reported, minus our own at that time.
    var externalRequests = 0
    /// Slots taken by kind.
    private var inUseByKind = [Int](repeating: 0, count: SlotKind.count)
    private var limitByKind = [Int](repeating: .max, count: SlotKind.count)
    private var limit = Int.max
    /// For `balance: round-robin`.
    var turn = RoundRobin.Turn()
    /// The pool's count of choices when this one was chosen last.
    var lastChosen: UInt64 = 0

    init(id: ServerID, settings: ServerSettings, health: HealthTracker) {
        self.id = id
        self.settings = settings
        self.health = health
        adoptLimits()
    }

    package var name: String { settings.name }
    package var isUp: Bool { health.isUp && !agent.isDown }

    /// 256 a point of weight, after the agent check and slow start: at least 1 unless weight or agent set 0, and at
    /// most 256 points as in HAProxy.
    package var effectiveWeight: Int {
        let full = fullWeight
        return full == 0 ? 0 : max(1, full * slowStartPercent / 100)
    }

    /// 0 to 256: its weight on the hash ring. Slow start, which is temporary, moves no keys.
    var ringWeight: Int { (fullWeight + 255) / 256 }

    private var fullWeight: Int { min((agent.weight ?? settings.weight) * 256 * agent.weightPercent / 100, 256 * 256) }

    /// How many requests it gets at once, at least 1. Without limit: `Int.max` (0 is unlimited, as HAProxy has it).
    package var slotLimit: Int { limit }

    package func slotLimit(_ kind: SlotKind) -> Int { limitByKind[Int(kind.value)] }

    package func inUse(_ kind: SlotKind) -> Int { inUseByKind[Int(kind.value)] }

    /// - Parameter kind: nil: one without limit of its own
    func hasFreeSlot(_ kind: SlotKind?) -> Bool {
        guard breaker.admits, inUse < limit else { return false }
        guard let kind else { return true }
        return inUseByKind[Int(kind.value)] < limitByKind[Int(kind.value)]
    }

    mutating func take(_ kind: SlotKind) {
        inUse += 1
        peak = max(peak, inUse)
        inUseByKind[Int(kind.value)] += 1
    }

    mutating func give(_ kind: SlotKind) {
        assert(inUse > 0 && inUseByKind[Int(kind.value)] > 0, "a slot was given back twice")
        inUse = max(0, inUse - 1)
        inUseByKind[Int(kind.value)] = max(0, inUseByKind[Int(kind.value)] - 1)
    }

    /// After settings, agent overrides or slow start have changed.
    mutating func adoptLimits() {
        limit = slowStarted(agent.maxconn ?? settings.maxconn.all)
        limitByKind = [Int](repeating: .max, count: SlotKind.count)
        for (kind, most) in settings.maxconn.limits { limitByKind[Int(kind.value)] = slowStarted(most) }
    }

    private func slowStarted(_ limit: Int?) -> Int {
        guard let limit, limit > 0 else { return .max }
        return max(1, limit * slowStartPercent / 100)
    }
}
