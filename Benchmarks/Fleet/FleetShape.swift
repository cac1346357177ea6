import Model
import Settings

/// Sites on a ring, each with as many servers; agents are spread evenly.
struct FleetShape {
    var siteCount: Int
    var serversOfSite: Int
    /// JRubies of a server, and its maxconn.
    var slots: Int
    var agents: Int
    /// Seconds from site to site, one way.
    var delay: Double
    var via: PoolSettings.Via
    var spill: PoolSettings.Spill

    var allSlots: Int { siteCount * serversOfSite * slots }

    private func name(_ site: Int) -> SiteName { SiteName("s\(site)") }

    var sites: [SiteSettings] {
        (0..<siteCount).map { site in
            SiteSettings(name: name(site), near: (1..<siteCount).map { name((site + $0) % siteCount) })
        }
    }

    /// What the instance of a site has: servers of all sites, site by site, and after them the other sites' instances.
    func settings(of site: Int) -> ProxySettings {
        let slots = MaxconnSettings(all: slots)
        let address = UpstreamAddress(host: "192.0.2.1", port: 8140)
        var servers = (0..<siteCount * serversOfSite).map {
            ServerSettings(name: "p\($0)", address: address, site: name($0 / serversOfSite), maxconn: slots)
        }
        if via == .instances {
            // As ConfigFile's InstanceEntries with `direct: false`: what is not this site's is reached by instances alone.
            servers.removeAll { $0.site != name(site) }
            servers += (0..<siteCount).filter { $0 != site }.map {
                ServerSettings(name: "pf\($0)", address: address, site: name($0), isInstance: true)
            }
        }
        let pool = PoolSettings(
            name: "compilers", stick: StickSettings(on: .certname, expire: .seconds(7200)), queue: QueueSettings(size: 200_000),
            spill: spill, via: via, direct: false, panic: 0, servers: servers)
        let environments = (0..<10).map { EnvironmentRow(pattern: "environment_\($0)", pool: PoolIndex(0)) }
        return ProxySettings(
            site: name(site), sites: sites, pools: [pool], environments: environments, defaultPool: PoolIndex(0))
    }
}
