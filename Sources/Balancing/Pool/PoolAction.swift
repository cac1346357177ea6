import Model

/// What a pool wants done, in this order.
package enum PoolAction: Sendable, Equatable {
    /// A queued ticket has got a slot. If its exchange is gone by then, the slot must be released at once.
    case assigned(Ticket, Assignment)
    /// A queued ticket is refused: `queueTimeout`, or `noServer` when no server is left that could take it.
    case refused(Ticket, Reason)
    /// To be logged; the fields say whether the server went up or down or is on the way.
    indirect case healthChanged(ServerID, HealthChange)
    /// To be logged: something else than a check changed what the server gets.
    indirect case serverChanged(ServerID, ServerChange)
    case poolChanged(PoolChange)
    /// A request failed on this server: its next health check comes after `fastinter` at the latest.
    case checkSoon(ServerID)
}

/// The state of a pool as a whole.
package enum PoolChange: String, Sendable, CaseIterable {
    /// It has a usable server (again).
    case up
    /// It has no usable server left.
    case down
    /// It has none that passes its checks, but servers that only fail what the check asks: those are used all the same.
    case panic
}
