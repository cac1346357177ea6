import Model
import Settings

/// In which order are the servers of a pool tried, by site and backup?
///
/// 1. the active servers of this instance's site, 2. those of each site in its `near` order, 3. those of the sites not listed, by name,
/// 4. the backups in the same order: all backups of a site are one tier, or, with `backups: first`, each backup is its own.
/// Instances of a site come before its active servers, each a tier of its own.
/// Empty tiers are left out. A server without a site is of this instance's site. Within a tier the file's order is kept.
package enum Tiers {
    /// Places in `servers`, each exactly once.
    package static func order(
        servers: [ServerSettings], site: SiteName?, sites: [SiteSettings], backups: PoolSettings.Backups
    ) -> [[Int]] {
        let places = siteOrder(servers: servers, site: site, sites: sites)
        var tiers: [[Int]] = []
        for isBackup in [false, true] {
            for place in places {
                let members = servers.indices.filter { servers[$0].backup == isBackup && (servers[$0].site ?? site) == place }
                let (instances, servers) = (members.filter { servers[$0].isInstance }, members.filter { !servers[$0].isInstance })
                tiers += instances.map { [$0] }
                if isBackup, backups == .first {
                    tiers += servers.map { [$0] }
                } else if !servers.isEmpty {
                    tiers.append(servers)
                }
            }
        }
        return tiers
    }

    /// Every site that has a server, the nearest first; nil is "no sites at all".
    private static func siteOrder(servers: [ServerSettings], site: SiteName?, sites: [SiteSettings]) -> [SiteName?] {
        var order: [SiteName?] = [site]
        for near in sites.first(where: { $0.name == site })?.near ?? [] where !order.contains(near) { order.append(near) }
        let rest = Set(servers.compactMap(\.site)).subtracting(order.compactMap { $0 })
        return order + rest.sorted()
    }
}
