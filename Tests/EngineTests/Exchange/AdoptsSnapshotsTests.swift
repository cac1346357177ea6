import Balancing
import Model
import Network
import Settings
import Testing

@testable import Engine

/// A reload, as a worker, its pools and its running exchanges see it.
struct AdoptsSnapshotsTests {
    @Test func newRequestsHaveTheNewSettingsAndRunningOnesTheirs() throws {
        let worker = try WireWorker(["s1"], settings: { $0.timeouts = .init(requestHead: .seconds(10), clientIdle: .seconds(60)) })
        let (agent, runner) = (worker.connect(), worker.connect())
        worker.send(ScriptedExchange.file, from: runner)
        worker.world.adopt {
            $0.timeouts = .init(requestHead: .seconds(3), clientIdle: .seconds(7))
            $0.limits.head = 1024
            $0.logs.accessTo = .none
        }
        worker.turn()
        worker.send("GET", from: agent)
        worker.world.reachDeadline(after: .seconds(3))
        worker.turn()
        #expect(agent.take().contains("408 Request Timeout"))
        let other = worker.connect()
        worker.send("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 1100) + "\r\n\r\n", from: other)
        #expect(other.take().contains("431"))
        #expect(worker.world.lines().isEmpty, "they are not logged any more")
        worker.respond(WireWorker.ok)
        #expect(runner.take().contains("hello"))
        worker.world.pass(.seconds(6))
        #expect(!runner.isClosed)
        worker.world.reachDeadline(after: .seconds(1))
        #expect(runner.isClosed)
    }

    @Test func requestsAreCountedForTheProcessWhenTheWorkerEnds() throws {
        let worker = try WireWorker(["s1"])
        let agent = worker.connect()
        for _ in 1...3 { _ = worker.exchange(from: agent) }
        #expect(worker.world.counters.requests.load(ordering: .relaxed) == 0)
        worker.world.worker.ended()
        #expect(worker.world.counters.requests.load(ordering: .relaxed) == 3)
    }

    @Test func anInstanceIsReadyWithItsDefaultPool() throws {
        let pools = ["a", "b"].map { PoolSettings(name: $0, servers: [TestWorker.server("\($0)1")]) }
        let world = try TestWorker(pools)
        #expect(world.snapshot.isReady)
        world.snapshot.pools[0].handle(.admin(world.snapshot.pools[0].servers[0].id, .maint), now: .zero)
        #expect(!world.snapshot.isReady)
        let without = try TestWorker(pools, edit: { $0.defaultPool = nil })
        without.snapshot.pools[0].handle(.admin(without.snapshot.pools[0].servers[0].id, .maint), now: .zero)
        #expect(without.snapshot.isReady, "any pool, where there is no default")
    }

    // MARK: Pools and the ways to their servers

    private func targets(_ pool: PoolCoordinator) -> [UpstreamTarget?] { pool.servers.map { pool.target($0.id) } }

    private func reconfigure(_ world: TestWorker, _ edit: (inout PoolSettings) -> Void) {
        var settings = world.pool.settings
        edit(&settings)
        world.pool.reconfigure(settings, site: nil, sites: [], now: .zero) {
            UpstreamTarget($0, pool: settings, materials: TLSMaterials(), known: $1)
        }
    }

    @Test func aReloadThatChangesNothingKeepsTheWays() throws {
        let world = try TestWorker([PoolSettings(name: "p", servers: [TestWorker.server("s1"), TestWorker.server("s2")])])
        let before = targets(world.pool)
        reconfigure(world) { $0.queue.size = 7 }
        #expect(zip(before, targets(world.pool)).allSatisfy { $0 === $1 })
    }

    @Test(arguments: 0..<7) func eachChangeOfAWayMakesAnother(_ change: Int) throws {
        let tls = UpstreamTLSSettings(verify: .none, sni: .none)
        let world = try TestWorker([PoolSettings(name: "p", tls: tls, servers: [TestWorker.server("s1")])])
        let before = try #require(targets(world.pool)[0])
        #expect(
            before.connectTimeout == 5_000_000_000 && before.responseTimeout == 1000_000_000_000 && before.idleTimeout == 20_000_000_000)
        reconfigure(world) { settings in
            switch change {
            case 0: settings.timeouts.connect = .seconds(6)
            case 1: settings.timeouts.response = .seconds(6)
            case 2: settings.timeouts.idle = .seconds(6)
            case 3: settings.keepalive = true
            case 4: settings.tls?.verifyName = "other.test"
            case 5: settings.tls?.sni = .name("other.test")
            default: settings.tls?.verify = .ca
            }
        }
        let after = try #require(targets(world.pool)[0])
        #expect(before !== after && before.id == after.id, "its slots and health stay")
    }

    @Test func anAddressThatWasLookedUpIsTheNextRequests() throws {
        let world = try TestWorker([PoolSettings(name: "p", servers: [TestWorker.server("s1")])])
        let id = world.pool.servers[0].id
        let address = SocketAddress(high: 0, low: 0xFFFF_CB00_7101, port: 8140)
        world.pool.resolved(id, to: address)
        let resolved = try #require(world.pool.target(id))
        #expect(resolved.address == address)
        world.pool.resolved(id, to: address)
        #expect(world.pool.target(id) === resolved, "the same address is the same way")
        world.pool.resolved(id, to: nil)
        #expect(world.pool.target(id)?.address == nil)
    }

    /// Its last request still ends there, and a repeat of it may look it up.
    @Test func aServerThatIsRemovedKeepsItsWayAsLongAsItHasRequests() throws {
        let exchange = try ScriptedExchange()
        let server = try exchange.forwarded()
        reconfigure(exchange.world) { $0.servers.removeAll { $0.name == "s1" } }
        #expect(exchange.world.pool.target(server.target.id) === server.target)
        server.says(ScriptedExchange.ok)
        #expect(exchange.world.pool.target(server.target.id) == nil || exchange.world.pool.server(server.target.id) == nil)
        #expect(try exchange.end() == "200 – ---- 0")
    }

    @Test func aNewServerTakesWhatIsQueued() throws {
        let exchange = try ScriptedExchange(["s1"], maxconn: 1)
        let first = try exchange.anotherRequest()
        try exchange.begin(ScriptedExchange.file)
        reconfigure(exchange.world) { $0.servers.append(TestWorker.server("s2")) }
        #expect(exchange.world.outcomeCount == 1)
        exchange.world.deliverOutcomes()
        #expect(exchange.server.target.name == Array("s2".utf8))
        reconfigure(exchange.world) { _ in }
        #expect(exchange.world.outcomeCount == 0, "each outcome comes once")
        first.clientGone()
        exchange.driver.clientGone()
        #expect(exchange.world.held == [])
    }

    @Test func routesSeeTheConnection() throws {
        let world = try TestWorker([PoolSettings(name: "p", servers: [TestWorker.server("s1")])])
        let client = ClientContext(
            listener: world.listener, source: IPAddress("192.0.2.9")!, sourcePort: 1, identity: nil, serverName: Array("puppet.test".utf8),
            isTLS13: true)
        let context = client.routeContext
        #expect(context.serverName == Array("puppet.test".utf8) && context.listener == Array("agents".utf8))
        #expect(context.source == IPAddress("192.0.2.9") && context.identity == nil)
    }
}
