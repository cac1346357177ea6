import Model

/// What a pool wants done, in this order.
package enum PoolAction: Sendable, Equatable {
    /// A queued ticket has got a slot. If its exchange is gone by then, the slot must be released at once.
    case assigned(Ticket, Assignment)
    /// A queued ticket is refused: `queueTimeout`, or `noServer` when no server is left that could take it.
    case refused(Ticket, Reason)
    /// To be logged; the fields say whether the server went up or down or is on the way.
    indirect case healthChanged(ServerID, HealthChange)
}
