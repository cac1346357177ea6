/// A change of a server other than by its checks, and the pool's state after it: for the log and the hooks.
package struct ServerChange: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Requests failed in a row: nothing new for a while.
        case ejected(Duration, failures: Int)
        /// The ejection is over.
        case returned
        /// By an operator, or by the server's agent.
        case admin(AdminState, byAgent: Bool)
        /// The agent's `down` (with its description) and `up`.
        case agentDown(String)
        case agentUp
        /// The weight in force.
        case weight(Int, byAgent: Bool)
        case maxconn(Int, byAgent: Bool)
        /// An operator's override of the checks.
        case forced(isUp: Bool)
    }

    package var kind: Kind
    /// Usable servers after the change.
    package var activeLeft: Int
    package var backupsLeft: Int
    /// Requests on this server, which go on.
    package var inUse: Int
    package var queued: Int

    /// One line without line end.
    package func line(pool: String, server: String) -> String {
        let running = activeLeft == 0 && backupsLeft > 0 ? " Running on backup." : ""
        return "Server \(pool)/\(server) \(what). \(activeLeft) active and \(backupsLeft) backup servers left.\(running) "
            + "\(inUse) requests active, \(queued) in queue."
    }

    private var what: String {
        switch kind {
        case .ejected(let time, let failures): "is ejected for \(time.components.seconds)s after \(failures) failed requests in a row"
        case .returned: "is back after its ejection"
        case .admin(let state, let byAgent): "is set to \(state.rawValue)\(byAgent ? " by its agent" : "")"
        case .agentDown(let words): "is DOWN by its agent\(words.isEmpty ? "" : ", reason: \(words)")"
        case .agentUp: "is UP by its agent"
        case .weight(let weight, let byAgent): "has weight \(weight)\(byAgent ? " by its agent" : "")"
        case .maxconn(let limit, let byAgent): "has maxconn \(limit)\(byAgent ? " by its agent" : "")"
        case .forced(let isUp): "is forced \(isUp ? "UP" : "DOWN") by an operator"
        }
    }
}
