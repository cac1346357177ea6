import Foundation
import StandIn
import TestKit
import Testing

/// What the stats page changes about servers, seen from agents and on the runtime socket.
struct ChangesServersOnThePageTests {
    private static let token = "an-unguessable-token-of-tests"

    private struct Setup {
        let proxy: ProxyProcess
        let socket: RuntimeSocket
    }

    /// Two servers in turn, the page and the socket.
    private func start(_ scene: Scene, http: String = "", mode: Int = 0o600) throws -> Setup {
        let (one, two) = (try scene.server("s1"), try scene.server("s2"))
        scene.keep(one)
        scene.keep(two)
        let file = try scene.folder.write(Self.token + "\n", to: "token")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(one.address, two.address, lines: ["balance: round-robin"])
        let rest = "allow_changes: true" + (http.isEmpty ? ", token_file: token" : ", \(http)")
        configuration.lines = ["admin: { socket: { path: \(socket.path) }, http: { address: \"127.0.0.1:0\", \(rest) } }"]
        return Setup(proxy: try scene.start(configuration), socket: socket)
    }

    private func post(_ form: String, _ fields: String = "Authorization: Bearer \(token)\r\n") -> String {
        "POST /stats HTTP/1.1\r\nHost: localhost\r\n\(fields)Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
    }

    private func compilers(_ scene: Scene, _ proxy: ProxyProcess) throws -> Set<String> {
        let client = try scene.connect(proxy)
        return Set(try (1...4).compactMap { _ in try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") })
    }

    @Test func aServerThatIsDrainedGetsNothingUntilItIsReady() throws {
        let scene = try Scene()
        let setup = try start(scene)
        let page = try RawClient(setup.proxy.port("admin"))
        #expect(try compilers(scene, setup.proxy) == ["s1", "s2"])
        let answer = try page.exchange(post("s=s1&b=compilers&action=drain"))
        #expect(answer.status == 303 && answer.field("Location") == "/stats;st=DONE")
        #expect(try setup.socket.stat("compilers", "s1")["status"] == "DRAIN")
        #expect(try compilers(scene, setup.proxy) == ["s2"])
        let number = try #require(try setup.socket.stat("compilers", "BACKEND")["iid"])
        #expect(try page.exchange(post("s=s1&s=s2&b=%23\(number)&action=maint")).status == 303, "HAProxy's own form")
        #expect(try setup.socket.stat("compilers", "s2")["status"] == "MAINT")
        #expect(try page.exchange(post("s=s1&s=s2&b=compilers&action=ready")).status == 303)
        #expect(try compilers(scene, setup.proxy) == ["s1", "s2"])
        #expect(try setup.socket.ask("show events").contains("Server compilers/s1: drain, on the page by 127.0.0.1 (token)"))
        #expect(setup.proxy.messages.contains { $0.contains("notice Server compilers/s2: maint, on the page by 127.0.0.1 (token)") })
    }

    @Test func aCertificateOfAnOperatorIsEnough() throws {
        let scene = try Scene()
        let tls = "tls: { certificate: { chain: proxy.pem, key: proxy.key }, client_ca: ca.pem, crl: crl.pem }, operators: [\"ops*\"]"
        let setup = try start(scene, http: tls)
        let form = post("s=s1&b=compilers&action=drain", "")
        #expect(try RawClient(setup.proxy.port("admin"), tls: try scene.tls("agent.test")).exchange(form).status == 403)
        #expect(try RawClient(setup.proxy.port("admin"), tls: try scene.tls(nil)).exchange(form).status == 403)
        #expect(try setup.socket.stat("compilers", "s1")["status"] == "no check")
        #expect(try RawClient(setup.proxy.port("admin"), tls: try scene.tls("ops1.test")).exchange(form).status == 303)
        #expect(try setup.socket.stat("compilers", "s1")["status"] == "DRAIN")
        #expect(try setup.socket.ask("show events").contains("on the page by ops1.test (certificate) from 127.0.0.1"))
    }

    @Test func anotherTokenCountsAfterAReloadAndABrokenOneDoesNot() throws {
        let scene = try Scene()
        let setup = try start(scene)
        let page = try RawClient(setup.proxy.port("admin"))
        let metrics = { (token: String) in "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n" }
        #expect(try page.exchange(metrics(Self.token)).status == 200)
        try scene.folder.write("short\n", to: "token")
        setup.proxy.reload()
        #expect(setup.proxy.waitForMessage { $0.contains("token_file") && $0.contains("16 to 1024 characters") } != nil)
        #expect(try page.exchange(metrics(Self.token)).status == 200, "the old configuration stays")
        try scene.folder.write("another-token-of-the-tests\n", to: "token")
        setup.proxy.reload()
        #expect(try waitUntil { try page.exchange(metrics("another-token-of-the-tests")).status == 200 })
        #expect(try page.exchange(metrics(Self.token)).status == 401)
    }

    @Test func aTokenThatOthersCanReadIsWarnedOf() throws {
        let scene = try Scene()
        let setup = try start(scene, mode: 0o644)
        #expect(
            setup.proxy.messages.contains { $0.contains("token can be read by everybody") && $0.contains("its mode is 644") },
            "\(setup.proxy.messages)")
    }

    @Test func formsAreBoundedAndReadInPieces() throws {
        let scene = try Scene()
        let setup = try start(scene)
        let large = try RawClient(setup.proxy.port("admin")).exchange(
            "POST /stats HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16385\r\n\r\n")
        #expect(large.status == 413 && large.saysClose)
        let chunked = try RawClient(setup.proxy.port("admin")).exchange(
            "POST /stats HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        #expect(chunked.status == 411 && chunked.saysClose)
        let client = try RawClient(setup.proxy.port("admin"))
        let form = "s=s1&b=compilers&action=drain&rest=" + String(repeating: "x", count: 12_000)
        let head =
            "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nAuthorization: Bearer \(Self.token)\r\nContent-Length: \(form.utf8.count)\r\n\r\n"
        try client.send(head)
        #expect(try client.reader.readHead()?.startLine == "HTTP/1.1 100 Continue")
        try client.send(String(form.prefix(5000)))
        try client.send(String(form.dropFirst(5000)) + Requests.get("/healthz"))
        #expect(try client.readResponse()?.status == 303)
        #expect(try client.readResponse()?.text == "ok\n", "the connection goes on")
        #expect(try setup.socket.stat("compilers", "s1")["status"] == "DRAIN")
    }
}
