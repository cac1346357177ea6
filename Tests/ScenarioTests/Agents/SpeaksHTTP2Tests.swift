import Foundation
import StandIn
import Synchronization
import TestKit
import Testing

/// HTTP/2 with programs that others have written: curl, nghttp, h2load.
struct SpeaksHTTP2Tests {
    /// A proxy with its CA in files, for programs.
    private func start(
        _ scene: Scene, _ configuration: Configuration, certname: String = "agent.test"
    ) throws -> (proxy: ProxyProcess, tls: [String]) {
        try scene.authority.issue(certname).write(to: scene.folder.path, as: "agent")
        let path = scene.folder.path
        let tls = ["--cacert", path + "/ca.pem", "--cert", path + "/agent.pem", "--key", path + "/agent.key"]
        return (try scene.start(configuration), tls)
    }

    /// What curl prints: for each response `VERSION STATUS SIZE`.
    private func curl(_ words: [String], bodies: Bool = false) throws -> (code: Int32?, lines: [String]) {
        let format = bodies ? [] : ["--output", "/dev/null", "--write-out", "%{http_version} %{response_code} %{size_download}\\n"]
        let child = try ChildProcess(["/usr/bin/curl", "--silent", "--show-error", "--max-time", "30"] + format + words)
        let code = child.waitForEnd(within: .seconds(40))
        return (code, child.outputLines + child.errorLines)
    }

    private static let path = "/puppet/v3/file_content/modules/m/a?environment=production"

    @Test func curlNegotiatesItAndIsKnown() throws {
        let scene = try Scene()
        let server = try scene.server()
        let (proxy, tls) = try start(scene, .pool(server.address))
        let url = "https://localhost:\(proxy.port())\(Self.path)"
        #expect(try curl(tls + ["--http2", url]).lines[0].hasPrefix("2 200 "))
        let seen = try #require(server.requests.first)
        #expect(seen.head.first("x-client-verify") == "SUCCESS" && seen.head.first("x-client-dn") == "CN=agent.test")
        #expect(seen.head.first("via") == "2.0 puppetfront")
        let line = try #require(proxy.waitForLog { $0.status == 200 })
        #expect(line.string("http") == "2" && line.string("client") == "agent.test")
        // A client that offers both and wants the older one gets it.
        #expect(try curl(tls + ["--http1.1", url]).lines[0].hasPrefix("1.1 200 "))
    }

