import StandIn
import TestKit
import Testing

struct LocalityFailoverTests {
    @Test func killedSitesHandOverToTheNextAndTakeBack() throws {
        let scene = try Scene()
        let sites = ["home", "near", "far"]
        let servers = try sites.map { site in try scene.server(site) }
        let check = "check: { inter: 200ms, fastinter: 100ms, downinter: 100ms, timeout: 500ms, rise: 1, fall: 1 }"
        let rows = zip(sites, servers).map { Configuration.server($0, $1.address, "site: \($0)") }
        let proxy = try scene.start(
            Configuration(
                .init("compilers", [check], servers: Array(rows.reversed())),
                lines: [
                    "site: home", "sites:", "  home: { near: [near, far] }", "  near: { near: [far, home] }",
                    "  far: { near: [near, home] }",
                ]))
        let client = try scene.connect(proxy)
        func expectServed(by site: String) throws {
            var last: RawClient.Response?
            let isReached = try waitUntil(within: .seconds(5)) {
                let answer = try client.exchange(Requests.catalog())
                #expect(answer.status == 200, "no request may fail while a site dies")
                last = answer
                return answer.field("X-Puppet-Compiler-Name") == site
            }
            #expect(isReached, "\(String(describing: last?.head.fields))")
        }
        try expectServed(by: "home")
        servers[0].stop()
        try expectServed(by: "near")
        servers[1].stop()
        try expectServed(by: "far")
        try servers[1].start()
        try expectServed(by: "near")
        try servers[0].start()
        try expectServed(by: "home")
        for _ in 1...10 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(waitUntil { proxy.log.last?.server == "home" })
    }

    @Test func anInstanceOfAnotherSiteHasItsOwnNearest() throws {
        let scene = try Scene()
        let servers = try ["a", "b"].map { site in try scene.server(site) }
        let configuration = Configuration(
            .init(servers: zip(["a", "b"], servers).map { Configuration.server($0, $1.address, "site: \($0)") }),
            lines: ["sites: { a: { near: [b] }, b: { near: [a] } }"])
        for site in ["a", "b"] {
            let proxy = try scene.start(configuration, arguments: ["--site", site])
            let client = try scene.connect(proxy)
            for _ in 1...4 { #expect(try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") == site) }
            #expect(proxy.waitForLog { $0.string("site") == site && $0.server == site } != nil)
        }
    }

    @Test func aRequestInFlightOnAKilledServerIsSentToAnother() throws {
        let scene = try Scene()
        let (dying, other) = (try scene.server("dying"), try scene.server("other"))
        let gate = Gate()
        defer { gate.open() }
        dying.answer { _ in
            gate.pass()
            return nil
        }
        let proxy = try scene.start(
            Configuration(
                .init(servers: [Configuration.server("dying", dying.address), Configuration.server("other", other.address, "backup: true")])
            ))
        let client = try scene.connect(proxy)
        try client.send(Requests.catalog())
        #expect(waitUntil { gate.waitingCount == 1 })
        dying.dropConnections()
        #expect(try client.readResponse()?.field("X-Puppet-Compiler-Name") == "other")
    }
}
