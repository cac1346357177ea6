import Balancing
import Model

/// What the Engine does next.
package enum ExchangeAction: Sendable, Equatable {
    case wait
    /// Ask the pool for a server, leaving out those tried.
    case submit
    /// Get a connection to the assigned server; `fresh`: not one that was kept.
    case connect(fresh: Bool)
    /// Send the request.
    case send
    /// Pass the answer on.
    case forward
    /// Answer from here.
    case respond(Reason)
    /// Close the client's connection so that it sees the answer unfinished.
    case cut
    /// All bytes of the answer have come from the server.
    case finish
    /// Nobody waits for the answer any more.
    case abandon
}

/// A slot that goes back to the pool, and what the request told of its server.
package struct SlotRelease: Sendable, Equatable {
    package let assignment: Assignment
    package let verdict: Verdict
}

package struct ExchangeStep: Sendable, Equatable {
    package let action: ExchangeAction
    package let release: SlotRelease?
    /// The ticket is to be taken out of the pool's queue.
    package let cancelsTicket: Bool
    /// The pool is to be told that the trial's connection stands.
    package let connected: ServerID?

    init(_ action: ExchangeAction, release: SlotRelease? = nil, cancelsTicket: Bool = false, connected: ServerID? = nil) {
        self.action = action
        self.release = release
        self.cancelsTicket = cancelsTicket
        self.connected = connected
    }
}
