import Foundation
import StandIn
import TestKit
import Testing

/// Clients of HTTP/2 that others have written: Python's h2 and httpx, Go's net/http. See `SpeaksHTTP2Tests` for curl, nghttp and h2load.
struct ServesHTTP2ClientsTests {
    private func start(_ scene: Scene) throws -> (server: ContentServer, proxy: ProxyProcess) {
        let server = try ContentServer()
        scene.keep(server)
        try scene.authority.issue("agent.test").write(to: scene.folder.path, as: "agent")
        var configuration = Configuration.pool(server.server.address)
        configuration.lines = [RuntimeSocket(scene).line()]
        return (server, try scene.start(configuration))
    }

    private func run(_ words: [String], _ proxy: ProxyProcess, _ scene: Scene, _ steps: [String] = []) throws -> ChildProcess {
        try ChildProcess(words + ["\(proxy.port())", scene.folder.path] + steps)
    }

    private static let path = "/puppet/v3/file_content/modules/m/"

    @Test func pythonsH2() throws {
        let scene = try Scene()
        let (_, proxy) = try start(scene)
        let python = ["/usr/bin/python3", GoClient.fixture("http2_streams.py")]
        let child = try run(python, proxy, scene, ["many", "upload", "download", "trailers"])
        #expect(child.waitForEnd(within: .seconds(60)) == 0, "\(child.errorLines)")
        let digest = StandInContent.digest(8_000_000).prefix(8)
        #expect(
            child.outputLines == [
                "many 100", "upload True", "download" + String(repeating: " 8000000 \(digest)", count: 3),
                "trailers hello {'x-sum': '12'}",
            ])
        #expect(waitUntil { proxy.log.count { $0.status == 200 && $0.string("http") == "2" } == 105 })
    }

    @Test func pythonsH2SeesADrain() throws {
        let scene = try Scene()
        let (server, proxy) = try start(scene)
        let child = try run(["/usr/bin/python3", GoClient.fixture("http2_streams.py")], proxy, scene, ["drain"])
        #expect(waitUntil { server.gate.waitingCount == 1 })
        proxy.terminate()
        #expect(child.waitForOutput { $0 == "goaway 1 0" } != nil, "\(child.errorLines)")
        server.gate.open()
        #expect(child.waitForEnd() == 0, "\(child.errorLines)")
        #expect(child.outputLines == ["held", "goaway 1 0", "served 200", "closed"])
        #expect(proxy.child.waitForEnd() == 0)
    }

    @Test func pythonsHttpx() throws {
        let scene = try Scene()
        let (_, proxy) = try start(scene)
        let child = try run(["/usr/bin/python3", GoClient.fixture("http2_httpx.py")], proxy, scene)
        #expect(child.waitForEnd(within: .seconds(60)) == 0, "\(child.errorLines)")
        #expect(
            child.outputLines == [
                "HTTP/2 200 \(Self.path)a?environment=production", "head 200", "put True", "pieces True", "form 200 7",
                "download \(StandInContent.digest(8_000_000).prefix(8))", "rejected 403", "together 50",
            ])
    }

    @Test func gosClient() throws {
        let scene = try Scene()
        let (_, proxy) = try start(scene)
        let child = try run([try GoClient.program.get()], proxy, scene, ["requests", "upload", "download", "trailers", "many"])
        #expect(child.waitForEnd(within: .seconds(60)) == 0, "\(child.outputLines) \(child.errorLines)")
        #expect(
            child.outputLines == [
                "get HTTP/2.0 200 \(Self.path)a?environment=production", "head 200 0", "rejected 403", "upload true true",
                "download 20000000 \(StandInContent.digest(20_000_000).prefix(8))", "trailers hello 12", "many 300",
            ])
        #expect(proxy.log.allSatisfy { $0.string("http") == "2" })
    }

    /// Eight requests are always under way on one connection: each takeover ends it by GOAWAY, and the client loses none of them.
    @Test func gosClientLosesNothingInTakeovers() throws {
        let scene = try Scene()
        var (_, proxy) = try start(scene)
        let child = try run([try GoClient.program.get()], proxy, scene, ["steady"])
        #expect(child.waitForOutput { $0 == "begun" } != nil)
        for _ in 1...5 {
            let before = proxy
            #expect(waitUntil { before.log.count { $0.status == 200 } >= 40 })
            proxy = try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml", arguments: ["--takeover"])
            #expect(before.child.waitForEnd() == 0)
            #expect(before.log.allSatisfy { $0.status == 200 })
        }
        let last = proxy
        #expect(waitUntil { last.log.count { $0.status == 200 } >= 40 })
        child.signal(SIGTERM)
        #expect(child.waitForEnd() == 0)
        #expect(child.outputLines == ["begun", "steady true 0 "])
    }
}
