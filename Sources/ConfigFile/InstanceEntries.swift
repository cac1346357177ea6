import Model
import Settings

/// Puts the instances of other sites, and those of this site that own its queue, among a pool's servers (`locality.via: instances`).
///
/// In a pool's list they stand in the order in which they own its queue. Of this instance's site only those that come before this one: it is
/// the owner for requests that none of them can take. Without `direct` the servers of sites with instances go.
struct InstanceEntries {
    let places: Places
    let findings: Findings

    func add(to settings: inout ProxySettings) {
        checkListeners(settings)
        for index in settings.pools.indices where settings.pools[index].via == .instances {
            var pool = settings.pools[index]
            add(to: &pool, index, settings)
            settings.pools[index] = pool
        }
    }

    private func checkListeners(_ settings: ProxySettings) {
        guard settings.sites.allSatisfy(\.instances.isEmpty), places.listeners.count == settings.listeners.count else { return }
        for (listener, place) in zip(settings.listeners, places.listeners) where listener.isForInstances {
            findings.error("no site has \"instances\": no request would be believed here", at: place)
        }
    }

    private func add(to pool: inout PoolSettings, _ index: Int, _ settings: ProxySettings) {
        let place = places.vias[index] ?? .start
        var entries: [ServerSettings] = []
        for site in settings.sites where pool.servers.contains(where: { ($0.site ?? settings.site) == site.name }) {
            entries += members(of: site, pool, settings).map { entry($0, site.name, pool, place) }
        }
        if !settings.sites.contains(where: { !$0.instances.isEmpty }) {
            findings.error("via: instances, but no site has \"instances\"", at: place)
        }
        for entry in entries where pool.servers.contains(where: { $0.name == entry.name }) {
            findings.error("instance \"\(entry.name)\" has the name of a server of pool \"\(pool.name)\"", at: place)
        }
        if !pool.direct {
            let remote = settings.sites.filter { $0.name != settings.site && !$0.instances.isEmpty }.map(\.name)
            pool.servers.removeAll { server in server.site.map { remote.contains($0) } ?? false }
        }
        pool.servers += entries
    }

    private func members(of site: SiteSettings, _ pool: PoolSettings, _ settings: ProxySettings) -> ArraySlice<InstanceSettings> {
        let owners = site.owners(ofPool: pool.name)
        guard site.name == settings.site else { return owners[...] }
        return owners.prefix { $0.name != settings.instance }
    }

    private func entry(_ instance: InstanceSettings, _ site: SiteName, _ pool: PoolSettings, _ place: Position) -> ServerSettings {
        var tls = instance.tls ?? pool.tls
        if tls?.certificate == nil {
            findings.error(
                "instance \"\(instance.name)\" needs a certificate to know this one by", at: place,
                hint: "\"tls\" with \"certificate\" and \"ca\" in pool \"\(pool.name)\" or at the instance")
        } else if tls?.verify == UpstreamTLSSettings.Verify.none {
            findings.error(
                "instance \"\(instance.name)\" would not be verified, and agents' identities go to it", at: place,
                hint: "verify: hostname")
        }
        if instance.tls?.verifyName == nil { tls?.verifyName = String(decoding: instance.expectedCertname, as: UTF8.self) }
        tls?.sni = .none
        var check = instance.check
        if check.target == InstanceSettings.statusPath { check.target += "?pool=\(pool.name)" }
        return ServerSettings(
            name: instance.name, address: instance.address, site: site, tls: tls.map { .own($0) } ?? .asPool, check: .own(check),
            isInstance: true)
    }
}
