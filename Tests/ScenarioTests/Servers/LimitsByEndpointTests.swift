import StandIn
import TestKit
import Testing

/// `maxconn: { all: N, catalog: M }`: a JRuby's slot is what a catalog takes.
struct LimitsByEndpointTests {
    @Test func catalogsWaitWhileFilesPass() throws {
        let scene = try Scene()
        let server = try scene.server()
        let gate = Gate()
        defer { gate.open() }
        server.answer { request in
            if request.path.contains("/catalog/") { gate.pass() }
            return .text(200, request.path)
        }
        let proxy = try scene.start(
            Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: { all: 3, catalog: 2 }")])))
        let catalogs = try (1...4).map { number in
            let client = try scene.connect(proxy, as: "agent\(number).test")
            try client.send(Requests.catalog("agent\(number).test"))
            return client
        }
        #expect(waitUntil { gate.waitingCount == 2 })
        let files = try scene.connect(proxy)
        for number in 1...5 { #expect(try files.exchange(Requests.metadata("f\(number)")).status == 200) }
        #expect(gate.waitingCount == 2)
        gate.open()
        for client in catalogs { #expect(try client.readResponse()?.status == 200) }
        #expect(server.maximumRunningCount == 3)
        #expect(waitUntil { proxy.log.count == 9 })
        let waited = proxy.log.filter { ($0.double("queue_ms") ?? 0) > 1 }
        #expect(waited.count == 2 && waited.allSatisfy { $0.string("endpoint") == "catalog" }, "\(waited)")
    }

    @Test func manyCatalogsThatWaitDoNotStarveFiles() throws {
        let scene = try Scene()
        let server = try scene.server()
        let gate = Gate()
        // A catalog takes half a second.
        server.answer { request in
            if request.path.contains("/catalog/") { gate.pass(timeout: .milliseconds(500)) }
            return .text(200, request.path)
        }
        let proxy = try scene.start(Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 2")])))
        let catalogs = try (1...12).map { number in
            let client = try scene.connect(proxy, as: "agent\(number).test")
            try client.send(Requests.catalog("agent\(number).test"))
            return client
        }
        #expect(waitUntil { server.requests.count >= 2 })
        let files = try (1...3).map { number in
            let client = try scene.connect(proxy)
            try client.send(Requests.metadata("f\(number)"))
            return client
        }
        for client in files { #expect(try client.readResponse()?.status == 200) }
        #expect(server.requests.filter { $0.path.contains("/catalog/") }.count <= 8, "files came in between the catalogs")
        gate.open()
        for client in catalogs { #expect(try client.readResponse()?.status == 200) }
    }
}
