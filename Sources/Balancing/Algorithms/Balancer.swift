import Settings

/// Which of a tier's servers with a free slot gets the request? By the pool's algorithm; each has a file of its own.
///
/// An algorithm gives each server a rank, the least of which is first (`rank`), and may choose otherwise than by rank (`choose`). It is
/// notified of each slot taken and given back. This is the only place that a new algorithm has to be added to.
struct Balancer: Sendable {
    private var algorithm = PoolSettings.Balance.leastConnections
    private var free = FreeServers()
    private var roundRobin = RoundRobin()
    private var twoRandomChoices: TwoRandomChoices
    private var consistentHash = ConsistentHash()

    /// - Parameter seed: of `random`
    init(seed: UInt64) { twoRandomChoices = TwoRandomChoices(seed: seed) }

    /// Limits by endpoint that some server of the pool has.
    var limitedKinds: [SlotKind] { free.limitedKinds }

    // MARK: The algorithms

    private mutating func rank(_ server: inout ServerState) -> UInt64 {
        switch algorithm {
        case .roundRobin: roundRobin.rank(&server)
        case .first: FirstAvailable.rank(server)
        case .leastConnections, .random, .hash: LeastConnections.rank(server)
        }
    }

    /// A server with a free slot of this tier that the request was not tried on; nil: there is none.
    /// - Parameter usable: the tier's usable servers
    mutating func choose(
        tier: Int, _ key: PendingQueue.Key, hash: UInt64, servers: [ServerState], usable: [Int]
    ) -> Int? {
        let list = free.list(tier: tier, kind: key.kind)
        if free[list].isEmpty { return nil }
        switch algorithm {
        case .random:
            return twoRandomChoices.choose(list: list, tried: key.tried, servers: servers, usable: usable)
        case .hash:
            if let place = consistentHash.choose(tier: tier, key, hash: hash, servers: servers) { return place }
        case .roundRobin, .leastConnections, .first: break
        }
        return free[list].first { key.tried.contains(servers[$0].id) }
    }

    // MARK: What happens to servers

    /// Empties it for these servers; `update` follows for each.
    mutating func reset(_ settings: PoolSettings, servers: [ServerState], tiers: Int, limitedKinds: [SlotKind]) {
        algorithm = settings.balance
        free.reset(servers: servers.count, tiers: tiers, limitedKinds: limitedKinds)
        roundRobin.reset(tiers: tiers)
        twoRandomChoices.reset(lists: algorithm == .random ? free.listCount : 0, servers: servers.count)
        consistentHash.reset(servers, tiers: tiers, boundFactor: settings.hashBalanceFactor)
    }

    /// After anything about the server has changed but its being usable.
    mutating func update(_ place: Int, _ server: inout ServerState) {
        // First, since the server would be copied where it is lent and changed in one call.
        let rank = rank(&server)
        free.update(place, server, rank: rank)
        if case .random = algorithm { twoRandomChoices.update(place, server, free) }
    }

    /// One of its slots was taken.
    mutating func slotTaken(_ server: inout ServerState) {
        if case .roundRobin = algorithm { roundRobin.slotTaken(&server) }
        consistentHash.slotTaken(tier: server.tier)
    }

    mutating func slotReleased(tier: Int) { consistentHash.slotReleased(tier: tier) }

    /// The effective weight of a usable server has changed by so much, since it starts slowly.
    mutating func weightChanged(by change: Int, tier: Int) { consistentHash.weightChanged(by: change, tier: tier) }

    /// After servers, tiers or ring weights have changed.
    mutating func buildRings(_ balance: PoolSettings.Balance, _ servers: [ServerState], tiers: Int) {
        if case .hash = balance { consistentHash.buildRings(servers, tiers: tiers) } else { consistentHash.dropRings() }
    }
}
