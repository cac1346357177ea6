import StandIn
import TestKit
import Testing

struct ListensForAdminHTTPTests {
    @Test func onlyKnownMethodsAreTaken() throws {
        let scene = try Scene()
        let (_, proxy, monitor) = try AdminScene.start(scene)
        let head = try monitor.exchange(AdminScene.request("HEAD", "/metrics"))
        #expect(head.status == 200 && head.body.isEmpty && Int(head.field("Content-Length") ?? "") ?? 0 > 1000)
        #expect(try monitor.exchange(AdminScene.get("/nowhere")).status == 404)
        let refused = try monitor.exchange(AdminScene.request("DELETE", "/"))
        #expect(refused.status == 405 && refused.field("Allow") == "GET, HEAD, POST" && !refused.saysClose)
        #expect(try monitor.exchange(AdminScene.request("POST", "/", body: "s=s1&b=compilers&action=drain")).status == 403)
        let answer = try monitor.exchange(AdminScene.request("PUT", "/", body: "all"))
        #expect(answer.status == 405 && answer.saysClose, "a body is not waited for")
        #expect(monitor.isClosed())
        let long = try AdminScene.connect(proxy)
        #expect(try long.exchange(AdminScene.get("/", fields: ["X: " + String(repeating: "x", count: 9000)])).status == 431)
        #expect(long.isClosed())
    }

    @Test func pipelinedRequestsGetResponsesInOrder() throws {
        let scene = try Scene()
        let (_, _, monitor) = try AdminScene.start(scene)
        try monitor.send(AdminScene.get("/healthz") + AdminScene.get("/") + AdminScene.get("/metrics") + AdminScene.get("/readyz"))
        let answers = try (1...4).map { _ in try #require(try monitor.readResponse()) }
        #expect(answers.map(\.status) == [200, 200, 200, 200])
        #expect(answers[0].text == "ok\n" && answers[1].text.hasPrefix("<!DOCTYPE html>"))
        #expect(answers[2].text.hasPrefix("# HELP ") && answers[3].text.hasPrefix("ready: yes"))
    }

    /// Monitors get a response however many connections others hold.
    @Test func ofTooManyConnectionsTheOneThatIsIdleLongestEnds() throws {
        let scene = try Scene()
        let (_, proxy, monitor) = try AdminScene.start(scene)
        let silent = try AdminScene.connect(proxy)
        try silent.send("GET /metr")
        // It was accepted before the connections that are made after this response.
        #expect(try monitor.exchange(AdminScene.get("/healthz")).status == 200)
        let others = try (1...62).map { _ in try AdminScene.connect(proxy) }
        for other in others { #expect(try other.exchange(AdminScene.get("/healthz")).status == 200) }
        #expect(try monitor.exchange(AdminScene.get("/healthz")).status == 200)
        let next = try AdminScene.connect(proxy)
        #expect(try next.exchange(AdminScene.get("/readyz")).status == 200)
        #expect(silent.isClosed())
        for other in others + [monitor] { #expect(try other.exchange(AdminScene.get("/healthz")).status == 200) }
    }

    @Test func clientsAreAskedForCertificatesWhereTheFileSaysSo() throws {
        let scene = try Scene()
        let server = try scene.server()
        let tls = "{ certificate: { chain: proxy.pem, key: proxy.key }, client_ca: ca.pem, crl: crl.pem, client_certificate: required }"
        let lines = ["admin:", "  http:", "    address: \"\(AdminScene.address):0\"", "    tls: \(tls)"]
        let proxy = try scene.start(.pool(server.address, admin: lines))
        let monitor = try AdminScene.connect(proxy, tls: try scene.tls("monitor.test"))
        #expect(try monitor.exchange(AdminScene.get("/healthz")).status == 200)
        #expect(try monitor.exchange(AdminScene.get("/metrics")).isWhole)
        let stranger = try? AdminScene.connect(proxy, tls: try scene.tls(nil))
        #expect((try? stranger?.exchange(AdminScene.get("/healthz"))) == nil)
    }

    @Test func aPortInUseEndsTheStart() throws {
        let scene = try Scene()
        let (server, proxy, _) = try AdminScene.start(scene)
        let other = try Scene()
        let lines = ["admin:", "  http: { address: \"\(AdminScene.address):\(proxy.port("admin"))\" }"]
        do {
            _ = try other.start(.pool(server.address, admin: lines))
            Issue.record("two instances with one address")
        } catch ProxyProcess.Failure.notReady(let code, let errors) {
            #expect(code == 1)
            #expect(errors.contains { $0.hasPrefix("error: admin.http 127.0.0.3:") && $0.contains("in use") }, "\(errors)")
        }
    }

    @Test func aReloadKeepsOrClosesIt() throws {
        let scene = try Scene()
        let (server, proxy, monitor) = try AdminScene.start(scene)
        proxy.reload()
        #expect(proxy.waitForMessage { $0.contains("reloaded") } != nil)
        #expect(try monitor.exchange(AdminScene.get("/healthz")).status == 200, "a kept connection stays")
        #expect(try AdminScene.connect(proxy).exchange(AdminScene.get("/healthz")).status == 200)
        try scene.write(.pool(server.address))
        proxy.reload()
        #expect(monitor.isClosed(within: .seconds(10)))
        #expect(waitUntil { (try? AdminScene.connect(proxy)) == nil })
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }
}

extension Configuration {
    /// `pool` with lines at the top level.
    fileprivate static func pool(_ address: String, admin: [String]) -> Configuration {
        var configuration = Configuration.pool(address)
        configuration.lines = admin
        return configuration
    }
}
