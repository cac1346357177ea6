import Balancing

/// A server's state in HAProxy's words: the `status` column.
package struct ServerStatus: Sendable {
    package let text: String
    /// Takes new requests.
    package let isUsable: Bool

    package init(_ state: ServerState) {
        isUsable = state.isUsable
        text = Self.words(state)
    }

    private static func words(_ state: ServerState) -> String {
        if state.admin == .maint { return state.health.isResolved ? "MAINT" : "MAINT (resolution)" }
        if !state.health.isResolved { return "MAINT (resolution)" }
        if state.agent.isDown { return "DOWN (agent)" }
        let progress = state.health.progress
        let step = "\(progress.current)/\(progress.of)"
        guard state.health.isUp else { return progress.current > 0 ? "DOWN \(step)" : "DOWN" }
        // HAProxy has no word for an ejection: to its tools the server takes nothing.
        if state.outlier.ejectedUntil != nil { return "DOWN (ejected)" }
        if state.admin == .drain || state.effectiveWeight == 0 { return progress.current < progress.of ? "DRAIN \(step)" : "DRAIN" }
        if state.health.check == nil { return "no check" }
        return progress.current < progress.of ? "UP \(step)" : "UP"
    }
}
