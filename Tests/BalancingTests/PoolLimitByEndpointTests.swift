import Balancing
import Model
import Settings
import Testing

/// `maxconn: { all: 12, catalog: 4 }`: a limit for one sort of request holds up no other.
struct PoolLimitByEndpointTests {
    static let catalog = SlotKind(.catalog)

    static func server(_ name: String, all: Int?, catalog: Int?) -> ServerSettings {
        var server = ServerSettings(name: name, address: UpstreamAddress(host: "127.0.0.1", port: 1))
        server.maxconn.all = all
        if let catalog { server.maxconn.byEndpoint[.catalog] = catalog }
        return server
    }

    @Test func oneSortIsLimitedAndTheOthersAreNot() {
        var script = PoolScript(PoolTests.settings(Self.server("a", all: nil, catalog: 2)))
        #expect((0..<3).map { script.submit($0, kind: Self.catalog) } == ["a", "a", "queued"])
        #expect((3..<9).allSatisfy { script.submit($0) == "a" })
        #expect(script.pool.server(script.id("a"))?.inUse(Self.catalog) == 2)
        #expect(script.pool.server(script.id("a"))?.slotLimit(Self.catalog) == 2)
    }

    @Test func theLimitForAllCountsForThatSortToo() {
        var script = PoolScript(PoolTests.settings(Self.server("a", all: 2, catalog: 2)))
        #expect(script.submit(0) == "a")
        #expect(script.submit(1, kind: Self.catalog) == "a")
        #expect(script.submit(2, kind: Self.catalog) == "queued")
        #expect(script.submit(3) == "queued")
    }

    @Test func thoseAtTheirLimitDoNotHoldUpOthersOfTheirClass() {
        var script = PoolScript(PoolTests.settings(Self.server("a", all: 2, catalog: 1)))
        #expect(script.submit(0, kind: Self.catalog) == "a")
        #expect(script.submit(1) == "a")
        #expect(script.submit(2, kind: Self.catalog) == "queued")
        #expect(script.submit(3) == "queued")
        // A file's slot is released: the catalog arrived first, but may not have it.
        #expect(script.handle(.release(script.held.remove(at: 1), .served)) == ["3 to a"])
        #expect(script.handle(.release(script.held.remove(at: 0), .served)) == ["2 to a"])
    }

    @Test func anotherServerMayHaveRoomForThatSort() {
        var script = PoolScript(PoolTests.settings(Self.server("a", all: nil, catalog: 1), Self.server("b", all: nil, catalog: nil)))
        #expect((0..<4).map { script.submit($0, kind: Self.catalog) }.filter { $0 == "a" }.count == 1)
        #expect(script.pool.queued == 0)
    }

    @Test func aTicketForItsStickyServerWaitsForItsOwnLimitAlone() {
        var settings = PoolTests.settings(Self.server("a", all: 3, catalog: 1), Self.server("b", all: 1, catalog: 1))
        settings.stick = StickSettings(on: .certname)
        var script = PoolScript(settings)
        #expect(script.submit(0, stick: "one", kind: Self.catalog) == "a")
        #expect(script.submit(1, stick: "one", kind: Self.catalog) == "queued")
        #expect(script.submit(2, stick: "one") == "a")
        #expect(script.release("a") == ["1 to a"])
    }

    @Test func aReloadThatDropsTheLimitServesThoseItHeldUp() {
        var settings = PoolTests.settings(Self.server("a", all: 4, catalog: 1))
        var script = PoolScript(settings)
        #expect(script.submit(0, kind: Self.catalog) == "a")
        #expect((1..<4).allSatisfy { script.submit($0, kind: Self.catalog) == "queued" })
        settings.servers[0] = Self.server("a", all: 3, catalog: nil)
        #expect(script.reconfigure(settings) == ["1 to a", "2 to a"])
        #expect(script.release("a") == ["3 to a"])
    }

    @Test func aReloadThatBringsALimitKeepsTheOrder() {
        var settings = PoolTests.settings(Self.server("a", all: 2, catalog: nil))
        var script = PoolScript(settings)
        #expect(script.submit(0, kind: Self.catalog) == "a")
        #expect(script.submit(1, kind: Self.catalog) == "a")
        #expect(script.submit(2, kind: Self.catalog) == "queued")
        #expect(script.submit(3) == "queued")
        #expect(script.submit(4, kind: Self.catalog) == "queued")
        settings.servers[0] = Self.server("a", all: 2, catalog: 1)
        #expect(script.reconfigure(settings) == [])
        #expect(script.release("a") == ["3 to a"])
        #expect(script.release("a") == ["2 to a"])
        #expect(script.pool.queued == 1)
    }
}
