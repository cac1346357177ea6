import Model
import Settings

/// What happens to a pool besides requests.
package enum PoolEvent: Sendable {
    /// A slot is given back: the server has sent its last byte, or its connection is gone. Once for each assignment.
    case release(Assignment, Verdict)
    /// The connection of an assignment that was a trial is established.
    case connected(ServerID)
    /// The client went away while its ticket was queued. Without effect when the ticket is not queued (any more).
    case cancel(Ticket)
    /// A health check ended, or the server's name was looked up. For servers gone meanwhile: without effect, as all that follow.
    case check(ServerID, CheckOutcome)
    /// An operator's override.
    case admin(ServerID, AdminState)
    /// The reply of the server's agent (`agent_check`).
    case agent(ServerID, AgentReply)
    /// An operator's weight or maxconn: as an agent's, and in its place.
    case adjust(ServerID, AgentReply)
    /// An operator's override of the checks, until they change it.
    case health(ServerID, isUp: Bool)
    /// What the checks of an instance before this one had come to: `HealthTracker.counter`.
    case restore(ServerID, counter: Int)
    /// Whether health checks and the agent are asked at all (by the Engine).
    case checks(ServerID, health: Bool?, agent: Bool?)
    /// The key's server, as an operator or another instance knows it; `age`: how long ago it was last used.
    case stick([UInt8], ServerID, age: Duration = .zero, isLearned: Bool = false)
    /// What a peer knows.
    case learn([LearnedStick])
    /// nil: all.
    case unstick([UInt8]?)
    /// The highest numbers of slots taken and requests queued are counted again from now on.
    case clearPeaks
    /// The server's JRubies as reported (`load: jruby`); nil: they could not be read, and count as not known.
    case load(ServerID, JRubyLoad?)
    /// `Pool.nextDeadline` is due. Earlier and later calls do no harm.
    case tick
    /// New settings for the pool of the same name; servers are identified by name and address.
    /// Those that are new begin as `newcomers` says.
    case reconfigure(PoolSettings, site: SiteName?, sites: [SiteSettings], newcomers: AdminState = .ready)
}

/// A key and its server as a peer knows them.
package struct LearnedStick: Sendable {
    package let key: [UInt8]
    /// Its name; empty: only its number in the pool, from 1, is known.
    package let server: [UInt8]
    package let number: Int
    /// nil: the pool's whole time.
    package let left: Duration?

    package init(key: [UInt8], server: [UInt8], number: Int, left: Duration?) {
        self.key = key
        self.server = server
        self.number = number
        self.left = left
    }
}

/// An operator's state for a server.
package enum AdminState: String, Sendable, CaseIterable {
    case ready
    /// No new requests; running ones end normally. Sticks to it break.
    case drain
    /// No new requests, and no checks (by the Engine).
    case maint
}
