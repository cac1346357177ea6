import Model
import Settings

/// What a pool must know of a request to give it a server.
package struct PoolRequest: Sendable {
    /// Which try of the request this is.
    package enum Attempt: Sendable, Equatable {
        case first
        /// Nothing was sent: goes to the next candidate at once.
        case redispatch
        /// A server may have acted on it: at most `retry.budget` of the live requests are repeats at a time, the rest wait.
        case `repeat`
    }

    package var ticket: Ticket
    /// Which limit by endpoint it counts against.
    package var kind: SlotKind
    package var queueClass: QueueClass
    /// Whose share of the slots it counts for; nil: shares do not apply.
    package var holder: SlotHolder?
    /// Left out of the choice: a retry goes to the next candidate.
    package var tried: TriedServers
    package var attempt: Attempt
    /// The place of an earlier try (`Assignment.place`).
    package var place: QueuePlace?
    /// What a stick goes by: certname in lower case, or the source's address. Empty: no stick.
    package var stickKey: [UInt8]
    /// What `balance: hash` goes by: `HashRing.hash` of the key. Other ways do not look at it.
    package var hash: UInt64
    /// False: the process's queues are full (`limits.queue`), so it is assigned or refused.
    package var mayQueue: Bool
    /// The agent understands `Retry-After`: where it would wait longer than the queue's timeout it is refused at once.
    package var acceptsRetryAfter: Bool
    /// Another instance has sent it here: only servers of this site serve it.
    package var staysHere: Bool

    package init(
        ticket: Ticket, kind: SlotKind = .other, queueClass: QueueClass = .quick, holder: SlotHolder? = nil,
        tried: TriedServers = TriedServers(), attempt: Attempt = .first, place: QueuePlace? = nil, stickKey: [UInt8] = [], hash: UInt64 = 0,
        mayQueue: Bool = true,
        acceptsRetryAfter: Bool = false, staysHere: Bool = false
    ) {
        self.ticket = ticket
        self.kind = kind
        self.queueClass = queueClass
        self.holder = holder
        self.tried = tried
        self.attempt = attempt
        self.place = place
        self.stickKey = stickKey
        self.hash = hash
        self.mayQueue = mayQueue
        self.acceptsRetryAfter = acceptsRetryAfter
        self.staysHere = staysHere
    }
}

/// The result of `Pool.submit`.
package enum Submission: Sendable, Equatable {
    /// A slot of that server is taken; it is given back with `PoolEvent.release`.
    case assigned(Assignment)
    /// A later action names the ticket exactly once, unless `PoolEvent.cancel` comes first.
    case queued
    /// `queueFull`, `overloaded`, or `noServer`: no usable server at all (requests that were queued once wait for one, and all do with
    /// `queue.no_server: wait`), or none that was not tried.
    case refused(Reason)
}
