import Foundation
import StandIn
import TestKit
import Testing

/// Pools with `protocol: h2` and servers that others have written: nghttpd; and another puppetfront.
struct AsksServersOverHTTP2Tests {
    private static let check =
        "check: { request: \"GET /status/v1/simple\", expect: { body: running }, inter: 50ms, timeout: 1s, rise: 1, fall: 1 }"
    private static let path = "/puppet/v3/file_content/modules/m/a?environment=production"

    /// nghttpd over files of its own, and its port.
    private final class FileServer {
        let port: LoopbackPort
        private let process: ChildProcess

        init(_ scene: Scene, _ options: [String]) throws {
            port = try LoopbackPort()
            let root = scene.folder.path + "/files"
            let files = ["/status/v1/simple": "running", "/puppet/v3/file_content/modules/m/a": "content of a"]
            for (path, text) in files {
                let url = URL(filePath: root + path)
                try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: url)
            }
            process = try ChildProcess(
                ["/usr/sbin/nghttpd", "--address=127.0.0.1", "--htdocs=" + root, "--echo-upload", "--no-tls"].filter {
                    options.isEmpty || $0 != "--no-tls"
                } + ["\(port.number)"] + options)
        }

        var address: String { port.text }
    }

    @Test func filesOfNghttpdWithPriorKnowledge() throws {
        let scene = try Scene()
        let server = try FileServer(scene, [])
        let proxy = try scene.start(.pool(server.address, lines: ["protocol: h2", Self.check, "panic: 0%"]))
        #expect(waitUntil { (try? scene.connect(proxy).exchange(Requests.get(Self.path)).status) == 200 }, "\(proxy.messages)")
        let agent = try scene.connect(proxy)
        let response = try agent.exchange(Requests.get(Self.path))
        #expect(response.text == "content of a" && response.field("server")?.hasPrefix("nghttpd nghttp2/") == true)
        #expect(try agent.exchange(Requests.report()).text == "{}", "what was sent comes back")
        #expect(try agent.exchange(Requests.get("/puppet/v3/file_content/modules/m/b?environment=production")).status == 404)
        #expect(proxy.log.filter { $0.status == 200 }.allSatisfy { $0.string("server") == "s1" })
    }

    @Test func filesOfNghttpdByALPN() throws {
        let scene = try Scene()
        try scene.authority.issue(CertificateProfile("server.test", names: ["localhost"], addresses: ["127.0.0.1"])).write(
            to: scene.folder.path, as: "server")
        let server = try FileServer(scene, [scene.folder.path + "/server.key", scene.folder.path + "/server.pem"])
        let lines = ["protocol: h2", Self.check, "panic: 0%", "tls: { ca: ca.pem, crl: crl.pem }"]
        let proxy = try scene.start(.pool(server.address, lines: lines))
        #expect(waitUntil { (try? scene.connect(proxy).exchange(Requests.get(Self.path)).text) == "content of a" }, "\(proxy.messages)")
    }

    @Test(arguments: [false, true]) func aServerOfHTTP1IsDownAndSaysWhy(hasTLS: Bool) throws {
        let scene = try Scene()
        let credential = try scene.authority.issue(CertificateProfile("server.test", names: ["localhost"]))
        let server = try scene.server { if hasTLS { $0.tls = try .server(credential) } }
        scene.keep(server)
        let tls = hasTLS ? ["tls: { ca: ca.pem, crl: crl.pem }"] : []
        let proxy = try scene.start(.pool("localhost:\(server.port.number)", lines: ["protocol: h2", Self.check, "panic: 0%"] + tls))
        let reason = hasTLS ? "the server does not offer HTTP/2" : "connection closed instead of HTTP/2"
        #expect(proxy.waitForMessage { $0.contains("compilers/s1 is DOWN") && $0.contains(reason) } != nil, "\(proxy.messages)")
        #expect(try scene.connect(proxy).exchange(Requests.report()).status == 503)
        #expect(server.requestCount == 0)
    }

    /// Agents → puppetfront → one connection of HTTP/2 → puppetfront → Puppet Server.
    @Test(arguments: [false, true]) func anotherPuppetfrontIsAServer(hasTLS: Bool) throws {
        let (near, far) = (try Scene(), try Scene())
        let (server, gate) = try far.gatedServer()
        let second = try far.start(.pool(server.address))
        let path = far.folder.path
        let tls = hasTLS ? ["tls: { ca: \(path)/ca.pem, crl: \(path)/crl.pem }"] : []
        let address = hasTLS ? "localhost:\(second.port())" : "127.0.0.2:\(second.port("plain"))"
        var configuration = Configuration.pool(address, lines: ["protocol: h2"] + tls)
        configuration.lines = ["limits: { worker_threads: 1 }"]
        let first = try near.start(configuration)
        let agents = try (0..<20).map { _ in try near.connect(first) }
        for (index, agent) in agents.enumerated() {
            try agent.send(Requests.get("/puppet/v3/file_content/modules/m/\(index)?environment=production"))
        }
        #expect(waitUntil { gate.waitingCount == 20 })
        gate.open()
        for (index, agent) in agents.enumerated() {
            let response = try #require(try agent.readResponse())
            #expect(response.text == "/puppet/v3/file_content/modules/m/\(index)")
            #expect(response.head.all("via") == ["1.1 puppetfront", "2.0 puppetfront"])
        }
        #expect(waitUntil { second.log.count { $0.status == 200 && $0.string("http") == "2" } == 20 })
        #expect(first.log.allSatisfy { $0.string("http") == "1.1" && $0.int("retries") == 0 })
    }

    @Test(arguments: [false, true]) func largeBodiesPassBothWays(isChunked: Bool) throws {
        let size = 20 << 20
        let (near, far) = (try Scene(), try Scene())
        let server = try far.server()
        server.answer { request in
            if request.method == "PUT" { return .text(200, "\(request.bodyCount)") }
            return StandInAnswer(200, isChunked ? .chunked(size, chunk: 50_000, pause: .zero) : .sized(size))
        }
        let second = try far.start(.pool(server.address, lines: ["enforce_certname: false"]))
        let first = try near.start(.pool("127.0.0.2:\(second.port("plain"))", lines: ["protocol: h2"]))
        let agent = try near.connect(first, timeout: .seconds(30))
        try agent.send(Requests.get(Self.path))
        let file = try #require(try agent.readResponse())
        #expect(file.status == 200 && file.body.count == size)
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size)"
        try agent.send(
            "PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: p\r\nContent-Type: application/json\r\n\(framing)\r\n\r\n"
        )
        let piece = [UInt8](repeating: 0x79, count: 1 << 20)
        for _ in 0..<20 {
            if isChunked { try agent.send("100000\r\n") }
            try agent.send(piece)
            if isChunked { try agent.send("\r\n") }
        }
        if isChunked { try agent.send("0\r\n\r\n") }
        #expect(try #require(try agent.readResponse()).text == "\(size)")
        #expect(first.child.memory() < 200 << 20 && second.child.memory() < 200 << 20)
    }

    @Test(arguments: [(1, 1), (1, 100), (20, 20)]) func h2loadGetsAllItsResponses(clients: Int, streams: Int) throws {
        let (near, far) = (try Scene(), try Scene())
        let server = try far.server()
        server.answer { .text(200, $0.path) }
        let second = try far.start(.pool(server.address))
        let first = try near.start(.pool("127.0.0.2:\(second.port("plain"))", lines: ["protocol: h2"]))
        let count = 2000
        let load = try ChildProcess([
            "/usr/bin/h2load", "-n", "\(count)", "-c", "\(clients)", "-m", "\(streams)", "https://localhost:\(first.port())\(Self.path)",
        ])
        #expect(load.waitForEnd(within: .seconds(60)) == 0)
        let summary = load.outputLines.first { $0.hasPrefix("requests:") }
        #expect(
            summary == "requests: \(count) total, \(count) started, \(count) done, \(count) succeeded, 0 failed, 0 errored, 0 timeout")
        #expect(server.requestCount == count)
    }

    /// The second one says GOAWAY and ends; what it serves is served, and what comes after goes to another server.
    @Test func aServerThatIsRestartedLosesNothing() throws {
        let (near, far, other) = (try Scene(), try Scene(), try Scene())
        let (server, gate) = try far.gatedServer()
        let second = try far.start(.pool(server.address))
        let spare = try other.server()
        spare.answer { .text(200, $0.path) }
        let third = try other.start(.pool(spare.address))
        let first = try near.start(
            Configuration(
                .init(
                    "compilers", ["protocol: h2"],
                    servers: [
                        Configuration.server("s1", "127.0.0.2:\(second.port("plain"))"),
                        Configuration.server("s2", "127.0.0.2:\(third.port("plain"))", "backup: true"),
                    ])))
        let agent = try near.connect(first)
        try agent.send(Requests.get(Self.path))
        #expect(waitUntil { gate.waitingCount == 1 })
        second.terminate()
        #expect(waitUntil { (try? RawClient(second.port())) == nil }, "new connections are refused")
        #expect(waitUntil { (try? near.connect(first).exchange(Requests.report()).status) == 200 })
        gate.open()
        #expect(try #require(try agent.readResponse()).status == 200)
        #expect(first.log.allSatisfy { $0.status == 200 }, "\(first.log)")
    }
}
