import StandIn
import TestKit
import Testing

struct ReloadsOnHangupTests {
    @Test func aNewListRejectsARevokedAgent() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let (good, bad) = (try scene.tls("good.test"), try scene.tls("bad.test"))
        let kept = try RawClient(proxy.port(), tls: bad)
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        scene.authority.revoke("bad.test")
        try scene.authority.writeRevocationLists(to: scene.folder.path)
        try reload(proxy)
        // Workers install a reload one after the other, a moment after it is logged.
        var last: RawClient.Response?
        let isRefused = try waitUntil {
            last = try kept.exchange(Requests.metadata())
            return last?.status == 403
        }
        #expect(isRefused, "a kept connection is asked again")
        let answer = try #require(last)
        #expect(answer.text.contains("revoked"))
        #expect(answer.saysClose)
        #expect(kept.isClosed())
        #expect(proxy.waitForLog { $0.reason == "revoked" && $0.termination == "PR--" } != nil)
        #expect(try alert(proxy, bad) == 44, "certificate_revoked")
        #expect(try RawClient(proxy.port(), tls: good).exchange(Requests.metadata()).status == 200)
    }

    @Test(arguments: ["configuration", "crl", "key"])
    func aBrokenFileChangesNothing(_ which: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let configuration = Configuration.pool(server.address)
        let proxy = try scene.start(configuration)
        switch which {
        case "configuration":
            var broken = configuration
            broken.environments = ["default: nowhere"]
            try scene.write(broken)
        case "crl": try scene.folder.write("-----BEGIN X509 CRL-----\nnonsense\n-----END X509 CRL-----\n", to: "crl.pem")
        default:
            try scene.authority.issue("stranger.test").write(to: scene.folder.path, as: "other")
            try scene.folder.write(scene.folder.read("other.key"), to: "proxy.key")
        }
        proxy.reload()
        let message = proxy.waitForMessage { $0.contains("error") && $0.contains("reload") }
        #expect(message != nil, "\(proxy.messages)")
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
    }

    @Test func newRoutesCountForOldConnections() throws {
        let scene = try Scene()
        let (one, two) = (try scene.server("one"), try scene.server("two"))
        var configuration = Configuration(
            .init("first", servers: [Configuration.server("one", one.address)]),
            .init("second", servers: [Configuration.server("two", two.address)]))
        configuration.environments = ["default: first"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") == "one")
        configuration.environments = ["default: second"]
        try scene.write(configuration)
        try reload(proxy)
        let isMoved = try waitUntil { try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") == "two" }
        #expect(isMoved)
        #expect(proxy.waitForLog { $0.server == "two" } != nil, "the log goes on")
    }

    @Test func slotsInUseSurviveAReload() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let proxy = try scene.start(Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 1")])))
        let first = try scene.connect(proxy)
        try first.send(Requests.metadata("first"))
        #expect(waitUntil { gate.waitingCount == 1 })
        let second = try scene.connect(proxy)
        try second.send(Requests.metadata("second"))
        try reload(proxy)
        gate.open()
        #expect(try first.readResponse()?.text.hasSuffix("first") == true)
        #expect(try second.readResponse()?.text.hasSuffix("second") == true)
        #expect(server.maximumRunningCount == 1)
    }

    @Test func aRunningResponseIsNotDisturbed() throws {
        let scene = try Scene()
        let server = try scene.server { $0.catalog = .chunked(1 << 20, chunk: 16384, pause: .milliseconds(5)) }
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        try client.send(Requests.catalog())
        #expect(waitUntil { server.sentByteCount > 0 })
        try reload(proxy)
        let answer = try #require(try client.readResponse())
        #expect(answer.digest == StandInContent.digest(1 << 20))
    }

    private func reload(_ proxy: ProxyProcess) throws {
        let before = proxy.messages.filter { $0.contains("reloaded") }.count
        proxy.reload()
        #expect(waitUntil { proxy.messages.filter { $0.contains("reloaded") }.count > before }, "\(proxy.messages)")
    }

    /// The alert that a new connection with that certificate gets.
    private func alert(_ proxy: ProxyProcess, _ tls: StandInTLS) throws -> UInt8? {
        do {
            _ = try RawClient(proxy.port(), tls: tls).exchange(Requests.metadata())
            return nil
        } catch StandInError.tls(let alert, _) {
            return alert
        }
    }
}
