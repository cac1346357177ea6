import Model

/// The server with the fewest requests for its weight; among equals the one that was chosen longest ago, as HAProxy's leastconn.
/// Nobody queues at a server (the pool has the one queue), so its requests are those that hold a slot.
/// Linear in the tier's usable servers.
enum LeastConnections {
    /// The place in `servers` of the chosen one; nil: all of `members` are full or tried.
    static func choose(from members: [Int], without tried: TriedServers, servers: [ServerState]) -> Int? {
        var best: Int?
        for place in members where servers[place].hasFreeSlot && !tried.contains(servers[place].id) {
            if let leader = best, !precedes(servers[place], servers[leader]) { continue }
            best = place
        }
        return best
    }

    /// Compares by multiplication, so without rounding; weights are at most 256, requests far below 2^50.
    private static func precedes(_ left: borrowing ServerState, _ right: borrowing ServerState) -> Bool {
        let leftLoad = left.inUse &* right.settings.weight
        let rightLoad = right.inUse &* left.settings.weight
        return leftLoad == rightLoad ? left.lastChosen < right.lastChosen : leftLoad < rightLoad
    }
}
