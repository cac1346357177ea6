import StandIn
import TestKit
import Testing

struct AnswersStatusPathTests {
    @Test func monitorsGetALocalResponse() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.plainLines = ["status_path: /puppetfront/alive"]
        let proxy = try scene.start(configuration)
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        #expect(try client.exchange(Requests.get("/puppetfront/alive")).status == 200)
        #expect(server.requestCount == 0)
        let agents = try scene.connect(proxy)
        #expect(try agents.exchange(Requests.get("/puppetfront/alive")).status == 404, "only where it is configured")
        #expect(server.requestCount == 1)
    }

    @Test func itFollowsTheDefaultPool() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address, lines: ["check: { inter: 100ms, timeout: 200ms, rise: 1, fall: 1 }"])
        configuration.plainLines = ["status_path: /puppetfront/alive"]
        let proxy = try scene.start(configuration)
        let monitor = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        let status = { try monitor.exchange(Requests.get("/puppetfront/alive")).status }
        #expect(try status() == 200)
        server.stop()
        #expect(try waitUntil { try status() == 503 })
        try server.start()
        #expect(try waitUntil { try status() == 200 })
    }

    @Test func aDrainingProxySaysSo() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.plainLines = ["status_path: /puppetfront/alive"]
        let proxy = try scene.start(configuration)
        let monitor = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        #expect(try monitor.exchange(Requests.get("/puppetfront/alive")).status == 200)
        proxy.terminate()
        var last: RawClient.Response?
        let isTold = try waitUntil {
            last = try monitor.exchange(Requests.get("/puppetfront/alive"))
            return last?.status == 503
        }
        #expect(isTold)
        #expect(last?.saysClose == true)
        monitor.close()
        #expect(proxy.child.waitForEnd() == 0)
    }
}
