import Model
import Settings

/// What happens to a pool besides requests.
package enum PoolEvent: Sendable {
    /// A slot is given back: the server has sent its last byte, or its connection is gone. Once for each assignment.
    case release(ServerID)
    /// The client went away while its ticket was queued. Without effect when the ticket is not queued (any more).
    case cancel(Ticket)
    /// A health check ended, or the server's name was looked up. For servers gone meanwhile: without effect.
    case check(ServerID, CheckOutcome)
    /// An operator's word.
    case admin(ServerID, AdminState)
    /// `Pool.nextDeadline` is due. Earlier and later calls do no harm.
    case expire
    /// New settings for the pool of the same name; servers are told apart by name and address.
    case reconfigure(PoolSettings, site: SiteName?, sites: [SiteSettings])
}

/// An operator's word about a server.
package enum AdminState: String, Sendable, CaseIterable {
    case ready
    /// Nothing new; what runs ends in peace.
    case drain
    /// Nothing new, and no checks (by the Engine).
    case maint
}
