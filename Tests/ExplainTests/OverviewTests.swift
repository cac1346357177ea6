import Explain
import Model
import Settings
import Testing

@Suite struct OverviewTests {
    @Test func eachPoolHasItsSourcesAndTiers() {
        func server(_ name: String, _ site: String? = nil, backup: Bool = false, weight: Int = 1) -> ServerSettings {
            ServerSettings(
                name: name, address: UpstreamAddress(host: name, port: 1), site: site.map(SiteName.init), backup: backup, weight: weight)
        }
        let settings = ProxySettings(
            site: SiteName("eie"),
            sites: [
                SiteSettings(name: SiteName("eie"), near: [SiteName("knossos")], caPool: PoolIndex(2)),
                SiteSettings(name: SiteName("knossos")),
            ],
            pools: [
                PoolSettings(
                    name: "compilers", overflow: OverflowSettings(to: PoolIndex(1), averageQueueAbove: 1),
                    servers: [
                        server("p1", "eie"), server("p2", "knossos"), server("p0", "eie", backup: true), server("p3"),
                        server("p4", "knossos", backup: true), server("p5", "eie", weight: 0),
                    ]), PoolSettings(name: "more"), PoolSettings(name: "ca", servers: [server("ca1", "knossos")]),
                PoolSettings(name: "unused", servers: [server("u")]),
            ],
            routes: [RouteSettings(name: "r", conditions: RouteConditions(environment: ["x"]), pool: PoolIndex(0))],
            environments: [EnvironmentRow(pattern: "feature_*", pool: PoolIndex(0))], defaultPool: PoolIndex(0))
        #expect(
            Overview(settings).text == """
                site eie
                pool compilers: routes.r, environments.feature_*, environments.default
                  tier 1  p1, p3, p5 (weight 0)
                  tier 2  p2 (knossos)
                  tier 3  p0 (backup)
                  tier 4  p4 (knossos, backup)
                pool more: overflow of compilers
                  no server
                pool ca: sites.eie.ca
                  tier 1  ca1 (knossos)
                pool unused: nothing at this site leads to it
                  tier 1  u

                """)
    }
}
