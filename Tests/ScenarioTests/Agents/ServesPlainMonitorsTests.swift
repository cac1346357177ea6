import StandIn
import TestKit
import Testing

/// Monitors that speak as little as they can: line feeds alone, or a connection that only opens and closes.
struct ServesPlainMonitorsTests {
    @Test func lineFeedsAloneAreTakenFromHTTP10() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { request in .text(200, request.head.startLine) }
        var configuration = Configuration.pool(server.address)
        configuration.plainLines = ["status_path: /puppetfront/alive"]
        let proxy = try scene.start(configuration)
        let monitor = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        try monitor.send("GET /puppetfront/alive HTTP/1.0\n\nGET /smuggled HTTP/1.0\n\n")
        #expect(try monitor.readResponse()?.status == 200)
        #expect(monitor.isClosed())
        #expect(server.requestCount == 0)
        let agent = try scene.connect(proxy)
        try agent.send("GET /puppet/v3/environments HTTP/1.0\nConnection: keep-alive\n\nGET /smuggled HTTP/1.0\n\n")
        let response = try #require(try agent.readResponse())
        #expect(response.status == 200 && response.text == "GET /puppet/v3/environments HTTP/1.1")
        #expect(agent.isClosed())
        #expect(server.requestCount == 1)
        let other = try scene.connect(proxy)
        #expect(try other.exchange("PUT /puppet/v3/report/agent.test HTTP/1.0\nContent-Length: 2\n\n{}").status == 400)
    }

    /// A connection that was opened and closed has begun no handshake; one that sent something else has.
    @Test func aConnectionThatOnlyOpensIsNoFailedHandshake() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["logs: { level: debug }", "admin: { http: { address: \"127.0.0.1:0\" } }"]
        configuration.listenerLines = ["proxy_protocol: [127.0.0.9]"]
        let proxy = try scene.start(configuration)
        for _ in 1...3 { _ = try RawClient(proxy.port()) }
        for _ in 1...3 { _ = try RawClient(proxy.port(), source: "127.0.0.9", preface: Array("PROXY UNKNOWN\r\n".utf8)) }
        let wrong = try RawClient(proxy.port())
        try wrong.send("GET / HTTP/1.0\r\n\r\n")
        _ = wrong.isClosed()
        let page = try RawClient(proxy.port("admin"))
        let metrics = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        let failed = "puppetfront_handshakes_total{listener=\"agents\",result=\"failed\"}"
        #expect(try waitUntil { try page.exchange(metrics).text.contains("\n\(failed) 1\n") })
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(try page.exchange(metrics).text.contains("\n\(failed) 1\n"), "after all were accepted")
    }
}
