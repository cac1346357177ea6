import Model

/// Smooth weighted round-robin, as nginx (`ngx_http_upstream_get_peer`): each candidate's current weight grows by its weight, the
/// greatest is chosen and pays the sum. Weights 5, 1, 1 give a a b a c a a. Linear in the tier's usable servers.
enum RoundRobin {
    /// The place in `servers` of the chosen one; nil: all of `members` are full or tried.
    static func choose(from members: [Int], without tried: TriedServers, servers: inout [ServerState]) -> Int? {
        var best: Int?
        var total = 0
        for place in members where servers[place].hasFreeSlot && !tried.contains(servers[place].id) {
            servers[place].currentWeight += servers[place].settings.weight
            total += servers[place].settings.weight
            if let leader = best, servers[place].currentWeight <= servers[leader].currentWeight { continue }
            best = place
        }
        if let best { servers[best].currentWeight -= total }
        return best
    }
}
