import Balancing
import Model
import Settings
import Testing

/// A reload while requests run and wait.
struct PoolReloadTests {
    static func script(_ servers: ServerSettings..., queue: QueueSettings = QueueSettings(), stick: StickSettings? = nil) -> PoolScript {
        PoolScript(
            PoolSettings(name: "compilers", stick: stick, queue: queue, check: CheckSettings(rise: 1, fall: 1), servers: servers),
            site: "eie",
            sites: TiersTests.sites)
    }

    private func change(_ script: inout PoolScript, _ body: (inout PoolSettings) -> Void) -> [String] {
        var settings = script.pool.settings
        body(&settings)
        return script.reconfigure(settings)
    }

    @Test func aLargerMaxconnServesWhatWaitsInItsOrder() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1))
        #expect((0..<6).map { script.submit($0) } == ["a", "b", "queued", "queued", "queued", "queued"])
        #expect(change(&script) { $0.servers[1].maxconn.all = 4 } == ["2 to b", "3 to b", "4 to b"])
        #expect(change(&script) { $0.servers[0].maxconn.all = nil } == ["5 to a"])
    }

    @Test func aSmallerMaxconnLetsWhatRunsRun() {
        var script = Self.script(server("a", maxconn: 3))
        #expect((0..<4).map { script.submit($0) } == ["a", "a", "a", "queued"])
        #expect(change(&script) { $0.servers[0].maxconn.all = 1 } == [])
        #expect(script.pool.inUse == 3)
        #expect(script.release("a") == [])
        #expect(script.release("a") == [])
        #expect(script.release("a") == ["3 to a"])
        #expect(script.submit(4) == "queued")
    }

    @Test func weightZeroLeavesWhatWaitsUntilAServerIsUsable() {
        var script = Self.script(server("a", maxconn: 1))
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        #expect(change(&script) { $0.servers[0].weight = 0 } == ["pool down"])
        #expect(script.release("a") == [])
        #expect(script.submit(2) == "no_server")
        #expect(change(&script) { $0.servers[0].weight = 7 } == ["pool up", "1 to a"])
    }

    @Test func aNearerTierTakesWhatWaits() {
        var script = Self.script(server("a", maxconn: 1, site: "knossos"), server("b", maxconn: 1, site: "louros"))
        #expect((0..<3).map { script.submit($0) } == ["a", "queued", "queued"])
        #expect(change(&script) { $0.servers.append(server("c", maxconn: 1, site: "eie")) } == ["1 to c"])
        #expect(script.release("a") == [], "the nearer tier is the first now")
        #expect(script.release("c") == ["2 to c"])
    }

    @Test func aTierThatGoesLeavesWhatWaitsToTheNext() {
        var script = Self.script(server("a", maxconn: 1, site: "eie"), server("b", maxconn: 1, site: "knossos"))
        #expect((0..<3).map { script.submit($0) } == ["a", "queued", "queued"])
        #expect(change(&script) { $0.servers.removeFirst() } == ["1 to b"])
        #expect(script.release("b") == ["2 to b"])
    }

    @Test func aBackupThatBecomesActiveTakesWhatWaits() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1, backup: true))
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        #expect(change(&script) { $0.servers[1].backup = false } == ["1 to b"])
    }

    @Test func limitsByEndpointThatComeAndGoKeepTheOrder() {
        var script = Self.script(server("a", maxconn: 2))
        let catalog = SlotKind(.catalog)
        #expect(script.submit(0, kind: catalog) == "a")
        #expect(script.submit(1, kind: catalog) == "a")
        #expect(script.submit(2, kind: catalog) == "queued")
        #expect(script.submit(3) == "queued")
        #expect(script.submit(4, kind: catalog) == "queued")
        #expect(change(&script) { $0.servers[0].maxconn.byEndpoint[.catalog] = 1 } == [])
        #expect(script.release("a") == ["3 to a"], "one catalog runs: the next request of another endpoint passes")
        #expect(change(&script) { $0.servers[0].maxconn.byEndpoint = [:] } == [])
        #expect(script.release("a") == ["2 to a"])
        #expect(script.release("a") == ["4 to a"])
    }

    @Test func withoutSticksWhatWaitedForItsServerGoesToAny() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1), stick: StickSettings(on: .certname, wait: .seconds(60)))
        #expect(script.submit(0, stick: "x") == "a")
        #expect(script.submit(1, stick: "x") == "queued")
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 1)
        #expect(change(&script) { $0.stick = nil } == ["1 to b"])
        #expect(script.pool.server(script.id("a"))?.waitingForThisServer == 0)
    }

    @Test func aSmallerQueueKeepsWhatWaitsAndTakesNothingMore() {
        var script = Self.script(server("a", maxconn: 1))
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "queued"])
        #expect(change(&script) { $0.queue.size = 1 } == [])
        #expect(script.submit(4) == "queue_full")
        #expect(script.release("a") == ["1 to a"])
        #expect(script.release("a") == ["2 to a"])
        #expect(script.submit(5) == "queue_full")
        #expect(script.release("a") == ["3 to a"])
        #expect(script.submit(6) == "queued")
    }

    @Test(arguments: [PoolSettings.Balance.roundRobin, .random, .first, .hash(.certname), .leastConnections])
    func anotherBalanceServesWhatWaits(_ balance: PoolSettings.Balance) {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1))
        #expect((0..<4).map { script.submit($0) } == ["a", "b", "queued", "queued"])
        #expect(change(&script) { $0.balance = balance } == [])
        #expect(script.release("b") == ["2 to b"])
        #expect(script.release("a") == ["3 to a"])
        #expect(script.release("a") == [])
        #expect(script.submit(4) == "a")
    }

    @Test func aReloadWithoutChangeChangesNothing() {
        var script = Self.script(server("a", maxconn: 1), server("b", maxconn: 1), stick: StickSettings(on: .certname))
        #expect((0..<3).map { script.submit($0, stick: "x") } == ["a", "queued", "queued"])
        #expect(change(&script) { _ in } == [])
        #expect(script.pool.queued == 2 && script.pool.inUse == 1 && script.pool.sticks?.count == 1)
        #expect(script.release("a") == ["1 to a"])
    }
}
