import Settings

/// `balance: hash`: the key's own server on its tier's ring, or the next one with a free slot that is not above its bound
/// (`hash_balance_factor`: percent of the average load by weight, HAProxy's rule); where all are, the next one with a slot.
struct ConsistentHash: Sendable {
    /// What a tier's servers have in all.
    private struct Tier {
        /// Effective weights of usable servers.
        var weight = 0
        /// Slots taken.
        var inUse = 0
    }

    /// Points looked at; beyond that the least loaded server takes the request.
    private static let walkLimit = 4096

    private var rings: [HashRing] = []
    private var tiers: [Tier] = []
    /// nil: no bound.
    private var boundFactor: Int?

    mutating func reset(_ servers: [ServerState], tiers count: Int, boundFactor: Int?) {
        self.boundFactor = boundFactor.flatMap { $0 > 0 ? $0 : nil }
        tiers = [Tier](repeating: Tier(), count: count)
        for server in servers where server.index != nil {
            if server.isUsable { tiers[server.tier].weight += server.effectiveWeight }
            tiers[server.tier].inUse += server.inUse
        }
    }

    mutating func buildRings(_ servers: [ServerState], tiers: Int) {
        rings = (0..<tiers).map { tier in
            HashRing(
                servers.indices.filter { servers[$0].index != nil && servers[$0].tier == tier && servers[$0].ringWeight > 0 }
                    .map { HashRing.Member(name: servers[$0].name, weight: servers[$0].ringWeight, place: $0) })
        }
    }

    mutating func dropRings() { rings = [] }

    mutating func slotTaken(tier: Int) { tiers[tier].inUse += 1 }
    mutating func slotReleased(tier: Int) { tiers[tier].inUse -= 1 }
    mutating func weightChanged(by change: Int, tier: Int) { tiers[tier].weight += change }

    func choose(tier: Int, _ key: PendingQueue.Key, hash: UInt64, servers: [ServerState]) -> Int? {
        var bounded: Int?
        var second: Int?
        let limits = tiers[tier]
        rings[tier].walk(from: hash, limit: Self.walkLimit) { place in
            guard servers[place].isUsable, servers[place].hasFreeSlot(key.kind), !key.tried.contains(servers[place].id) else {
                return false
            }
            if second == nil { second = place }
            guard isWithinBound(servers[place], limits) else { return false }
            bounded = place
            return true
        }
        return bounded ?? second
    }

    private func isWithinBound(_ server: borrowing ServerState, _ tier: Tier) -> Bool {
        guard let boundFactor, tier.weight > 0 else { return true }
        let share = (tier.inUse + 1) * boundFactor * server.effectiveWeight
        return server.inUse < (share + 100 * tier.weight - 1) / (100 * tier.weight)
    }
}
