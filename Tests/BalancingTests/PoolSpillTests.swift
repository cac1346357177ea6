import Balancing
import Model
import Settings
import Testing

/// `locality.spill: avg_queue > N`: when requests may leave a site that still has a usable server.
struct PoolSpillTests {
    static func script(_ spill: PoolSettings.Spill, _ servers: ServerSettings...) -> PoolScript {
        let settings = PoolSettings(name: "compilers", spill: spill, check: CheckSettings(), servers: servers)
        return PoolScript(settings, site: "eie", sites: TiersTests.sites)
    }

    @Test func withoutSpillASiteIsNotLeft() {
        var script = Self.script(.never, server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"))
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "queued"])
    }

    @Test func aCrowdedSiteIsLeftForTheNextOne() {
        var script = Self.script(
            .averageQueue(above: 1), server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"),
            server("c", maxconn: 1, site: "louros"))
        // avg_queue is 0, 0, 1, then 2.
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "b"])
        // The next site's queue fills as far, then the last one's, then they wait at home.
        #expect((4..<9).map { script.submit($0) } == ["queued", "queued", "c", "queued", "queued"])
        #expect(script.submit(9) == "queued")
        #expect(script.pool.averageQueue == 3)
        // A ticket that has spilled gets a nearer slot too, in its order.
        #expect(script.release("b") == ["4 to b"])
        #expect(script.release("a") == ["1 to a"])
        #expect(script.release("a") == ["2 to a"])
        #expect(script.release("a") == ["5 to a"])
    }

    @Test func averageQueueCountsTheServersOfAllSitesThatMayBeSpilledTo() {
        var script = Self.script(
            .averageQueue(above: 100), server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"),
            server("c", maxconn: 1, site: "knossos", backup: true))
        for serial in UInt64(0)..<4 { _ = script.submit(serial) }
        #expect(script.pool.averageQueue == 2)
    }

    @Test func backupsTakeNothingThatIsOnlyCrowded() {
        var script = Self.script(
            .averageQueue(above: 0), server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "eie", backup: true))
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "queued"])
        #expect(script.fail("a") == ["a down", "1 to b"])
        #expect(script.submit(4) == "queued")
    }

    @Test func whoHasSpilledWaitsNearAgainWhenTheOtherSiteIsGone() {
        var script = Self.script(
            .averageQueue(above: 0), server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"))
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "b", "queued"])
        #expect(script.fail("b") == ["b down"])
        #expect(script.release("a") == ["1 to a"])
        #expect(script.release("a") == ["3 to a"])
    }

    @Test func aSlotThatIsFreeNearByIsTakenFirst() {
        var limited = server("a", site: "eie")
        limited.maxconn.byEndpoint[.catalog] = 1
        var script = Self.script(.averageQueue(above: 0), limited, server("b", site: "knossos"))
        let catalog = SlotKind(.catalog)
        #expect((0..<2).map { script.submit($0, kind: catalog) } == ["a", "queued"])
        #expect(script.submit(2, kind: catalog) == "b")
        #expect(script.submit(3) == "a")
    }

    @Test func whoHasSpilledStaysWhereItIsWhenSomethingElseChanges() {
        var script = Self.script(
            .averageQueue(above: 0), server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"))
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "b", "queued"])
        script.adjust("a") { $0.maxconn = 1 }
        #expect(script.release("b") == ["3 to b"])
    }

    @Test func betweenBackupsNothingSpills() {
        var settings = PoolTests.settings(
            server("a", maxconn: 1), server("b", maxconn: 1, backup: true), server("c", maxconn: 1, backup: true),
            server("d", maxconn: 1, backup: true), backups: .first)
        settings.spill = .averageQueue(above: 0)
        var script = PoolScript(settings)
        for name in ["a", "b"] { _ = script.fail(name) }
        #expect((0..<4).map { script.submit($0) } == ["c", "queued", "queued", "queued"])
        #expect(script.fail("c") == ["c down", "1 to d"])
    }
}