    @Test func curlWithPriorKnowledge() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { .text(200, $0.path) }
        let (proxy, _) = try start(scene, .pool(server.address))
        let url = "http://127.0.0.2:\(proxy.port("plain"))\(Self.path)"
        #expect(try curl(["--http2-prior-knowledge", url]).lines[0].hasPrefix("2 200 "))
        #expect(try curl(["--http1.1", url]).lines[0].hasPrefix("1.1 200 "))
        // Upgrade is for HTTP/1.1's clients to leave.
        #expect(try curl(["--http2", url]).lines[0].hasPrefix("1.1 200 "))
    }

    @Test func http2FalseLeavesHTTP1() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.listenerLines = ["http2: false"]
        configuration.plainLines = ["http2: false"]
        let (proxy, tls) = try start(scene, configuration)
        #expect(try curl(tls + ["--http2", "https://localhost:\(proxy.port())\(Self.path)"]).lines[0].hasPrefix("1.1 200 "))
        let known = try curl(["--http2-prior-knowledge", "http://127.0.0.2:\(proxy.port("plain"))\(Self.path)"])
        #expect(known.code != 0)
    }

    @Test(arguments: [false, true]) func largeBodiesPassBothWays(isChunked: Bool) throws {
        let size = 20 << 20
        let scene = try Scene()
        let server = try scene.server {
            $0.catalog = isChunked ? .chunked(size, chunk: 50_000, pause: .zero) : .sized(size)
        }
        let (proxy, tls) = try start(scene, .pool(server.address))
        let base = "https://localhost:\(proxy.port())"
        let catalog = ["--data", "environment=production", base + "/puppet/v3/catalog/agent.test?environment=production"]
        #expect(try curl(tls + ["--http2"] + catalog).lines == ["2 200 \(size)"])
        let file = scene.folder.path + "/upload"
        try Data(count: size).write(to: URL(filePath: file))
        let framing = isChunked ? ["--header", "Content-Length:"] : []
        let upload = ["--upload-file", file, base + "/puppet/v3/report/agent.test?environment=production"]
        #expect(try curl(tls + ["--http2"] + framing + upload).lines[0].hasPrefix("2 200 "))
        #expect(server.requests.last?.bodyCount == size)
        #expect(proxy.child.memory() < 200 << 20)
    }

    /// Both take about three seconds, and the takeover falls into them.
    @Test func aTakeoverLetsUploadsAndDownloadsEnd() throws {
        let size = 3 << 20
        let scene = try Scene()
        let server = try scene.server { $0.catalog = .sized(size) }
        var configuration = Configuration.pool(server.address)
        configuration.lines = [RuntimeSocket(scene).line()]
        let (old, tls) = try start(scene, configuration)
        let file = scene.folder.path + "/upload"
        try Data(count: size).write(to: URL(filePath: file))
        let base = "https://localhost:\(old.port())"
        let words = ["/usr/bin/curl", "--silent", "--show-error", "--max-time", "60", "--http2", "--limit-rate", "1M"] + tls
        let counted = ["--output", "/dev/null", "--write-out", "%{http_version} %{response_code} %{size_upload} %{size_download}\\n"]
        let upload = try ChildProcess(
            words + counted + ["--upload-file", file, base + "/puppet/v3/report/agent.test?environment=production"])
        let download = try ChildProcess(
            words + counted + ["--data", "environment=production", base + "/puppet/v3/catalog/agent.test?environment=production"])
        #expect(waitUntil { server.requestCount == 2 })
        let new = try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml", arguments: ["--takeover"])
        #expect(upload.isRunning && download.isRunning && old.child.isRunning)
        #expect(try scene.connect(new).exchange(Requests.report()).status == 200)
        #expect(upload.waitForEnd(within: .seconds(60)) == 0 && download.waitForEnd(within: .seconds(60)) == 0)
        #expect(upload.outputLines.last?.hasPrefix("2 200 \(size) ") == true, "\(upload.outputLines) \(upload.errorLines)")
        #expect(download.outputLines.last == "2 200 22 \(size)", "\(download.outputLines) \(download.errorLines)")
        #expect(server.requests.contains { $0.bodyCount == size })
        #expect(old.child.waitForEnd() == 0)
        #expect(old.log.count { $0.status == 200 && $0.string("http") == "2" } == 2)
    }

    @Test(arguments: [(1, 1), (1, 32), (8, 10)]) func h2loadGetsAllItsResponses(clients: Int, streams: Int) throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { .text(200, $0.path) }
        let (proxy, _) = try start(scene, .pool(server.address))
        let count = 2000
        let load = try ChildProcess([
            "/usr/bin/h2load", "-n", "\(count)", "-c", "\(clients)", "-m", "\(streams)", "https://localhost:\(proxy.port())\(Self.path)",
        ])
        #expect(load.waitForEnd(within: .seconds(60)) == 0)
        let summary = load.outputLines.first { $0.hasPrefix("requests:") }
        #expect(
            summary == "requests: \(count) total, \(count) started, \(count) done, \(count) succeeded, 0 failed, 0 errored, 0 timeout")
        #expect(server.requestCount == count)
    }

    @Test func nghttpFetchesSeveralAtOnce() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        let (proxy, _) = try start(scene, .pool(server.address))
        let base = "https://localhost:\(proxy.port())/puppet/v3/file_content/modules/m/"
        let names = ["a", "b", "c", "d"].map { "\(base)\($0)?environment=production" }
        let client = try ChildProcess(["/usr/bin/nghttp"] + names)
        #expect(waitUntil { gate.waitingCount == 4 }, "all on one connection")
        gate.open()
        #expect(client.waitForEnd() == 0)
        #expect(proxy.waitForLog { $0.status == 200 } != nil)
        #expect(waitUntil { proxy.log.count(where: { $0.status == 200 && $0.string("http") == "2" }) == 4 })
    }

    /// Content without a length, and trailers: chunked to a server of HTTP/1.1.
    @Test(arguments: [0, 5, 40_000]) func trailersOfARequestReachTheServer(length: Int) throws {
        let scene = try Scene()
        let seen = Mutex("")
        let server = try ScriptedServer { head, reader in
            var count = 0
            while let size = Int(try reader.readLine(), radix: 16), size > 0 {
                try reader.readContent(.length(size)) { count += $0.count }
                _ = try reader.readLine()
            }
            let trailers = [try reader.readLine(), try reader.readLine()]
            seen.withLock { $0 = "\(head.first("Transfer-Encoding") ?? "-") \(count) \(trailers)" }
            try reader.answer("fine")
            return true
        }
        let (proxy, _) = try start(scene, .pool(server.address))
        let file = try scene.folder.write(String(repeating: "x", count: length), to: "content")
        let client = try ChildProcess([
            "/usr/bin/nghttp", "--no-content-length", "--trailer", "x-sum: 12", "-H", ":method: PUT", "-d", file,
            "https://localhost:\(proxy.port())/puppet/v3/report/a.test?environment=production",
        ])
        #expect(client.waitForEnd() == 0)
        #expect(proxy.waitForLog { $0.status == 200 && $0.string("http") == "2" } != nil)
        #expect(seen.withLock { $0 } == "chunked \(length) [\"x-sum: 12\", \"\"]")
    }

    /// What runs is served, the connection ends, and nothing is lost.
    @Test func aDrainEndsAConnectionAfterItsStreams() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        let (proxy, tls) = try start(scene, .pool(server.address))
        let child = try ChildProcess(
            ["/usr/bin/curl", "--silent", "--http2", "--max-time", "30"] + tls + ["https://localhost:\(proxy.port())\(Self.path)"])
        #expect(waitUntil { gate.waitingCount == 1 })
        proxy.terminate()
        #expect(waitUntil { (try? RawClient(proxy.port())) == nil }, "new connections are refused")
        gate.open()
        #expect(child.waitForEnd() == 0)
        #expect(child.outputLines == ["/puppet/v3/file_content/modules/m/a"])
        #expect(proxy.child.waitForEnd() == 0)
    }

    @Test func aRevokedAgentIsRefusedOnItsConnection() throws {
        let scene = try Scene()
        let server = try scene.server()
        let (proxy, tls) = try start(scene, .pool(server.address))
        #expect(try curl(tls + ["--http2", "https://localhost:\(proxy.port())\(Self.path)"]).lines[0].hasPrefix("2 200 "))
        scene.authority.revoke("agent.test")
        try scene.authority.writeTrust(to: scene.folder.path)
        proxy.reload()
        #expect(
            waitUntil {
                (try? curl(tls + ["--http2", "https://localhost:\(proxy.port())\(Self.path)"]))?.code != 0
            })
    }
}
