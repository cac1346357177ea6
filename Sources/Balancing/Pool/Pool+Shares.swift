import Model
import Settings

/// Who holds its share of the slots? And which classes have requests queued that hold less? See `SlotShares`.
extension Pool {
    /// It must wait: its holder, or all clients without a verified certificate together, hold their share.
    func isOverShare(_ holder: SlotHolder?) -> Bool {
        guard let holder else { return false }
        return slots.isFull(holder) || !holder.isVerified && slots.isUnverifiedFull
    }

    mutating func takeShare(_ holder: SlotHolder?) {
        slots.take(holder)
        if slots.isFull(holder) { queue.setReady(holder, false) }
    }

    /// Whether a queued request may have a slot now that could not before, on any server.
    mutating func giveShare(_ holder: SlotHolder?) -> Bool {
        guard let holder else { return false }
        let wasFull = slots.isFull(holder)
        let wasUnverifiedFull = slots.isUnverifiedFull
        slots.give(holder)
        var makesRoom = false
        if wasFull, !slots.isFull(holder) { makesRoom = queue.setReady(holder, true) }
        if wasUnverifiedFull, !slots.isUnverifiedFull, queue.hasReadyUnverified { makesRoom = true }
        return makesRoom
    }

    /// After the usable servers, their slots or the settings have changed. Whether the shares are others now.
    @discardableResult mutating func reviewShares() -> Bool {
        guard slots.setLimits(settings.shares, slots: freshSlots) else { return false }
        queue.reviewHolders { slots.isFull($0) }
        return true
    }

    /// Slots that fresh requests may get; nil: without limit, or there is none.
    private var freshSlots: Int? {
        var sum = 0
        for tier in freshTiers {
            for place in usable[tier] {
                if servers[place].slotLimit == .max { return nil }
                sum += servers[place].slotLimit
            }
        }
        return sum > 0 ? sum : nil
    }

    // MARK: Classes

    /// Queued requests of a class within their share.
    func ready(_ queueClass: QueueClass) -> Int {
        queue.ready(queueClass, isUnverified: false) + (slots.isUnverifiedFull ? 0 : queue.ready(queueClass, isUnverified: true))
    }

    /// A class that has only requests over their share is as good as not queued: it saves nothing up, and shows nothing of the capacity.
    mutating func reviewClasses(now: MonotonicTime) {
        for queueClass in QueueClass.allCases {
            let isActive = ready(queueClass) > 0
            if isActive, !activeClasses[queueClass.index] {
                waitsSince[queueClass.index] = now
                shares.begins(queueClass, others: QueueClass.allCases.filter { activeClasses[$0.index] && ready($0) > 0 })
            }
            activeClasses[queueClass.index] = isActive
        }
    }

    // MARK: State

    /// Slots that clients without a verified certificate hold.
    package var unverifiedInUse: Int { slots.unverifiedInUse }

    /// Slots that clients without a verified certificate may hold together; nil: without limit.
    package var unverifiedLimit: Int? { slots.unverifiedLimit == .max ? nil : slots.unverifiedLimit }

    /// Slots that one holder may hold; nil: without limit.
    package var holderLimit: Int? { slots.holderLimit == .max ? nil : slots.holderLimit }

    package func inUse(by holder: SlotHolder) -> Int { slots.inUse(holder) }

    /// Queued requests of a class whose holder holds its share.
    package func queuedOverHolderShare(_ queueClass: QueueClass) -> Int {
        queued(queueClass) - queue.ready(queueClass, isUnverified: false) - queue.ready(queueClass, isUnverified: true)
    }

    /// Queued requests of a class that wait since clients without a verified certificate hold their share together.
    package func queuedOverUnverifiedShare(_ queueClass: QueueClass) -> Int {
        slots.isUnverifiedFull ? queue.ready(queueClass, isUnverified: true) : 0
    }
}
