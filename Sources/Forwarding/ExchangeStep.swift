import Balancing
import Model

/// What the Engine's driver does next. It performs each of them.
package enum ExchangeAction: Sendable, Equatable {
    /// Nothing but to go on with what is under way.
    case none
    /// Ask the pool for a server, leaving out those tried.
    case submit
    /// Get a connection to the assigned server; `fresh`: not one that was kept.
    case connect(fresh: Bool)
    /// Send the request from its start.
    case send
    /// Let go of the server, and pass a response of our own to the client.
    case respond(Reason)
    /// Release the server, whose last byte has arrived; the client gets the rest.
    case deliver
    /// Everything is delivered: the connection goes on, or ends in order.
    case finish
    /// Close the client's connection so that it sees the response unfinished.
    case cut
    /// The client has closed: release everything.
    case abandon
}

/// A slot that goes back to the pool, and what the request showed of its server.
package struct SlotRelease: Sendable, Equatable {
    package let assignment: Assignment
    package let verdict: Verdict
}

package struct ExchangeStep: Sendable, Equatable {
    package let action: ExchangeAction
    package let release: SlotRelease?
    /// The ticket is to be taken out of the pool's queue.
    package let cancelsTicket: Bool
    /// The pool is to be notified that the trial's connection is established.
    package let connected: ServerID?

    init(_ action: ExchangeAction, release: SlotRelease? = nil, cancelsTicket: Bool = false, connected: ServerID? = nil) {
        self.action = action
        self.release = release
        self.cancelsTicket = cancelsTicket
        self.connected = connected
    }
}
