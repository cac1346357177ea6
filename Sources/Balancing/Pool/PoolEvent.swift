import Model
import Settings

/// What happens to a pool besides requests.
package enum PoolEvent: Sendable {
    /// A slot is given back: the server has sent its last byte, or its connection is gone. Once for each assignment.
    case release(Assignment, Verdict)
    /// The connection of an assignment that was a trial stands.
    case connected(ServerID)
    /// The client went away while its ticket was queued. Without effect when the ticket is not queued (any more).
    case cancel(Ticket)
    /// A health check ended, or the server's name was looked up. For servers gone meanwhile: without effect, as all that follow.
    case check(ServerID, CheckOutcome)
    /// An operator's word.
    case admin(ServerID, AdminState)
    /// The server's own word (`agent_check`).
    case agent(ServerID, AgentReply)
    /// An operator's weight or maxconn: as an agent's, and in its place.
    case adjust(ServerID, AgentReply)
    /// An operator's word instead of the checks', until they say otherwise.
    case health(ServerID, isUp: Bool)
    /// What the checks of an instance before this one had come to: `HealthTracker.counter`.
    case restore(ServerID, counter: Int)
    /// Whether health checks and the agent are asked at all (by the Engine).
    case checks(ServerID, health: Bool?, agent: Bool?)
    /// The key's server, as an operator or another instance knows it; `age`: how long ago it was last used.
    case stick([UInt8], ServerID, age: Duration = .zero)
    /// nil: all.
    case unstick([UInt8]?)
    /// The most slots taken and requests queued at a time are counted anew.
    case clearPeaks
    /// What the server says of its JRubies (`load: jruby`); nil: it could not be read, and counts as not known.
    case load(ServerID, JRubyLoad?)
    /// `Pool.nextDeadline` is due. Earlier and later calls do no harm.
    case tick
    /// New settings for the pool of the same name; servers are told apart by name and address.
    /// Those that are new begin as `newcomers` says.
    case reconfigure(PoolSettings, site: SiteName?, sites: [SiteSettings], newcomers: AdminState = .ready)
}

/// An operator's word about a server.
package enum AdminState: String, Sendable, CaseIterable {
    case ready
    /// Nothing new; what runs ends in peace. Sticks to it break.
    case drain
    /// Nothing new, and no checks (by the Engine).
    case maint
}
