import Settings

/// A site as this instance sees it, over all pools.
package struct SiteReport: Sendable {
    package var name = ""
    /// `own`, `near N` (the order of `near`), or `other`.
    package var order = ""
    package var instances = 0
    /// Of `instances`, those that a pool may send requests to now; this site's own are not asked.
    package var usableInstances = 0
    package var servers = 0
    package var usableServers = 0
    package var running = 0
    /// Requests queued here in pools that have a server of the site.
    package var queued = 0

    package init() {}

    /// This instance's site first, then those of `near`, then the others by name.
    package static func all(_ settings: ProxySettings, _ pools: [PoolReport]) -> [SiteReport] {
        let near = settings.ownSite?.near ?? []
        let own = settings.site.map { [$0] } ?? []
        let rest = settings.sites.map(\.name).filter { !own.contains($0) && !near.contains($0) }.sorted()
        return (own + near + rest).map { name in
            var site = SiteReport()
            site.name = name.value
            site.order = own.contains(name) ? "own" : near.firstIndex(of: name).map { "near \($0 + 1)" } ?? "other"
            site.instances = settings.sites.first { $0.name == name }?.instances.count ?? 0
            var usable: Set<String> = []
            for pool in pools {
                let members = pool.servers.filter { ($0.state.settings.site ?? settings.site) == name }
                let servers = members.filter { !$0.state.settings.isInstance }
                usable.formUnion(members.filter { $0.state.settings.isInstance && $0.state.isUsable }.map(\.state.name))
                site.servers += servers.count
                site.usableServers += servers.count { $0.state.isUsable }
                site.running += servers.reduce(0) { $0 + $1.state.inUse }
                if !servers.isEmpty { site.queued += pool.queued }
            }
            site.usableInstances = usable.count
            return site
        }
    }
}
