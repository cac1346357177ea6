import Explain
import Model

/// Where a request would go at this moment: the explanation of the rules, then the pool's queue and its servers as they are.
package enum LiveExplanation {
    /// - Parameters:
    ///   - pool: nil where the request is refused
    ///   - destination: where `pool` overflows to now; itself where it does not
    ///   - client: who asks, and how many of the destination's slots it holds now
    package static func text(
        _ explanation: Explanation, pool: PoolReport?, destination: PoolReport?, client: ClientSlots? = nil
    ) -> String {
        guard let pool, let destination else { return explanation.text }
        var text = explanation.text + line("now", state(pool))
        if destination.name != pool.name {
            text += line("overflow", "to pool \(destination.name) now") + line("now", state(destination))
        }
        if let client, let why = shares(destination, client) { text += line("shares", why) }
        return text + destination.servers.sorted { $0.state.tier < $1.state.tier }.map(server).joined()
    }

    /// Who asks, as far as shares of slots go.
    package struct ClientSlots: Sendable {
        var isVerified: Bool
        var inUse: Int
        package init(isVerified: Bool, inUse: Int) {
            self.isVerified = isVerified
            self.inUse = inUse
        }
    }

    /// What this client holds, and whether its request would be queued for that; nil: the pool has no shares.
    private static func shares(_ pool: PoolReport, _ client: ClientSlots) -> String? {
        guard pool.holderLimit != nil || pool.unverifiedLimit != nil else { return nil }
        let unverified = pool.unverifiedLimit.map { "clients without a certificate hold \(pool.unverifiedInUse) of \($0) slots" }
        let holder = pool.holderLimit.map { "this client \(unverified == nil ? "holds " : "")\(client.inUse) of \($0)" }
        let isOver = client.inUse >= pool.holderLimit ?? .max || !client.isVerified && pool.unverifiedInUse >= pool.unverifiedLimit ?? .max
        return [unverified, holder].compactMap { $0 }.joined(separator: ", ") + (isOver ? ": its request would be queued" : "")
    }

    private static func line(_ label: String, _ text: String) -> String {
        label + String(repeating: " ", count: max(1, 13 - label.count)) + text + "\n"
    }

    private static func state(_ pool: PoolReport) -> String {
        let oldest = pool.longestWaits.values.max().map { ", the oldest for \($0.inMilliseconds) ms" } ?? ""
        let over = pool.overHolderShare.values.reduce(0, +) + pool.overUnverifiedShare.values.reduce(0, +)
        return "pool \(pool.name) \(pool.isUsable ? "has a usable server" : "has no usable server")\(pool.isPanicking ? " (panic)" : ""), "
            + "\(pool.queued) queued\(oldest)\(over > 0 ? ", \(over) of them over their share" : ""), avg_queue \(pool.averageQueue)"
    }

    private static func server(_ server: ServerReport) -> String {
        let state = server.state
        let limit = state.slotLimit == .max ? "" : " of \(state.slotLimit)"
        let waiting = state.waitingForThisServer > 0 ? ", \(state.waitingForThisServer) queued for it" : ""
        return line(
            "server", "\(state.name), tier \(state.tier + 1): \(ServerStatus(state).text), \(state.inUse)\(limit) running\(waiting)")
    }
}
