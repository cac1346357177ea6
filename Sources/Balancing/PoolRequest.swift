import Model

/// What a pool must know of a request to give it a server.
package struct PoolRequest: Sendable {
    package var ticket: Ticket
    /// Left out of the choice: a retry goes to the next candidate.
    package var tried: TriedServers

    package init(ticket: Ticket, tried: TriedServers = TriedServers()) {
        self.ticket = ticket
        self.tried = tried
    }
}

/// The answer to `Pool.submit`.
package enum Submission: Sendable, Equatable {
    /// A slot of that server is taken; it is given back with `PoolEvent.release`.
    case assigned(Assignment)
    /// A later action names the ticket exactly once, unless `PoolEvent.cancel` comes first.
    case queued
    /// `queueFull`, or `noServer`: no usable server at all, or none that was not tried.
    case refused(Reason)
}
