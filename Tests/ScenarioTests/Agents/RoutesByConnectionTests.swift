import StandIn
import TestKit
import Testing

/// Routes by properties of connection and head: listener, SNI, method, path, agent's version.
struct RoutesByConnectionTests {
    @Test func eachConditionTakesItsRequestsAlone() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { request in .text(200, request.path) }
        var configuration = Configuration.pool(server.address)
        configuration.lines = [
            "routes:",
            "  - { name: plain, when: { listener: plain }, pool: compilers }",
            "  - { name: writes, when: { method: [PUT] }, pool: compilers }",
            "  - { name: tasks, when: { path: [\"/puppet/v3/tasks*\"] }, pool: compilers }",
            "  - { name: sevens, when: { agent_version: [\"7.*\"] }, pool: compilers }",
            "  - { name: other-name, when: { server_name: [\"*.OTHER.test\"] }, pool: compilers }",
            "  - { name: our-name, when: { server_name: puppet.test, path: \"/sni\" }, pool: compilers }",
        ]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        let plain = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        let named = try RawClient(proxy.port(), tls: try scene.tls(), serverName: "A.other.test")
        let rows: [(RawClient, String, String)] = [
            (plain, Requests.get("/x"), "routes.plain"), (client, Requests.report(), "routes.writes"),
            (client, Requests.get("/puppet/v3/t%61sks/a"), "routes.tasks"),
            (client, Requests.get("/x", fields: ["X-Puppet-Version: 7.23.0"]), "routes.sevens"),
            (client, Requests.get("/x", fields: ["X-Puppet-Version: 8.1.0"]), "environments.default"),
            (client, Requests.get("/x"), "environments.default"), (client, Requests.get("/sni"), "routes.our-name"),
            (named, Requests.get("/sni"), "routes.other-name"), (named, Requests.get("/x"), "routes.other-name"),
        ]
        for (number, row) in rows.enumerated() {
            #expect(try row.0.exchange(row.1).status == 200)
            #expect(waitUntil { proxy.log.count > number })
            #expect(proxy.log.last?.string("route") == row.2, "\(row.1)")
        }
    }
}
