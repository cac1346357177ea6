import StandIn
import TestKit
import Testing

/// Fields of instances are believed on a listener for instances, from certificates of instances, and nowhere else.
struct BelievesInstancesAloneTests {
    private let trunk: TrunkScene
    private let server: StandInServer
    private let proxy: ProxyProcess

    init() throws {
        trunk = try TrunkScene("pf1.eie", "pf1.knossos")
        server = try trunk.scene.server("p1")
        trunk.add(server, site: "eie")
        proxy = try trunk.start("pf1.eie")
    }

    private static let path = "/puppet/v3/file_metadata/modules/m/a?environment=production"

    /// Status and body of curl's request to the listener for instances.
    private func curl(as name: String, _ target: String = path, with fields: [String] = []) throws -> (status: Int, body: String) {
        let folder = trunk.scene.folder.path
        if name == "agent.test" { try trunk.scene.authority.issue(name).write(to: folder, as: name) }
        let words =
            ["/usr/bin/curl", "-s", "--http2", "-w", "\n%{http_code}", "--cacert", folder + "/ca.pem", "--cert", "\(folder)/\(name).pem"]
            + ["--key", "\(folder)/\(name).key", "https://localhost:\(proxy.port("instances"))\(target)"]
            + fields.flatMap { ["-H", $0] }
        let process = try ChildProcess(words)
        _ = process.waitForEnd(within: .seconds(20))
        let lines = process.outputLines
        return (lines.last.flatMap { Int($0) } ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    private func hop(via: String = "pf1.knossos", pool: String = "compilers") -> [String] {
        [
            "X-Puppetfront-Via: \(via)", "X-Puppetfront-Pool: \(pool)", "X-Puppetfront-Id: 00112233aabbccdd",
            "X-Puppetfront-Source: 192.0.2.7",
        ]
    }

    @Test func anInstanceIsBelieved() throws {
        #expect(try curl(as: "pf1.knossos", with: hop()).status == 403, "an anonymous agent's request, which the server rejects")
        let request = try #require(server.requests.last)
        #expect(request.head.all("X-Client-Verify") == ["NONE"] && request.head.all("X-Forwarded-For") == ["192.0.2.7"])
        let line = try #require(proxy.waitForLog { $0.string("id") == "00112233aabbccdd" })
        #expect(line.string("source") == "192.0.2.7" && line.string("client") == nil && line.string("via") == "pf1.knossos,pf1.eie")
    }

    @Test func anAgentIsNoInstance() throws {
        let answer = try curl(as: "agent.test", with: hop())
        #expect(answer.status == 403 && answer.body.hasPrefix("not_authorized "))
        #expect(try curl(as: "agent.test", "/puppetfront/status?pool=compilers").status == 403)
        #expect(server.requestCount == 0)
    }

    @Test func onAnAgentsListenerTheyAreDropped() throws {
        let agent = try trunk.connect(proxy, as: "pf1.knossos.test")
        let forged = hop() + ["x_puppetfront_via: a", "X-Client-DN: CN=admin"]
        #expect(try agent.exchange(Requests.get(Self.path, fields: forged)).status == 200)
        let request = try #require(server.requests.last)
        #expect(request.head.fields.allSatisfy { !$0.name.lowercased().hasPrefix("x-puppetfront") && !$0.name.contains("_") })
        #expect(request.head.all("X-Client-DN") == ["CN=pf1.knossos.test"] && request.head.all("X-Forwarded-For") == ["127.0.0.1"])
        #expect(proxy.waitForLog { $0.status == 200 }?.string("id") != "00112233aabbccdd")
    }

    @Test func circlesAreRejected() throws {
        for via in ["pf1.eie", "pf1.knossos, pf1.eie", "a,b,c,d"] {
            let answer = try curl(as: "pf1.knossos", with: hop(via: via))
            #expect(answer.status == 508 && answer.body.hasPrefix("loop_detected "), "\(via)")
        }
        #expect(server.requestCount == 0)
    }

    @Test func whatCannotBeReadIsRejected() throws {
        #expect(try curl(as: "pf1.knossos").status == 400)
        #expect(try curl(as: "pf1.knossos", with: hop() + ["X-Client-Cert: nonsense"]).status == 400)
        #expect(try curl(as: "pf1.knossos", with: hop() + ["X-Client-Cert: %zz"]).status == 400)
        let unknown = try curl(as: "pf1.knossos", with: hop(pool: "elsewhere"))
        #expect(unknown.status == 503 && unknown.body.hasPrefix("no_server "))
        #expect(server.requestCount == 0)
    }

    @Test func theStatusOfAPoolIsThatOfItsOwnServers() throws {
        let status = { (pool: String) in try curl(as: "pf1.knossos", "/puppetfront/status?pool=\(pool)").status }
        #expect(try status("compilers") == 200)
        #expect(try status("elsewhere") == 503)
        server.stop()
        #expect(waitUntil { (try? status("compilers")) == 503 })
        #expect(try curl(as: "pf1.knossos", with: hop()).body.hasPrefix("no_server "))
    }
}
