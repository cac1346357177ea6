import Settings

/// `balance: round-robin`: each in turn, by weight, and smoothly.
///
/// Stride scheduling: each turn moves a server on by the inverse of its weight, and the one furthest behind is next. A server starts half a
/// turn ahead of the round, so that heavy and light ones mix from the first request on; one that was full or out is level with the others
/// when it returns. Each tier has a round of its own.
struct RoundRobin: Sendable {
    /// A server's part of it.
    struct Turn: Sendable {
        /// Where its next turn is; nil: it is new in its tier.
        var next: UInt64?
        /// The weight by which that was found.
        fileprivate var weight = 0
    }

    /// One turn of a server with weight 1 (of 256).
    private static let stride: UInt64 = 1 << 40

    /// By tier: where the round of turns is.
    private var round: [UInt64] = []

    mutating func reset(tiers: Int) {
        if round.count != tiers { round = [UInt64](repeating: 0, count: tiers) }
    }

    /// Where its next turn is. Where its weight has changed, what is left until then changes with it, as in HAProxy.
    func rank(_ server: inout ServerState) -> UInt64 {
        let round = round[server.tier]
        let weight = server.effectiveWeight
        var next = server.turn.next ?? round &+ Self.stride / UInt64(2 * max(1, weight))
        if next < round { next = round }
        if weight > 0, server.turn.weight > 0, weight != server.turn.weight {
            next = round &+ min(next &- round, Self.stride) * UInt64(server.turn.weight) / UInt64(weight)
        }
        if weight > 0 { server.turn.weight = weight }
        server.turn.next = next
        return next
    }

    /// It is this server's turn. One of weight 0 has no turns, but its sticks.
    mutating func slotTaken(_ server: inout ServerState) {
        guard server.isUsable, let next = server.turn.next else { return }
        round[server.tier] = max(round[server.tier], next)
        server.turn.next = next &+ Self.stride / UInt64(max(1, server.effectiveWeight))
    }
}
