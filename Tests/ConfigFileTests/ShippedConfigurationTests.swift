import Model
import Settings
import Testing

@testable import ConfigFile

/// The files of `conf/` load and do what their comments promise.
@Suite struct ShippedConfigurationTests {
    private func load(_ name: String, site: String? = nil) -> LoadResult {
        ConfigurationLoader.load(path: "\(Fixtures.root)/conf/\(name)", site: site, environmentSite: nil, checkFiles: false)
    }

    @Test func theStartingPointLoadsWithoutAnyDiagnostic() throws {
        let result = load("puppetfront.yaml")
        #expect((result.diagnostics + result.advice).map(\.description) == [])
        let settings = try #require(result.settings)
        #expect(settings.site == SiteName("main"))
        #expect(settings.pools.map(\.name) == ["compilers", "ca"])
        #expect(settings.caPool == PoolIndex(1))
        #expect(settings.defaultPool == PoolIndex(0))
        #expect(settings.pools[0].servers.map(\.maxconn.all) == [4, 4])
        #expect(settings.pools[1].servers.map(\.maxconn.all) == [nil])
    }

    @Test(arguments: [("eie", ["knossos", "louros"]), ("knossos", ["eie", "louros"]), ("louros", ["knossos", "eie"])])
    func grnetLoadsAtEachSite(site: String, near: [String]) throws {
        let result = load("grnet.yaml", site: site)
        #expect(result.errors.map(\.description) == [])
        let settings = try #require(result.settings)
        #expect(settings.site == SiteName(site))
        #expect(settings.sites.first { $0.name.value == site }?.near.map(\.value) == near)
        #expect(settings.caPool.map { settings.pools[$0.value].name } == "ca")
    }

    @Test func grnetHasSixServersAndAFastLane() throws {
        let settings = try #require(load("grnet.yaml", site: "eie").settings)
        #expect(settings.pools.map(\.name) == ["puppet", "fast", "big-queue", "ca"])
        for index in [0, 2] { #expect(settings.pools[index].servers.map(\.name) == ["p0", "p1", "p2", "p3", "p4", "p5"]) }
        #expect(settings.pools[0].servers.map(\.site?.value) == ["eie", "eie", "knossos", "knossos", "louros", "louros"])
        #expect(settings.pools[1].servers.map(\.name) == ["p6"])
        #expect(settings.pools[2].servers.map(\.site?.value) == [nil, nil, nil, nil, nil, nil])
        #expect(settings.pools[3].stick == nil)
    }

    @Test func grnetDoesAsHAProxyDid() throws {
        let settings = try #require(load("grnet.yaml", site: "louros").settings)
        for pool in settings.pools {
            #expect(pool.balance == .roundRobin && pool.backups == .all && pool.keepalive)
            let check = try #require(pool.check)
            #expect(
                check.method == "GET" && check.target == "/production/status/koko" && check.expectedStatus == 404 && check.fall == 1
                    && check.inter == .seconds(10))
        }
        #expect(settings.pools[0].stick == StickSettings(on: .source, expire: .seconds(900), size: 200 << 10))
        #expect(settings.pools[0].servers.allSatisfy { $0.maxconn.all == 12 && $0.weight == 50 })
        #expect(settings.admin.socket?.level == .admin)
        #expect(settings.listeners.map(\.address) == [ListenAddress(address: try #require(IPAddress("::")), port: 8140)])
        #expect(load("grnet.yaml", site: "louros").advice.map(\.description) == [])
    }

    @Test func grnetTestsTheQueueBeforeTheSources() throws {
        let settings = try #require(load("grnet.yaml", site: "eie").settings)
        #expect(settings.routes.map(\.name) == ["crowded", "fast-lane"])
        #expect(settings.routes.map { settings.pools[$0.pool.value].name } == ["big-queue", "fast"])
        let crowded = try #require(settings.routes[0].conditions.averageQueueAbove?.first)
        #expect(crowded.pool == PoolIndex(0) && crowded.limit == 1)
        #expect(settings.routes[1].conditions.source?.count == 3)
        #expect(settings.defaultPool == PoolIndex(0))
    }
}
