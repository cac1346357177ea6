import Balancing
import Model
import Settings
import Testing

/// Pools with `locality.via: instances`: instances of another site and of this one are tiers before its servers.
struct PoolInstancesTests {
    private static let sites = [
        SiteSettings(name: SiteName("eie"), near: [SiteName("knossos")]), SiteSettings(name: SiteName("knossos")),
    ]

    private static func server(_ name: String, _ site: String, isInstance: Bool = false, maxconn: Int? = nil) -> ServerSettings {
        ServerSettings(
            name: name, address: UpstreamAddress(host: "127.0.0.1", port: 1), site: SiteName(site), maxconn: MaxconnSettings(all: maxconn),
            isInstance: isInstance)
    }

    /// p1 of eie, p2 of knossos with its instance before it; and, where `owned`, another instance of eie that owns the queue.
    private func script(owned: Bool = false, stick: Bool = false) -> PoolScript {
        var servers = [Self.server("p1", "eie", maxconn: 1), Self.server("p2", "knossos"), Self.server("pf1", "knossos", isInstance: true)]
        if owned { servers.append(Self.server("pf0", "eie", isInstance: true)) }
        let settings = PoolSettings(
            name: "p", stick: stick ? StickSettings(on: .certname) : nil, panic: 0, check: CheckSettings(rise: 1, fall: 1), servers: servers
        )
        return PoolScript(settings, site: "eie", sites: Self.sites)
    }

    private func request(_ serial: UInt64, staysHere: Bool = false, key: String = "") -> PoolRequest {
        PoolRequest(ticket: Ticket(worker: 0, serial: serial), stickKey: Array(key.utf8), staysHere: staysHere)
    }

    @Test func anInstanceIsATierBeforeTheServersOfItsSite() {
        var script = script()
        #expect(script.submit(request(1)) == "p1")
        _ = script.fail("p1")
        #expect(script.submit(request(2)) == "pf1")
        #expect(script.submit(3, tried: "pf1") == "p2")
        _ = script.fail("pf1")
        #expect(script.submit(request(4)) == "p2")
    }

    @Test func anotherInstanceOfThisSiteOwnsTheQueue() {
        var script = script(owned: true)
        #expect(script.submit(request(1)) == "pf0")
        #expect(script.submit(request(2, staysHere: true)) == "p1", "what it sends here stays here")
        _ = script.fail("pf0")
        #expect(script.submit(request(3)) == "queued", "p1 is full")
        #expect(script.release("p1") == ["3 to p1"])
    }

    @Test func aRequestOfAnInstanceIsServedByThisSiteAlone() {
        var script = script()
        #expect(script.submit(request(1, staysHere: true)) == "p1")
        #expect(script.submit(request(2, staysHere: true)) == "queued")
        #expect(script.pool.isUsableHere)
        // Its sender knows other servers.
        #expect(script.fail("p1").contains("2 no_server"))
        #expect(!script.pool.isUsableHere && script.pool.isUsable)
        #expect(script.submit(request(3, staysHere: true)) == "no_server")
        #expect(script.submit(request(4)) == "pf1")
    }

    @Test func aSlotOfAnotherSitesServerServesNoneOfThem() {
        var script = script()
        #expect(script.submit(request(1)) == "p1")
        #expect(script.submit(request(2, staysHere: true)) == "queued")
        #expect(script.submit(3, tried: "p1", "pf1") == "p2")
        #expect(script.release("p2") == [])
        #expect(script.release("p1") == ["2 to p1"])
    }

    @Test func aStickToAnotherSitesServerIsOneToItsInstance() {
        var script = script(stick: true)
        script.handle(.stick(Array("web1".utf8), script.id("p2"), age: .zero))
        #expect(script.submit(request(1, key: "web1")) == "pf1")
        var sticks = script.pool.sticks
        #expect(sticks?.find(Array("web1".utf8), now: script.now) == script.id("p2"), "none is stored for an instance")
        _ = script.fail("pf1")
        #expect(script.submit(request(2, key: "web1")) == "p2")
        #expect(script.submit(request(3, staysHere: true, key: "web1")) == "p1", "not for what another instance has sent")
    }

    @Test func aStickOfThisSiteCountsOnTheOwnerAlone() {
        var script = script(owned: true, stick: true)
        script.handle(.stick(Array("web1".utf8), script.id("p1"), age: .zero))
        #expect(script.submit(request(1, key: "web1")) == "pf0")
        #expect(script.submit(request(2, staysHere: true, key: "web1")) == "p1")
        #expect(script.held.last?.isSticky == true)
    }
}
