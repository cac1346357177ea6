import Balancing
import Model
import Settings
import Testing

/// `balance: first`: the first server in the file's order with a free slot.
struct PoolFirstTests {
    static func script(_ servers: ServerSettings...) -> PoolScript {
        PoolScript(PoolTests.settings(servers, balance: .first), site: "eie", sites: TiersTests.sites)
    }

    @Test func serversFillInTheFilesOrder() {
        var script = Self.script(server("a", weight: 1, maxconn: 2), server("b", weight: 256, maxconn: 1), server("c", maxconn: 9))
        #expect((0..<5).map { script.submit($0) } == ["a", "a", "b", "c", "c"])
        #expect(script.release("b") == [])
        #expect(script.release("a") == [])
        #expect((5..<8).map { script.submit($0) } == ["a", "b", "c"])
    }

    @Test func anUnlimitedFirstServerGetsEverything() {
        var script = Self.script(server("a"), server("b"))
        #expect((0..<50).allSatisfy { script.submit($0) == "a" })
    }

    @Test func whatTheRequestWasTriedOnAndWhatIsOutIsLeftOut() {
        var script = Self.script(
            server("a", maxconn: 4), server("b", maxconn: 4), server("c", weight: 0, maxconn: 4), server("d", maxconn: 4))
        #expect(script.submit(0, tried: "a") == "b")
        _ = script.fail("a")
        #expect(script.submit(1) == "b")
        #expect(script.submit(2, tried: "b") == "d")
        _ = script.pass("a")
        _ = script.pass("a")
        #expect(script.submit(3) == "a")
    }

    @Test func aTiersFirstServerGoesBeforeTheNextTiers() {
        var script = Self.script(
            server("far", maxconn: 1, site: "knossos"), server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "eie"))
        #expect((0..<3).map { script.submit($0) } == ["a", "b", "queued"])
    }

    @Test func aReloadThatTurnsTheOrderTurnsTheChoice() {
        var script = Self.script(server("a", maxconn: 3), server("b", maxconn: 3))
        #expect(script.submit(0) == "a")
        var settings = script.pool.settings
        settings.servers.reverse()
        #expect(script.reconfigure(settings) == [])
        #expect((1..<5).map { script.submit($0) } == ["b", "b", "b", "a"])
    }

    @Test func aLimitByEndpointSendsItsRequestsToTheNextServer() {
        var first = server("a", maxconn: 9)
        first.maxconn.byEndpoint[.catalog] = 1
        var script = Self.script(first, server("b", maxconn: 9))
        let catalog = SlotKind(.catalog)
        #expect(script.submit(0, kind: catalog) == "a")
        #expect(script.submit(1, kind: catalog) == "b")
        #expect(script.submit(2) == "a")
    }

    @Test func ofQueuedRequestsTheLongestWaitingGetsTheSlotThatComesFree() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1))
        #expect((0..<4).map { script.submit($0) } == ["a", "b", "queued", "queued"])
        #expect(script.release("b") == ["2 to b"])
        #expect(script.release("a") == ["3 to a"])
    }
}
