import Model
import Settings

/// One server of a pool, as it stands now.
package struct ServerState: Sendable {
    package let id: ServerID
    package internal(set) var settings: ServerSettings
    /// Its place in `PoolSettings.servers`; nil: a reload removed it, and it goes with its last slot.
    package internal(set) var index: Int?
    package internal(set) var admin: AdminState = .ready
    package internal(set) var health: HealthTracker
    /// Slots taken.
    package internal(set) var inUse = 0
    /// Counted from 0 in `Tiers.order`.
    var tier = 0
    /// `RoundRobin`'s.
    var currentWeight = 0
    /// `LeastConnections`': the pool's count of choices when this one was chosen last.
    var lastChosen: UInt64 = 0

    init(id: ServerID, settings: ServerSettings, health: HealthTracker) {
        self.id = id
        self.settings = settings
        self.health = health
    }

    package var name: String { settings.name }

    /// Whether new requests may come here: in the settings, ready, up and with a weight. Drain and weight 0 keep what they have.
    package var isUsable: Bool { index != nil && admin == .ready && settings.weight > 0 && health.isUp }

    /// How many requests it takes at once. 0 is unlimited, as HAProxy has it.
    package var slotLimit: Int {
        guard let limit = settings.maxconn.all, limit > 0 else { return .max }
        return limit
    }

    var hasFreeSlot: Bool { inUse < slotLimit }
}
