import Settings

/// Which servers have a free slot, and which of them is first? By tier, and by the limit by endpoint that a request needs.
///
/// A list for each tier and limit; list 0 of a tier is for requests without a limit by endpoint. The rank is the algorithm's: the least is
/// first, and among equals the server chosen longest ago.
struct FreeServers: Sendable {
    /// Limits by endpoint that some server of the pool has.
    private(set) var limitedKinds: [SlotKind] = []
    private var heaps: [RankHeap] = []
    /// By limit, then by the server's place.
    private var positions: [[Int]] = []

    var listCount: Int { heaps.count }

    /// Empties it for a pool of so many servers and tiers.
    mutating func reset(servers: Int, tiers: Int, limitedKinds: [SlotKind]) {
        self.limitedKinds = limitedKinds
        heaps = [RankHeap](repeating: RankHeap(), count: tiers * (limitedKinds.count + 1))
        positions = [[Int]](repeating: [Int](repeating: -1, count: servers), count: limitedKinds.count + 1)
    }

    /// After anything about the server has changed.
    /// Inline, since Swift copies a server that it lends from where it is changed.
    @inline(__always) mutating func update(_ place: Int, _ server: borrowing ServerState, rank: UInt64) {
        let entry = RankHeap.Entry(key: rank, tie: server.lastChosen, place: place)
        for limit in 0...limitedKinds.count {
            let list = list(tier: server.tier, limit: limit)
            if isFree(server, limit: limit) {
                heaps[list].set(entry, &positions[limit])
            } else {
                heaps[list].remove(place, &positions[limit])
            }
        }
    }

    /// - Parameter limit: 0, or a limit by endpoint's place in `limitedKinds`, and one
    @inline(__always) func isFree(_ server: borrowing ServerState, limit: Int) -> Bool {
        server.isUsable && server.hasFreeSlot(limit == 0 ? nil : limitedKinds[limit - 1])
    }

    func list(tier: Int, limit: Int) -> Int { tier * (limitedKinds.count + 1) + limit }

    /// The list of a tier's servers with a free slot for such a request.
    func list(tier: Int, kind: SlotKind?) -> Int {
        list(tier: tier, limit: kind.flatMap { limitedKinds.firstIndex(of: $0) }.map { $0 + 1 } ?? 0)
    }

    subscript(list: Int) -> RankHeap { heaps[list] }
}
