import Balancing
import Model
import Settings
import Testing

@testable import Engine

struct UsableServersTests {
    private func count(_ words: [String], down: Set<Int> = [], _ which: AnycastSettings.Servers) -> Int {
        let address = UpstreamAddress(host: "192.0.2.1", port: 8140)
        let servers = words.map { word in
            let parts = word.split(separator: "@").map(String.init)
            return ServerSettings(name: parts[0], address: address, site: SiteName(parts[1]), isInstance: parts[0].hasPrefix("pf"))
        }
        var pool = Pool(settings: PoolSettings(name: "compilers", panic: 0, servers: servers), site: SiteName("eie"), sites: [])
        var actions: [PoolAction] = []
        for place in down { pool.handle(.admin(pool.servers[place].id, .maint), now: .zero, actions: &actions) }
        return UsableServers.count(pool.servers, which, site: SiteName("eie"))
    }

    @Test func serversOfThisSiteOrOfAllCount() {
        let servers = ["p1@eie", "p2@eie", "p3@knossos"]
        #expect(count(servers, .own) == 2 && count(servers, .any) == 3)
        #expect(count(servers, down: [0], .own) == 1 && count(servers, down: [0, 2], .any) == 1)
    }

    @Test func anInstanceIsNoServerWhereItsServersAreKnown() {
        let servers = ["pf2@eie", "p1@eie", "pf1@knossos", "p3@knossos"]
        #expect(count(servers, .own) == 1 && count(servers, .any) == 2)
        #expect(count(servers, down: [1, 3], .any) == 0)
    }

    /// As with `locality.direct: false`.
    @Test func aSiteBehindInstancesCountsOnce() {
        let servers = ["p1@eie", "pf1@knossos", "pf2@knossos", "pf1@louros"]
        #expect(count(servers, .own) == 1 && count(servers, .any) == 3)
        #expect(count(servers, down: [0, 1], .any) == 2 && count(servers, down: [0, 1, 2], .any) == 1)
    }
}
