import StandIn
import TestKit
import Testing

struct StreamsLargeBodiesTests {
    private static let size = 64 << 20
    /// What the proxy may grow by while such a body passes: buffers of both sides, and the allocator's slack.
    private static let growth = 24 << 20

    @Test(arguments: [false, true], [false, true])
    func downwards(isChunked: Bool, isTLS: Bool) throws {
        let scene = try Scene()
        let (server, proxy) = try start(scene, isTLS: isTLS) { options in
            options.catalog = isChunked ? .chunked(Self.size, chunk: 50_000, pause: .zero) : .sized(Self.size)
        }
        let client = try scene.connect(proxy)
        let before = proxy.child.memory()
        try client.send(Requests.catalog())
        let answer = try #require(try client.readResponse(keepsBody: false))
        #expect(answer.bodyCount == Self.size)
        #expect(answer.digest == StandInContent.digest(Self.size))
        #expect(proxy.child.memory() - before < Self.growth)
        #expect(proxy.waitForLog { ($0.int("bytes_out") ?? 0) >= Self.size } != nil)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(server.requestCount == 2)
    }

    @Test(arguments: [false, true], [false, true])
    func upwards(isChunked: Bool, isTLS: Bool) throws {
        let scene = try Scene()
        let (server, proxy) = try start(scene, isTLS: isTLS) { _ in }
        let client = try scene.connect(proxy)
        let before = proxy.child.memory()
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.size)"
        try client.send("PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: puppet.test\r\n\(framing)\r\n\r\n")
        try StandInContent.pieces(Self.size) { (piece) throws(StandInError) in
            if isChunked { try client.stream.write("\(String(piece.count, radix: 16))\r\n") }
            try client.stream.write(piece)
            if isChunked { try client.stream.write("\r\n") }
        }
        if isChunked { try client.send("0\r\n\r\n") }
        #expect(try client.readResponse()?.status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.bodyCount == Self.size)
        #expect(seen.bodyDigest == StandInContent.digest(Self.size))
        #expect(proxy.child.memory() - before < Self.growth)
    }

    /// The last piece of a response may arrive in any turn of the loop, and must be forwarded in each.
    @Test func noSizeOfAResponseStalls() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { request in StandInAnswer(200, .sized(request.query("size").flatMap { Int($0) } ?? 0)) }
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        for step in 1...40 {
            let size = step * 128 * 1024 + step
            try client.send(Requests.get("/puppet/v3/file_content/modules/m/a?environment=production&size=\(size)"))
            #expect(try client.readResponse(keepsBody: false)?.bodyCount == size)
        }
    }

    @Test func aSlowReaderHoldsTheServerBackNotTheProxysMemory() throws {
        let scene = try Scene()
        let server = try scene.server { $0.catalog = .sized(Self.size) }
        let proxy = try scene.start(.pool(server.address))
        let before = proxy.child.memory()
        let client = try RawClient(proxy.port(), tls: scene.tls(), receiveBuffer: 65536, timeout: .seconds(20))
        try client.send(Requests.catalog())
        var last = -1
        var steadyRounds = 0
        #expect(
            waitUntil {
                steadyRounds = server.sentByteCount == last && last > 0 ? steadyRounds + 1 : 0
                last = server.sentByteCount
                return steadyRounds > 100
            })
        #expect(server.sentByteCount < Self.size - (16 << 20), "the server was let go on with nobody reading")
        #expect(proxy.child.memory() - before < Self.growth)
        let other = try scene.connect(proxy, as: "other.test")
        #expect(try other.exchange(Requests.metadata()).status == 200, "others are served meanwhile")
        let answer = try #require(try client.readResponse(keepsBody: false))
        #expect(answer.digest == StandInContent.digest(Self.size))
    }

    @Test func aServerThatDoesNotReadHoldsTheClientBack() throws {
        let scene = try Scene()
        let server = try MisbehavingServer(.acceptsAndNeverReads)
        let proxy = try scene.start(.pool(server.address))
        let before = proxy.child.memory()
        let client = try scene.connect(proxy, timeout: .milliseconds(500))
        try client.send("PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\nContent-Length: \(Self.size)\r\n\r\n")
        var sent = 0
        #expect(throws: StandInError.self) {
            try StandInContent.pieces(Self.size) { (piece) throws(StandInError) in
                try client.stream.write(piece)
                sent += piece.count
            }
        }
        #expect(sent < Self.size - (16 << 20))
        #expect(proxy.child.memory() - before < Self.growth)
        #expect(try scene.connect(proxy).exchange(Requests.report("other.test")).status == 403, "others are answered meanwhile")
    }

    @Test func aFloodOfPipelinedRequestsIsHeldBack() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let before = proxy.child.memory()
        let client = try scene.connect(proxy, timeout: .milliseconds(500))
        let piece = Array(String(repeating: Requests.metadata("flood"), count: 300).utf8)
        // The client does not read the responses: sooner or later the proxy reads no more requests.
        #expect(throws: StandInError.self) { for _ in 1...1500 { try client.send(piece) } }
        #expect(proxy.child.memory() - before < Self.growth)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    private func start(
        _ scene: Scene, isTLS: Bool, _ configure: (inout StandInServer.Options) -> Void
    ) throws -> (StandInServer, ProxyProcess) {
        let server = try scene.server { options in
            configure(&options)
            if isTLS {
                let credential = try scene.authority.issue(CertificateProfile("server.test", names: ["localhost"]))
                options.tls = try .server(credential, clients: .required, caPEM: scene.authority.caPEM())
            }
        }
        guard isTLS else { return (server, try scene.start(.pool(server.address))) }
        let tls = "tls: { ca: ca.pem, crl: crl.pem, certificate: { chain: proxy.pem, key: proxy.key } }"
        return (server, try scene.start(.pool("localhost:\(server.port.number)", lines: [tls])))
    }
}
