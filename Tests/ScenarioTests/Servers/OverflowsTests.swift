import StandIn
import TestKit
import Testing

/// A crowded pool's requests go to another: `overflow`, and `locality.spill` within a pool.
struct OverflowsTests {
    @Test func whatIsAboveTheAverageQueueGoesToTheOtherPool() throws {
        let scene = try Scene()
        let (busy, gate) = try scene.gatedServer()
        defer { gate.open() }
        let more = try scene.server("more")
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", ["overflow: { to: more-compilers, when: avg_queue > 1 }"],
                    servers: [Configuration.server("s1", busy.address, "maxconn: 1")]),
                .init("more-compilers", servers: [Configuration.server("m1", more.address)])))
        // One runs and two are queued; a request that finds two queued, which is above the limit, overflows.
        let clients = try (1...6).map { number in
            let client = try scene.connect(proxy)
            try client.send(Requests.metadata("w\(number)"))
            return client
        }
        #expect(waitUntil { more.requests.count == 3 })
        let line = try #require(proxy.waitForLog { $0.string("pool") == "more-compilers" })
        #expect(line.server == "m1" && line.string("route") == "environments.default")
        gate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
        #expect(try clients[0].exchange(Requests.metadata("later")).status == 200)
        #expect(waitUntil { proxy.log.count == 7 })
        #expect(proxy.log.filter { $0.string("pool") == "compilers" }.count == 4, "the crowd is gone")
    }

    @Test func aPoolWithoutUsableServerOverflowsToo() throws {
        let scene = try Scene()
        let closed = try LoopbackPort()
        let more = try scene.server("more")
        let check = "check: { inter: 100ms, timeout: 500ms, rise: 1, fall: 1 }"
        let proxy = try scene.start(
            Configuration(
                .init(
                    "compilers", ["overflow: { to: more-compilers, when: avg_queue > 1 }", check],
                    servers: [Configuration.server("s1", closed.text)]),
                .init("more-compilers", servers: [Configuration.server("m1", more.address)])))
        #expect(proxy.waitForMessage { $0.contains("Pool compilers has no usable server") } != nil)
        #expect(try scene.connect(proxy).exchange(Requests.catalog()).status == 200)
    }

    @Test func aCrowdedSiteSpillsToTheNextOnlyWhereItMay() throws {
        let scene = try Scene()
        let (home, homeGate) = try scene.gatedServer()
        let (near, nearGate) = try scene.gatedServer()
        defer {
            homeGate.open()
            nearGate.open()
        }
        let rows = [
            Configuration.server("home", home.address, "site: home, maxconn: 1"),
            Configuration.server("near", near.address, "site: near, maxconn: 1"),
        ]
        let proxy = try scene.start(
            Configuration(
                .init("compilers", ["locality: { spill: avg_queue > 1 }"], servers: rows),
                lines: ["site: home", "sites: { home: { near: [near] }, near: {} }"]))
        // One runs, two wait (an average of 2), the fourth leaves the site.
        var clients: [RawClient] = []
        for number in 1...4 {
            let client = try scene.connect(proxy)
            try client.send(Requests.metadata("r\(number)"))
            clients.append(client)
            if number == 1 { #expect(waitUntil { homeGate.waitingCount == 1 }) }
        }
        #expect(waitUntil { nearGate.waitingCount == 1 })
        homeGate.open()
        nearGate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
        #expect(waitUntil { proxy.log.count == 4 })
        #expect(proxy.log.filter { $0.server == "near" }.count == 1)
    }
}
