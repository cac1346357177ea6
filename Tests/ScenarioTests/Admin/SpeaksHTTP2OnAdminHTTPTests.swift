import Foundation
import StandIn
import TestKit
import Testing

/// `admin.http` as HTTP/2, with curl, nghttp and h2load.
struct SpeaksHTTP2OnAdminHTTPTests {
    /// - Parameter http: further keys of `admin.http`
    private func start(_ scene: Scene, _ http: [String] = [], pool: [String] = []) throws -> ProxyProcess {
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address, lines: pool)
        configuration.lines = ["admin:", "  http:", "    address: \"\(AdminScene.address):0\""] + http.map { "    " + $0 }
        return try scene.start(configuration)
    }

    private static let tls = "tls: { certificate: { chain: proxy.pem, key: proxy.key }, client_ca: ca.pem, crl: crl.pem }"

    /// What curl prints: the content, then `VERSION STATUS`.
    private func curl(_ words: [String]) throws -> (code: Int32?, lines: [String]) {
        let format = ["--silent", "--show-error", "--max-time", "30", "--write-out", "\\n%{http_version} %{response_code}\\n"]
        let child = try ChildProcess(["/usr/bin/curl"] + format + words)
        let code = child.waitForEnd(within: .seconds(40))
        return (code, child.outputLines + child.errorLines)
    }

    private func address(_ proxy: ProxyProcess) -> String { "\(AdminScene.address):\(proxy.port("admin"))" }

    @Test func pagesComeWithPriorKnowledge() throws {
        let scene = try Scene()
        let proxy = try start(scene)
        let base = "http://" + address(proxy)
        #expect(try curl(["--http2-prior-knowledge", base + "/healthz"]).lines == ["ok", "", "2 200"])
        let metrics = try curl(["--http2-prior-knowledge", base + "/metrics"]).lines
        #expect(metrics.last == "2 200" && metrics.contains("puppetfront_connections{listener=\"agents\"} 0"))
        let page = try curl(["--http2-prior-knowledge", base + "/"]).lines
        #expect(page.last == "2 200" && page.first == "<!DOCTYPE html>" && page.contains { $0.contains("No request at the moment.") })
        #expect(try curl(["--http2-prior-knowledge", base + "/nowhere"]).lines.last == "2 404")
        let head = try curl(["--http2-prior-knowledge", "--head", base + "/metrics"]).lines
        #expect(head.first?.hasPrefix("HTTP/2 200") == true && head.last == "2 200", "\(head)")
        #expect(head.contains { $0.hasPrefix("content-length: ") })
        #expect(!head.contains { $0.hasPrefix("connection:") })
        #expect(try curl(["--http1.1", base + "/healthz"]).lines == ["ok", "", "1.1 200"])
        #expect(try curl(["--http2-prior-knowledge", "-H", "Host: elsewhere.test", base + "/"]).lines.last == "2 421")
    }

    @Test func clientsNegotiateItAndAreKnown() throws {
        let scene = try Scene()
        try scene.authority.issue("ops.test").write(to: scene.folder.path, as: "ops")
        let proxy = try start(scene, [Self.tls, "allow_changes: true", "operators: [ops.test]"])
        let path = scene.folder.path
        let identity = ["--cert", path + "/ops.pem", "--key", path + "/ops.key"]
        let resolve = ["--cacert", path + "/ca.pem", "--connect-to", "localhost:443:\(address(proxy))"]
        #expect(try curl(["--http2"] + resolve + identity + ["https://localhost/"]).lines.last == "2 200")
        let form = ["--data", "s=s1&b=compilers&action=maint", "https://localhost/"]
        let change = try curl(["--http2"] + resolve + identity + form)
        #expect(change.lines.last == "2 303", "\(change.lines)")
        #expect(proxy.waitForMessage { $0.contains("compilers/s1") && $0.contains("ops.test") } != nil, "\(proxy.messages)")
        // Without Content-Length, and with 100 asked for.
        let open = ["-H", "Content-Length:", "-H", "Expect: 100-continue"]
        let ready = form.map { $0.replacing("maint", with: "ready") }
        #expect(try curl(["--http2"] + open + resolve + identity + ready).lines.last == "2 303")
        #expect(try curl(["--http1.1"] + resolve + identity + ["https://localhost/healthz"]).lines.last == "1.1 200")
    }

    @Test func http2FalseLeavesHTTP1() throws {
        let scene = try Scene()
        let proxy = try start(scene, ["http2: false"])
        #expect(try curl(["--http2-prior-knowledge", "http://\(address(proxy))/healthz"]).code != 0)
        #expect(try curl(["http://\(address(proxy))/healthz"]).lines == ["ok", "", "1.1 200"])
        let secure = try Scene()
        let other = try start(secure, ["http2: false", Self.tls])
        let resolve = ["--cacert", secure.folder.path + "/ca.pem", "--connect-to", "localhost:443:\(address(other))"]
        #expect(try curl(["--http2"] + resolve + ["https://localhost/healthz"]).lines.last == "1.1 200")
    }

    @Test func formsAreBounded() throws {
        let scene = try Scene()
        let proxy = try start(scene)
        let base = "http://\(address(proxy))/"
        let file = try scene.folder.write(String(repeating: "x", count: 20_000), to: "form")
        for framing in [[], ["-H", "Content-Length:"]] {
            let run = try curl(["--http2-prior-knowledge", "--data-binary", "@" + file] + framing + [base])
            #expect(run.lines.contains("a form has at most 16384 bytes") && run.lines.last == "2 413", "\(run.lines)")
        }
        let long = ["-H", "X: " + String(repeating: "x", count: 9000)]
        #expect(try curl(["--http2-prior-knowledge"] + long + [base]).lines.last == "2 431")
        #expect(try curl(["--http2-prior-knowledge", "-X", "DELETE", base]).lines.last == "2 405")
    }

    @Test func nghttpFetchesSeveralAtOnce() throws {
        let scene = try Scene()
        let proxy = try start(scene)
        let base = "http://\(address(proxy))"
        let child = try ChildProcess(
            ["/usr/bin/nghttp", "--stat", "--null-out"] + ["/healthz", "/readyz", "/", "/metrics", "/stats;csv"].map { base + $0 })
        #expect(child.waitForEnd() == 0)
        let statuses = child.outputLines.compactMap { line in
            line.split(separator: " ", omittingEmptySubsequences: true).dropFirst(4).first.map(String.init)
        }
        #expect(statuses.filter { $0 == "200" }.count == 5, "\(child.outputLines)")
    }

    @Test(arguments: [(1, 32), (8, 10)]) func h2loadGetsAllItsResponses(clients: Int, streams: Int) throws {
        let scene = try Scene()
        let proxy = try start(scene)
        let load = try ChildProcess([
            "/usr/bin/h2load", "-n", "400", "-c", "\(clients)", "-m", "\(streams)", "http://\(address(proxy))/metrics",
        ])
        #expect(load.waitForEnd(within: .seconds(60)) == 0)
        let summary = load.outputLines.first { $0.hasPrefix("requests:") }
        #expect(summary == "requests: 400 total, 400 started, 400 done, 400 succeeded, 0 failed, 0 errored, 0 timeout")
    }

    /// As on agents' listeners: the connection ends with ENHANCE_YOUR_CALM, is counted and logged, and others are served.
    @Test func aFloodEndsItsConnection() throws {
        let scene = try Scene()
        let proxy = try start(scene)
        let client = try RawClient(proxy.port("admin"), address: AdminScene.address)
        let pings = [UInt8](repeating: 0, count: 8)
        let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0] + pings
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        try client.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + settings + (0..<60).flatMap { _ in ping })
        let received = try client.reader.readToEnd(limit: 1 << 16)
        #expect(received.suffix(4) == [0, 0, 0, 11], "GOAWAY ENHANCE_YOUR_CALM")
        let message = proxy.waitForMessage { $0.contains("HTTP/2 connection ended") }
        #expect(message?.contains("limit=ping_flood") == true && message?.contains("listener=admin") == true, "\(message ?? "none")")
        let metrics = try curl(["--http2-prior-knowledge", "http://\(address(proxy))/metrics"]).lines
        #expect(metrics.contains("puppetfront_http_abuse_total{limit=\"ping_flood\"} 1"))
    }
}
