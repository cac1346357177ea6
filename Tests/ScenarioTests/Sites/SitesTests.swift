import Foundation
import TestKit
import Testing

/// An agent that reaches the service address goes on at the next site, whatever dies (docs/anycast.md).
@Suite(.serialized, .enabled(if: SitesScene.isPossible, "network namespaces and bird2 are needed, and root"))
struct SitesTests {
    /// The goal is one second, which the printed figures show; a busy machine may take longer.
    private static let most = 3.0

    /// The route changes while an agent asks and asks: its server stays the same, by its stick, which both instances know.
    @Test func aMovedAgentKeepsItsServer() throws {
        let sites = try SitesScene()
        sites.sharesSticks = true
        for site in 1...2 { try sites.startProxy(site) }
        for site in 1...2 { try #require(sites.waitForState(site, "announced"), "\(sites.ask(site, "show anycast"))") }
        try #require(waitUntil { sites.ask(2, "show peers").contains("id=site1(remote,active)") }, "\(sites.ask(2, "show peers"))")
        try #require(try waitUntil(within: .seconds(30)) { try sites.load(seconds: 1.5) {}.lastServer == "site1" })
        let before = sites.proxies[2]?.log.count { $0.status == 200 }
        let moved = try sites.load(seconds: 6) { _ = sites.ask(1, "set anycast off") }
        print("sites: moved: \(moved)")
        #expect(moved.failures.isEmpty && Array(moved.served.keys) == ["site1"])
        let after = try #require(sites.proxies[2]).log.filter { $0.status == 200 }
        #expect(after.count > before ?? 0 && after.allSatisfy { $0.server == "s1" }, "by site 2's instance to site 1's server")
    }

    /// The router's routes are looked at, not what puppetfront says of them.
    @Test func aRouteComesBackAfterTheHoldDownAndDoesNotFlap() throws {
        let sites = try SitesScene()
        for site in 1...2 { try sites.startProxy(site) }
        for site in 1...2 { try #require(sites.waitForState(site, "announced"), "\(sites.ask(site, "show anycast"))") }
        try #require(waitUntil(within: .seconds(30)) { sites.nextHop == "10.99.1.2" })
        let changes = try sites.watchRoutes()
        let clock = ContinuousClock()
        sites.killServer(1)
        #expect(waitUntil(within: .seconds(20)) { sites.nextHop == "10.99.2.2" })
        let left = clock.now
        try sites.startServer(1)
        #expect(waitUntil(within: .seconds(30)) { sites.nextHop == "10.99.1.2" })
        let away = (clock.now - left) / .seconds(1)
        #expect(away > 3.5 && away < 20, "held down for 4 s, or 8 where it had come and gone before: \(away)")
        #expect(waitUntil { changes() == ["10.99.2.2", "10.99.1.2"] }, "\(changes())")
        // Down and up again and again within the next hold-down, which is twice as long since the route had just come back.
        var (flaps, flapping) = (0, clock.now)
        while clock.now - flapping < .seconds(3) {
            sites.killServer(1)
            #expect(waitUntil(within: .seconds(20)) { sites.isDown(1) })
            if flaps == 0 { flapping = clock.now }
            try sites.startServer(1)
            #expect(waitUntil(within: .seconds(20)) { !sites.isDown(1) })
            flaps += 1
        }
        #expect(waitUntil(within: .seconds(60)) { sites.nextHop == "10.99.1.2" })
        #expect(waitUntil { changes() == ["10.99.2.2", "10.99.1.2", "10.99.2.2", "10.99.1.2"] }, "\(changes())")
        print("sites: held down: \((away * 10).rounded() / 10) s; \(flaps) flaps of a server: one of the route")
    }

    @Test func agentsGoOnAtTheNextSite() throws {
        let sites = try SitesScene()
        for site in 1...3 { try sites.startProxy(site) }
        for site in 1...3 { try #require(sites.waitForState(site, "announced"), "\(sites.ask(site, "show anycast"))") }
        let warm = try sites.load(seconds: 4) {}
        print("sites: warm: \(warm)")
        try #require(warm.lastServer == "site1")

        let servers = try sites.load(seconds: 5) { sites.killServer(1) }
        print("sites: servers of a site dead: \(servers)")
        #expect(servers.failures.isEmpty)
        #expect(sites.waitForState(1, "unfit"))
        try sites.startServer(1)
        #expect(sites.waitForState(1, "announced"))

        let instance = try sites.load(seconds: 5) { sites.killProxy(1) }
        print("sites: instance killed: \(instance)")
        #expect(instance.secondsWithoutService <= SitesTests.most)
        #expect(instance.lastServer != "site1")
        try sites.startProxy(1)
        #expect(sites.waitForState(1, "announced"))

        let bird = try sites.load(seconds: 5) { sites.killBIRD(1) }
        print("sites: BIRD killed: \(bird)")
        #expect(bird.secondsWithoutService <= SitesTests.most)
        try sites.startBIRD(1)
        #expect(sites.waitForState(1, "announced"))

        let link = try sites.load(seconds: 6) { try sites.setLink(1, isUp: false) }
        print("sites: link down: \(link)")
        #expect(link.secondsWithoutService <= SitesTests.most)
        try sites.setLink(1, isUp: true)

        #expect(try waitUntil(within: .seconds(30)) { try sites.load(seconds: 2) {}.lastServer == "site1" })
        let drained = try sites.load(seconds: 6) { sites.proxies[1]?.child.signal(SIGTERM) }
        print("sites: planned drain: \(drained)")
        #expect(drained.failures.isEmpty)
        #expect(drained.lastServer == "site2")
        #expect(sites.proxies[1]?.child.waitForEnd(within: .seconds(20)) == 0)
        try sites.startProxy(1)
        #expect(sites.waitForState(1, "announced"))

        // No site has a server of its own: two are dead, and site 3's instance must not use its own.
        for site in 1...2 { sites.killServer(site) }
        _ = sites.ask(3, "set server compilers/s3 state maint")
        for site in 1...3 { #expect(sites.waitForState(site, "unfit")) }
        let all = try sites.load(seconds: 5) {}
        print("sites: every site unfit: \(all)")
        #expect(all.failures.isEmpty, "the address stays")
        #expect(all.lastServer == "site3")
    }

    /// Where no site has a server, agents are queued (`queue.no_server: wait`).
    @Test func agentsWaitForAServer() throws {
        let sites = try SitesScene()
        for site in 1...2 { try sites.startProxy(site) }
        for site in 1...2 { try #require(sites.waitForState(site, "announced"), "\(sites.ask(site, "show anycast"))") }
        try #require(try waitUntil(within: .seconds(30)) { try sites.load(seconds: 1.5) {}.lastServer == "site1" })
        // A request that finds all servers dead before the checks do has no attempt left: so the last one dies alone.
        for site in 2...3 { sites.killServer(site) }
        #expect(waitUntil(within: .seconds(20)) { (2...3).allSatisfy { sites.isDown($0, for: 1) && sites.isDown($0, for: 2) } })
        let none = try sites.load(seconds: 6) {
            sites.killServer(1)
            #expect(waitUntil(within: .seconds(20)) { sites.isDown(1, for: 1) && sites.isDown(1, for: 2) })
            #expect(waitUntil { sites.queued(1) + sites.queued(2) == 6 }, "of each of the agents one")
            try sites.startServer(3)
        }
        print("sites: no server anywhere: \(none)")
        #expect(none.failures.isEmpty && none.lastServer == "site3")
    }

    /// IPv4 and IPv6 are one decision: BIRD's protocols of both follow it, and agents of either go on.
    @Test func theIPv6AddressMovesWithTheOther() throws {
        let sites = try SitesScene()
        for site in 1...2 { try sites.startProxy(site) }
        for site in 1...2 { try #require(sites.waitForState(site, "announced"), "\(sites.ask(site, "show anycast"))") }
        for address in [SitesScene.address, SitesScene.address6] {
            try #require(try waitUntil(within: .seconds(30)) { try sites.load(seconds: 1.5, to: address) {}.lastServer == "site1" })
        }
        let servers = try sites.load(seconds: 5, to: SitesScene.address6) { sites.killServer(1) }
        print("sites: IPv6, servers of a site dead: \(servers)")
        #expect(servers.failures.isEmpty && servers.lastServer == "site2")
        try sites.startServer(1)
        #expect(sites.waitForState(1, "announced"))
        try #require(try waitUntil(within: .seconds(30)) { try sites.load(seconds: 1.5, to: SitesScene.address6) {}.lastServer == "site1" })
        let instance = try sites.load(seconds: 5, to: SitesScene.address6) { sites.killProxy(1) }
        print("sites: IPv6, instance killed: \(instance)")
        #expect(instance.secondsWithoutService <= SitesTests.most && instance.lastServer == "site2")
        #expect(try sites.load(seconds: 1.5) {}.lastServer == "site2", "and IPv4")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/exabgp"), "exabgp is needed"))
    func theSameByExaBGP() throws {
        let sites = try SitesScene()
        sites.killBIRD(1)
        try sites.startProxy(1, via: "{ exabgp: {} }")
        try sites.startProxy(2)
        try sites.startExaBGP(1)
        for site in 1...2 { try #require(sites.waitForState(site, "announced"), "\(sites.ask(site, "show anycast"))") }
        try #require(try waitUntil(within: .seconds(40)) { try sites.load(seconds: 1.5) {}.lastServer == "site1" })
        let servers = try sites.load(seconds: 5) { sites.killServer(1) }
        print("sites: ExaBGP, servers of a site dead: \(servers)")
        #expect(servers.failures.isEmpty)
        #expect(servers.lastServer == "site2")
        try sites.startServer(1)
        #expect(sites.waitForState(1, "announced"))
        try #require(try waitUntil(within: .seconds(40)) { try sites.load(seconds: 1.5) {}.lastServer == "site1" })
        let instance = try sites.load(seconds: 5) { sites.killProxy(1) }
        print("sites: ExaBGP, instance killed: \(instance)")
        #expect(instance.secondsWithoutService <= SitesTests.most)
        #expect(instance.lastServer == "site2")
    }
}
