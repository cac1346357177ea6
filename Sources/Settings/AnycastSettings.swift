import Model

/// When and how the instances of a site announce the service address.
package struct AnycastSettings: Sendable, Equatable {
    /// Which servers count.
    package enum Servers: String, Sendable, CaseIterable { case own, any }
    /// What becomes of the route while too few servers are usable: worse, or gone.
    package enum Unfit: String, Sendable, CaseIterable { case metric, withdraw }
    /// What to take for true while the routing daemon does not reply.
    package enum OnUnknown: String, Sendable, CaseIterable { case keep, withdraw, announce }
    /// Who speaks to the routers.
    package enum Via: Sendable, Equatable {
        /// Protocols of BIRD 2 that are enabled and disabled through its control socket.
        case bird(socket: String, protocols: [String], unfitProtocols: [String])
        /// ExaBGP runs `puppetfront anycast exabgp`, which asks the runtime socket.
        case exabgp
        /// A program that gets `on`, `off` or `unfit` as its argument.
        case command(String)
    }

    package var site: SiteName
    /// Each needs `minServers` usable servers; empty: every pool of the environments table's default.
    package var pools: [PoolIndex] = []
    package var minServers = 1
    package var servers = Servers.any
    package var via = Via.exabgp
    package var unfit = Unfit.metric
    /// Looks in a row, one a second, before the state changes.
    package var rise = 2
    package var fall = 2
    /// How long a route that has left stays away.
    package var holdDown: Duration = .seconds(30)
    /// Between withdrawal and the closing of listeners.
    package var settle: Duration = .seconds(3)
    package var onUnknown = OnUnknown.keep
    /// While the file exists, nothing is announced.
    package var killFile: String?

    package init(site: SiteName) { self.site = site }
}

/// What an operator has set with `set anycast`.
package enum AnycastOverride: String, Sendable, CaseIterable { case auto, on, off }

/// What a site's routers shall believe.
package enum AnycastState: String, Sendable, CaseIterable {
    case announced
    /// As a last resort.
    case unfit
    case withdrawn
}
