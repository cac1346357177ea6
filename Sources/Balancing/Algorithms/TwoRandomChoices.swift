import Settings

/// `balance: random`: the less loaded of two drawn by weight (HAProxy's `random(2)`).
struct TwoRandomChoices: Sendable {
    /// By list of `FreeServers`: the weights of the servers in it.
    private var weights: [WeightTree] = []
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func reset(lists: Int, servers: Int) {
        weights = (0..<lists).map { _ in WeightTree(places: servers) }
    }

    /// After anything about the server has changed.
    mutating func update(_ place: Int, _ server: borrowing ServerState, _ free: FreeServers) {
        for limit in 0...free.limitedKinds.count {
            weights[free.list(tier: server.tier, limit: limit)][place] = free.isFree(server, limit: limit) ? server.effectiveWeight : 0
        }
    }

    /// nil where only tried ones are left.
    /// - Parameter usable: the tier's usable servers
    mutating func choose(list: Int, tried: TriedServers, servers: [ServerState], usable: [Int]) -> Int? {
        var left: [(place: Int, weight: Int)] = []
        if !tried.isEmpty {
            for place in usable where tried.contains(servers[place].id) { left.append((place, weights[list][place])) }
        }
        for (place, _) in left { weights[list][place] = 0 }
        defer { for (place, weight) in left { weights[list][place] = weight } }
        guard let one = draw(list: list), let other = draw(list: list) else { return nil }
        return LeastConnections.rank(servers[other]) < LeastConnections.rank(servers[one]) ? other : one
    }

    private mutating func draw(list: Int) -> Int? {
        let total = UInt64(weights[list].total)
        guard total > 0 else { return nil }
        return weights[list].place(at: Int(nextRandom().multipliedFullWidth(by: total).high))
    }

    /// SplitMix64.
    private mutating func nextRandom() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
