import Foundation
import StandIn
import TestKit
import Testing

/// CRLs under which every agent would be rejected now, or that take revocations back, do not come into force.
struct KeepsRevocationsTests {
    private func status(_ proxy: ProxyProcess, _ tls: StandInTLS) -> Int? {
        try? RawClient(proxy.port(), tls: tls).exchange(Requests.metadata()).status
    }

    private func reload(_ proxy: ProxyProcess) {
        let before = proxy.messages.filter { $0.contains("reloaded") }.count
        proxy.reload()
        #expect(waitUntil { proxy.messages.filter { $0.contains("reloaded") }.count > before }, "\(proxy.messages)")
    }

    private func check(_ scene: Scene) throws -> (code: Int32?, warnings: [String]) {
        let child = try ChildProcess([try #require(ProxyProcess.binary), "check", "--config", scene.folder.path + "/puppetfront.yaml"])
        return (child.waitForEnd(), child.errorLines)
    }

    @Test func aListFromTheFutureComesIntoForceByItself() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        configuration.plainLines = ["status_path: /alive"]
        let proxy = try scene.start(configuration)
        let (good, bad) = (try scene.tls("good.test"), try scene.tls("bad.test"))
        let kept = try RawClient(proxy.port(), tls: good)
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        scene.authority.revoke("bad.test")
        // Five minutes are tolerated; the rest of it is short enough to wait for.
        scene.authority.setLastUpdate(308)
        try scene.authority.writeRevocationLists(to: scene.folder.path)
        let reply = try socket.ask("reload")
        let line = "\(scene.folder.path)/crl.pem: CRL of CN=Puppet CA: stand-in is not valid before "
        #expect(reply.contains("\n" + line) && reply.hasSuffix("; the one in force stays until then\n"), "\(reply)")
        #expect(proxy.waitForMessage { $0.contains(line) } != nil, "\(proxy.messages)")
        #expect(try socket.ask("show events").contains("held back: \(line)"))
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        #expect(status(proxy, good) == 200 && status(proxy, bad) == 200)
        #expect(try RawClient(proxy.port("plain"), address: "127.0.0.2").exchange(Requests.get("/alive")).status == 200)
        let checked = try check(scene)
        #expect(checked.code == 0 && checked.warnings.contains { $0.contains(line) }, "\(checked)")
        #expect(proxy.waitForMessage(within: .seconds(30)) { $0.contains("reloaded") && $0.contains("files changed") } != nil)
        #expect(waitUntil { status(proxy, bad) == nil })
        #expect(status(proxy, good) == 200)
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        #expect(try socket.ask("reload") == "Reloaded: generation 3.\n")
    }

    @Test func withNothingOlderTheServiceStartsAndSaysThatAgentsAreRejected() throws {
        let scene = try Scene()
        let tls = try scene.tls()
        scene.authority.setLastUpdate(900)
        try scene.authority.writeRevocationLists(to: scene.folder.path)
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.plainLines = ["status_path: /alive"]
        let socket = RuntimeSocket(scene)
        configuration.lines = [
            "admin: { http: { address: \"\(AdminScene.address):0\" }, socket: { path: \(socket.path) } }"
        ]
        let proxy = try scene.start(configuration)
        let monitor = try AdminScene.connect(proxy)
        let alive = try RawClient(proxy.port("plain"), address: "127.0.0.2")
        let reason = "no agent's certificate is accepted: CRL of CN=Puppet CA: stand-in is not valid yet"
        let ready = try monitor.exchange(AdminScene.get("/readyz"))
        #expect(
            ready.status == 503 && ready.text.hasSuffix("agents' certificates accepted: no (listener agents: \(reason))\n"), "\(ready.text)"
        )
        #expect(try alive.exchange(Requests.get("/alive")).status == 503)
        #expect(
            proxy.waitForMessage { $0.contains("no certificate of the CA CN=Puppet CA: stand-in is accepted before ") } != nil,
            "\(proxy.messages)")
        #expect(throws: StandInError.self) { try RawClient(proxy.port(), tls: tls).exchange(Requests.metadata()) }
        #expect(
            proxy.waitForMessage { $0.contains("handshake failed") && $0.contains("reason=crl_not_yet_valid") } != nil, "\(proxy.messages)")
        #expect(try socket.ask("show errors").contains("] crl_not_yet_valid status=- "))
        let metrics = try monitor.exchange(AdminScene.get("/metrics")).text
        #expect(metrics.contains("puppetfront_refused_total{reason=\"crl_not_yet_valid\"} 1\n"))
        #expect(metrics.contains("puppetfront_ready 0\n"))
        scene.authority.setLastUpdate(nil)
        try scene.authority.writeRevocationLists(to: scene.folder.path)
        reload(proxy)
        #expect(waitUntil { status(proxy, tls) == 200 })
        #expect(try monitor.exchange(AdminScene.get("/readyz")).status == 200)
        #expect(try alive.exchange(Requests.get("/alive")).status == 200)
    }

    @Test func underNewNamesFilesThatRejectAllAgentsRefuseTheReload() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        var profile = CertificateProfile("puppet.test", names: ["localhost"], addresses: ["127.0.0.1"])
        profile.notBefore = 900
        try scene.authority.issue(profile).write(to: scene.folder.path, as: "late")
        _ = try scene.folder.write(configuration.text.replacing("proxy.", with: "late."), to: "puppetfront.yaml")
        let reply = try socket.ask("reload")
        #expect(reply.hasPrefix("Reload refused: "), "\(reply)")
        #expect(reply.contains("listener agents: none of the listener's certificates is valid now\n"), "\(reply)")
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    @Test func aRestartTakesNoRevocationBack() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["state_file: state"]
        let bad = try scene.tls("bad.test")
        let old = try scene.authority.crlPEM()
        scene.authority.revoke("bad.test")
        try scene.authority.writeRevocationLists(to: scene.folder.path)
        do {
            let proxy = try scene.start(configuration)
            #expect(status(proxy, bad) == nil)
            #expect(
                waitUntil { (try? scene.folder.read("state.crls"))?.contains("#crl-file \(scene.folder.path)/crl.pem\n-----BEGIN") == true }
            )
            proxy.terminate()
            #expect(proxy.child.waitForEnd() == 0)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: scene.folder.path + "/state.crls")[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        try scene.folder.write(old, to: "crl.pem")
        let line = "crl.pem: CRL of CN=Puppet CA: stand-in has number 0, the one in force 1: refused (crl_shrink); the one in force stays"
        #expect(try check(scene).warnings.contains { $0.contains(line) })
        do {
            let proxy = try scene.start(configuration)
            #expect(proxy.waitForMessage { $0.contains(line) } != nil, "\(proxy.messages)")
            #expect(status(proxy, bad) == nil)
            #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
            // An operator who means it.
            configuration.tlsLines = ["crl_shrink: accept"]
            try scene.write(configuration)
            reload(proxy)
            #expect(waitUntil { status(proxy, bad) == 200 })
            proxy.child.signal(SIGKILL)
            _ = proxy.child.waitForEnd()
        }
        try scene.folder.write("no CRL", to: "state.crls")
        let proxy = try scene.start(configuration)
        #expect(status(proxy, bad) == 200)
    }

    @Test func aRequestOnAKeptConnectionHasTheTrueReason() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let kept = try scene.connect(proxy)
        #expect(try kept.exchange(Requests.metadata()).status == 200)
        let other = try StandInAuthority(name: "other")
        try other.writeTrust(to: scene.folder.path)
        reload(proxy)
        var last: RawClient.Response?
        #expect(
            try waitUntil {
                last = try kept.exchange(Requests.metadata())
                return last?.status == 403
            })
        let line = try #require(proxy.waitForLog { $0.status == 403 })
        #expect(line.reason == "certificate_refused" && line.termination == "PR--")
        #expect(line.string("cause")?.hasPrefix("unknown_ca: unable to get ") == true)
        #expect(last?.text == "certificate_refused \(line.string("id") ?? "") (\(line.string("cause") ?? ""))\n")
        #expect(last?.saysClose == true && kept.isClosed())
    }
}
