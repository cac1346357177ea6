import Model
import Settings

/// A slot on a server, taken for one request; given back whole, so that the pool knows what it was for.
package struct Assignment: Sendable, Equatable {
    package let server: ServerID
    /// The server's place in `PoolSettings.servers` when the slot was taken; a reload may have moved it since, the ID stays.
    package let serverIndex: Int
    /// Counted from 0 in `Tiers.order`.
    package let tier: Int
    package let kind: SlotKind
    package let queueClass: QueueClass
    package let isRepeat: Bool
    /// Whose share the slot counts for; nil: shares do not apply.
    package let holder: SlotHolder?
    /// The server was chosen by a stick.
    package let isSticky: Bool
    package let began: MonotonicTime
    /// The last connection to it failed: the pool must be notified when this one is established (`PoolEvent.connected`).
    package let isTrial: Bool
    /// What the next submission of the same request says.
    package let place: QueuePlace

    package init(
        server: ServerID, serverIndex: Int, tier: Int, kind: SlotKind = .other, queueClass: QueueClass = .quick, isRepeat: Bool = false,
        holder: SlotHolder? = nil, isSticky: Bool = false, began: MonotonicTime = .zero, isTrial: Bool = false,
        place: QueuePlace = QueuePlace(order: 0, waited: .zero)
    ) {
        self.server = server
        self.serverIndex = serverIndex
        self.tier = tier
        self.kind = kind
        self.queueClass = queueClass
        self.isRepeat = isRepeat
        self.holder = holder
        self.isSticky = isSticky
        self.began = began
        self.isTrial = isTrial
        self.place = place
    }
}
