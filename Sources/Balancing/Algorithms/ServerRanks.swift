import Settings

/// In which order are servers chosen? Keeps those with a free slot ranked, by tier and by the limit that a request needs.
///
/// | balance | rank |
/// |---|---|
/// | round-robin | weighted and smooth: each turn moves a server on by the inverse of its weight, the furthest behind is next (stride scheduling, each starting with half a turn, so that heavy and light ones mix from the first request on); one that was full or away comes back level with the others |
/// | least-connections, and random's and hash's second choice | as HAProxy's leastconn: 0 without requests, else (requests + 1) / weight; requests are those that hold a slot, wait for this server, or by its own word come from elsewhere |
///
/// Among equals the one chosen longest ago.
struct ServerRanks: Sendable {
    /// Limits by endpoint that some server of the pool has; heap 0 of a tier is for requests without one.
    private(set) var limitedKinds: [SlotKind] = []
    private var heaps: [ServerHeap] = []
    /// By limit, then by the server's place.
    private var positions: [[Int]] = []
    /// For random, by tier and limit: the weights of those with a free slot.
    private var weights: [WeightTree] = []
    private var isRoundRobin = true
    /// By tier: where the round of turns stands.
    private var round: [UInt64] = []

    /// One turn of a server with weight 1 (of 256).
    private static let stride: UInt64 = 1 << 40

    /// Empties it for a pool of so many servers and tiers.
    mutating func reset(servers: Int, tiers: Int, limitedKinds: [SlotKind], balance: PoolSettings.Balance) {
        self.limitedKinds = limitedKinds
        isRoundRobin = balance == .roundRobin
        heaps = [ServerHeap](repeating: ServerHeap(), count: tiers * (limitedKinds.count + 1))
        positions = [[Int]](repeating: [Int](repeating: -1, count: servers), count: limitedKinds.count + 1)
        weights = balance == .random ? heaps.map { _ in WeightTree(places: servers) } : []
        if round.count != tiers { round = [UInt64](repeating: 0, count: tiers) }
    }

    /// Ranks a server anew after anything about it has changed.
    mutating func set(_ place: Int, _ server: inout ServerState) {
        let key = isRoundRobin ? placeTurn(&server) : Self.load(server)
        let entry = ServerHeap.Entry(key: key, tie: server.lastChosen, place: place)
        for limit in 0...limitedKinds.count {
            let heap = heap(tier: server.tier, limit: limit)
            let isFree = server.isUsable && server.hasFreeSlot(limit == 0 ? nil : limitedKinds[limit - 1])
            if isFree { heaps[heap].set(entry, &positions[limit]) } else { heaps[heap].remove(place, &positions[limit]) }
            if !weights.isEmpty { weights[heap][place] = isFree ? server.effectiveWeight : 0 }
        }
    }

    /// The servers of a tier with a free slot for such a request.
    func free(tier: Int, kind: SlotKind?) -> ServerHeap { heaps[heap(tier: tier, limit: limit(of: kind))] }

    /// Two of them, each as likely as its weight; nil where only tried ones are left.
    /// - Parameter random: two numbers, evenly spread over all
    mutating func drawTwo(tier: Int, kind: SlotKind?, without tried: [Int], random: (UInt64, UInt64)) -> (Int, Int)? {
        let index = heap(tier: tier, limit: limit(of: kind))
        let left = tried.map { weights[index][$0] }
        for place in tried { weights[index][place] = 0 }
        defer { for (place, weight) in zip(tried, left) { weights[index][place] = weight } }
        let total = UInt64(weights[index].total)
        guard total > 0 else { return nil }
        let draw = { (tree: WeightTree, word: UInt64) in tree.place(at: Int(word.multipliedFullWidth(by: total).high)) }
        return (draw(weights[index], random.0), draw(weights[index], random.1))
    }

    private func limit(of kind: SlotKind?) -> Int { kind.flatMap { limitedKinds.firstIndex(of: $0) }.map { $0 + 1 } ?? 0 }

    // MARK: Round-robin

    /// Where its next turn stands: half a turn on for a new one, level with the round for one that was full or away. Where its weight has
    /// changed, what is left until then changes with it, as in HAProxy.
    private func placeTurn(_ server: inout ServerState) -> UInt64 {
        let round = round[server.tier]
        let weight = server.effectiveWeight
        var turn = server.turn ?? round &+ Self.stride / UInt64(2 * max(1, weight))
        if turn < round { turn = round }
        if weight > 0, server.turnWeight > 0, weight != server.turnWeight {
            turn = round &+ min(turn &- round, Self.stride) * UInt64(server.turnWeight) / UInt64(weight)
        }
        if weight > 0 { server.turnWeight = weight }
        server.turn = turn
        return turn
    }

    /// The server is taken: the round has come to it. One of weight 0 has no turns, but its sticks.
    mutating func takeTurn(_ server: inout ServerState) {
        guard isRoundRobin, server.isUsable, let turn = server.turn else { return }
        round[server.tier] = max(round[server.tier], turn)
        server.turn = turn &+ Self.stride / UInt64(max(1, server.effectiveWeight))
    }

    // MARK: Least connections

    static func load(_ server: borrowing ServerState) -> UInt64 {
        let requests = server.inUse + server.stuck + server.foreign
        return requests == 0 ? 0 : (UInt64(requests + 1) << 32) / UInt64(max(1, server.effectiveWeight))
    }

    private func heap(tier: Int, limit: Int) -> Int { tier * (limitedKinds.count + 1) + limit }
}
