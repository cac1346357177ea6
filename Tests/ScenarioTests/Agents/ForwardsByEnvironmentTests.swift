import StandIn
import TestKit
import Testing

struct ForwardsByEnvironmentTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let request: String
        let pool: String
        let environment: String?
        let source: String?
        var testDescription: String { String(request.prefix { $0 != "\r" }) }
    }

    @Test func eachEnvironmentGoesToItsPool() throws {
        let scene = try Scene()
        let (first, second, third) = (try scene.server("one"), try scene.server("two"), try scene.server("three"))
        var configuration = Configuration(
            .init("first", servers: [Configuration.server("one", first.address)]),
            .init("second", servers: [Configuration.server("two", second.address)]),
            .init("third", servers: [Configuration.server("three", third.address)]))
        configuration.environments = ["production: first", "staging: second", "\"feature_*\": second", "default: third"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        let json = "{\"certname\":\"agent.test\",\"environment\":\"staging\"}"
        let rows = [
            Row(request: Requests.metadata(), pool: "first", environment: "production", source: "query"),
            Row(request: Requests.metadata(environment: "staging"), pool: "second", environment: "staging", source: "query"),
            Row(request: Requests.metadata(environment: "feature_x"), pool: "second", environment: "feature_x", source: "query"),
            Row(request: Requests.metadata(environment: "Production"), pool: "third", environment: "Production", source: "query"),
            Row(request: Requests.get("/puppet/v3/environments"), pool: "third", environment: nil, source: nil),
            Row(request: Requests.catalog(environment: "staging"), pool: "second", environment: "staging", source: "body"),
            Row(
                request: Requests.make(
                    "POST", "/puppet/v3/catalog/agent.test?environment=production",
                    fields: ["Content-Type: application/x-www-form-urlencoded"], body: "facts=x&environment=staging"),
                pool: "second", environment: "staging", source: "body"),
            Row(
                request: Requests.make("POST", "/puppet/v4/catalog", fields: ["Content-Type: application/json"], body: json),
                pool: "second", environment: "staging", source: "body"),
        ]
        for (number, row) in rows.enumerated() {
            _ = try client.exchange(row.request)
            #expect(waitUntil { proxy.log.count > number })
            let line = try #require(proxy.log.dropFirst(number).first)
            #expect(line.pool == row.pool, "\(row.request)\n\(line)")
            #expect(line.string("environment") == row.environment, "\(line)")
            #expect(line.string("environment_source") == row.source, "\(line)")
        }
        #expect([first.requestCount, second.requestCount, third.requestCount] == [1, 5, 2])
    }

    @Test func whatNoRowNamesIsRefused() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.environments = ["production: compilers"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata(environment: "other")).status == 404)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(proxy.waitForLog { $0.reason == "no_route" && $0.termination == "PR--" && $0.status == 404 } != nil)
        #expect(server.requestCount == 1)
    }

    @Test(arguments: ["environment=a&environment=b", "environment=no-word", "environment=%2e%2e"])
    func anAmbiguousEnvironmentIsRefused(_ query: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.get("/puppet/v3/file_metadata/modules/m/a?\(query)")).status == 400)
        #expect(server.requestCount == 0)
    }

    @Test func requestsOfTheCAGoToTheSitesCA() throws {
        let scene = try Scene()
        let compiler = try scene.server("compiler")
        let ca = try scene.server("ca") { $0.authority = scene.authority }
        let proxy = try scene.start(
            Configuration(
                .init(servers: [Configuration.server("compiler", compiler.address)]),
                .init("ca", servers: [Configuration.server("ca", ca.address)]),
                lines: ["sites: { here: { ca: ca } }"]))
        let agent = StandInAgent("fresh.test", port: proxy.port())
        let membership = try agent.bootstrap()
        #expect(membership.credential.certname == "fresh.test")
        let report = agent.steadyRun(as: membership)
        #expect(report.isClean, "\(report.failures)")
        #expect(report.compiler == "compiler")
        #expect(ca.requests.map(\.method) == ["GET", "GET", "PUT", "GET"])
        #expect(compiler.requestCount == 46)
        #expect(proxy.waitForLog { $0.bool("ca") == true && $0.string("route") == "sites.here.ca" } != nil)
    }
}
