import StandIn
import TestKit
import Testing

struct SendsLargeCatalogsTests {
    /// A form longer than what is held for a retry can be sent once only, so no connection may be chosen that has already ended.
    @Test func overServersThatCloseAfterEachAnswer() throws {
        let scene = try Scene()
        let server = try ScriptedServer { head, reader in
            try reader.skipContent(of: head)
            try reader.answer("catalog")
            return false
        }
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { body_prefix: 64k }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        let form = "environment=production&facts=" + String(repeating: "x", count: 200_000)
        for round in 1...20 {
            #expect(try client.exchange(Requests.catalog(body: form)).status == 200, "round \(round)")
            #expect(waitUntil { server.openCount == 0 })
        }
        #expect(server.acceptedCount == 20)
    }
}
