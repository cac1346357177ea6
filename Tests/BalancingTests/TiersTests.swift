import Balancing
import Model
import Settings
import Testing

struct TiersTests {
    static let sites = [
        SiteSettings(name: SiteName("eie"), near: [SiteName("knossos"), SiteName("louros")]),
        SiteSettings(name: SiteName("knossos"), near: [SiteName("eie"), SiteName("louros")]),
        SiteSettings(name: SiteName("louros")),
    ]

    /// `name@site`, backups with a `*`.
    static func servers(_ text: String) -> [ServerSettings] {
        text.split(separator: " ").map { word in
            let backup = word.hasSuffix("*")
            let parts = word.split(separator: "*")[0].split(separator: "@")
            return ServerSettings(
                name: String(parts[0]), address: UpstreamAddress(host: "127.0.0.1", port: 1),
                site: parts.count > 1 ? SiteName(String(parts[1])) : nil, backup: backup)
        }
    }

    @Test(arguments: [
        ("eie", "a@eie b@knossos c@louros", PoolSettings.Backups.all, "a|b|c"),
        ("knossos", "a@eie b@knossos c@louros", .all, "b|a|c"),
        ("louros", "a@eie b@knossos c@louros", .all, "c|a|b"),
        ("louros", "b@knossos a@eie", .all, "a|b"),
        ("eie", "c@louros x a@eie", .all, "x a|c"),
        ("eie", "p0@eie* p1@eie p2@knossos p3@knossos* p4@eie*", .all, "p1|p2|p0 p4|p3"),
        ("eie", "p0@eie* p1@eie p2@knossos p3@knossos* p4@eie*", .first, "p1|p2|p0|p4|p3"),
        ("eie", "a@eie* b@eie*", .all, "a b"),
        ("eie", "", .all, ""),
        ("nowhere", "a@eie b@knossos c", .all, "c|a|b"),
    ])
    func sitesComeByDistanceAndBackupsLast(site: String, servers: String, backups: PoolSettings.Backups, expected: String) {
        let settings = TiersTests.servers(servers)
        let tiers = Tiers.order(servers: settings, site: SiteName(site), sites: TiersTests.sites, backups: backups)
        #expect(tiers.map { $0.map { settings[$0].name }.joined(separator: " ") }.joined(separator: "|") == expected)
    }

    @Test func withoutSitesThereIsOneTierOfActiveServers() {
        let settings = TiersTests.servers("a b c*")
        #expect(Tiers.order(servers: settings, site: nil, sites: [], backups: .all) == [[0, 1], [2]])
    }

    @Test func aSiteThatTheInstanceDoesNotKnowStillGetsItsTurn() {
        let settings = TiersTests.servers("a@zeta b@alpha c")
        #expect(Tiers.order(servers: settings, site: nil, sites: [], backups: .all) == [[2], [1], [0]])
    }
}
