import Explain
import Model

/// Where a request would go at this moment: the explanation of the rules, then the pool's queue and its servers as they are.
package enum LiveExplanation {
    /// - Parameters:
    ///   - pool: nil where the request is refused
    ///   - destination: where `pool` overflows to now; itself where it does not
    package static func text(_ explanation: Explanation, pool: PoolReport?, destination: PoolReport?) -> String {
        guard let pool, let destination else { return explanation.text }
        var text = explanation.text + line("now", state(pool))
        if destination.name != pool.name {
            text += line("overflow", "to pool \(destination.name) now") + line("now", state(destination))
        }
        return text + destination.servers.sorted { $0.state.tier < $1.state.tier }.map(server).joined()
    }

    private static func line(_ label: String, _ text: String) -> String {
        label + String(repeating: " ", count: max(1, 13 - label.count)) + text + "\n"
    }

    private static func state(_ pool: PoolReport) -> String {
        let oldest = pool.longestWaits.values.max().map { ", the oldest for \($0.inMilliseconds) ms" } ?? ""
        return "pool \(pool.name) \(pool.isUsable ? "has a usable server" : "has no usable server")\(pool.isPanicking ? " (panic)" : ""), "
            + "\(pool.queued) queued\(oldest), avg_queue \(pool.averageQueue)"
    }

    private static func server(_ server: ServerReport) -> String {
        let state = server.state
        let limit = state.slotLimit == .max ? "" : " of \(state.slotLimit)"
        let waiting = state.waitingForThisServer > 0 ? ", \(state.waitingForThisServer) queued for it" : ""
        return line(
            "server", "\(state.name), tier \(state.tier + 1): \(ServerStatus(state).text), \(state.inUse)\(limit) running\(waiting)")
    }
}
