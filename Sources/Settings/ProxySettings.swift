import Model

/// Everything an operator can set, typed and already valid: what ConfigFile makes of the file and all else reads.
package struct ProxySettings: Sendable {
    /// This instance's site; nil where the file defines no sites.
    package var site: SiteName?
    package var sites: [SiteSettings]
    /// This instance's name among the instances of its site; nil: not named.
    package var instance: String?
    package var listeners: [ListenerSettings]
    /// In the file's order; `PoolIndex` counts in this array.
    package var pools: [PoolSettings]
    package var routes: [RouteSettings]
    /// In the file's order, without `default`.
    package var environments: [EnvironmentRow]
    package var defaultPool: PoolIndex?
    package var admin: AdminSettings
    package var peers: [PeersSettings]
    /// One a site at most.
    package var anycast: [AnycastSettings] = []
    /// Dotted OID → short name, of `trusted_oids` alone; Puppet's own names are in `PuppetOIDs`.
    package var trustedOIDs: [String: String]
    package var timeouts: TimeoutSettings
    package var limits: LimitSettings
    package var logs: LogSettings
    /// The program of `hooks.on_change`.
    package var onChangeHook: String?
    /// The file in which servers' states, as operators and checks set them, outlive the process.
    package var stateFile: String?

    package init(
        site: SiteName? = nil, sites: [SiteSettings] = [], instance: String? = nil, listeners: [ListenerSettings] = [],
        pools: [PoolSettings] = [],
        routes: [RouteSettings] = [], environments: [EnvironmentRow] = [], defaultPool: PoolIndex? = nil,
        admin: AdminSettings = AdminSettings(), peers: [PeersSettings] = [], trustedOIDs: [String: String] = [:],
        timeouts: TimeoutSettings = TimeoutSettings(), limits: LimitSettings = LimitSettings(), logs: LogSettings = LogSettings(),
        onChangeHook: String? = nil, stateFile: String? = nil
    ) {
        self.site = site
        self.sites = sites
        self.instance = instance
        self.listeners = listeners
        self.pools = pools
        self.routes = routes
        self.environments = environments
        self.defaultPool = defaultPool
        self.admin = admin
        self.peers = peers
        self.trustedOIDs = trustedOIDs
        self.timeouts = timeouts
        self.limits = limits
        self.logs = logs
        self.onChangeHook = onChangeHook
        self.stateFile = stateFile
    }

    /// The pool of CA requests at this instance's site; nil: they take the environments table.
    package var caPool: PoolIndex? { ownSite?.caPool }

    /// Of all sites, in the file's order.
    package var instances: [InstanceSettings] { sites.flatMap(\.instances) }

    package var ownAnycast: AnycastSettings? { anycast.first { $0.site == site } }

    package var ownSite: SiteSettings? { sites.first { $0.name == site } }

    /// What other instances and logs know this one by.
    package var instanceName: String { instance ?? site?.value ?? "puppetfront" }
}

/// A row of the environments table: an environment's name or a glob, and its pool.
package struct EnvironmentRow: Sendable {
    package var pattern: String
    package var pool: PoolIndex
    package init(pattern: String, pool: PoolIndex) {
        self.pattern = pattern
        self.pool = pool
    }
}
