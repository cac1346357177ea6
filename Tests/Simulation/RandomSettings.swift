import Model
import Puppet
import Settings

/// Settings of pools, as wild as the configuration's checks let through, with times of a few milliseconds.
extension SeededGenerator {
    static let siteNames = ["eie", "knossos", "louros", "zeta"].map(SiteName.init)
    static let sites = [
        SiteSettings(name: siteNames[0], near: [siteNames[1], siteNames[2]]),
        SiteSettings(name: siteNames[1], near: [siteNames[2], siteNames[0]]), SiteSettings(name: siteNames[2]),
    ]
    static let endpoints: [PuppetEndpoint] = [.catalog, .fileMetadata, .node, .other]

    mutating func milliseconds(_ bound: Int) -> Duration { .microseconds(1 + next(bound * 1000)) }

    mutating func site() -> SiteName? { chance(80) ? pick(SeededGenerator.siteNames) : nil }

    mutating func pool(_ name: String, servers count: Int) -> PoolSettings {
        var pool = PoolSettings(name: name)
        pool.servers = (0..<count).map { server("s\($0)") }
        vary(&pool)
        return pool
    }

    /// All but the servers.
    mutating func vary(_ pool: inout PoolSettings) {
        pool.balance = one(of: .leastConnections, .leastConnections, .roundRobin, .random, .first, .hash(.certname))
        pool.hashBalanceFactor = chance(50) ? one(of: 0, 101, 150, 300) : nil
        pool.stick = chance(50) ? stick() : nil
        pool.queue = QueueSettings(
            size: one(of: 0, 3, 20, 50, 200), timeout: .milliseconds(one(of: 5, 50, 500, 5000)), withoutServer: one(of: .reject, .wait))
        pool.shares = chance(60) ? ShareSettings(unverified: one(of: 0, 30, 50, 100), holder: one(of: 0, 10, 25, 60, 100)) : ShareSettings()
        pool.spill = chance(60) ? .never : .averageQueue(above: next(4))
        pool.backups = chance(50) ? .all : .first
        pool.retry.budget = one(of: 0, 20, 20, 50, 100)
        pool.outlier =
            chance(60)
            ? OutlierSettings(failures: 1 + next(5), eject: milliseconds(30), atMost: one(of: 0, 30, 50, 100)) : nil
        pool.panic = one(of: 0, 50, 50, 100, 1)
        pool.load = chance(20) ? .jruby : .none
        pool.check = chance(80) ? CheckSettings(rise: 1 + next(3), fall: 1 + next(3)) : nil
    }

    private mutating func stick() -> StickSettings {
        StickSettings(
            on: .certname, expire: milliseconds(one(of: 5, 100, 10_000)), size: one(of: 0, 1, 4, 1000),
            wait: .milliseconds(one(of: 0, 5, 50, 500)))
    }

    mutating func server(_ name: String) -> ServerSettings {
        var server = ServerSettings(name: name, address: UpstreamAddress(host: "127.0.0.1", port: UInt16(next(2))))
        server.site = chance(70) ? pick(SeededGenerator.siteNames) : nil
        server.backup = chance(25)
        server.weight = one(of: 0, 1, 1, 5, 50, 256)
        server.maxconn.all = chance(90) ? one(of: 0, 1, 2, 3, 4, 1, 2, 3, 4) : nil
        if chance(40) { server.maxconn.byEndpoint[.catalog] = 1 + next(2) }
        if chance(10) { server.maxconn.byEndpoint[.fileMetadata] = 1 + next(3) }
        server.slowstart = chance(40) ? milliseconds(100) : nil
        if chance(30) { server.agentCheck = AgentCheckSettings(port: 9999) }
        return server
    }
}
