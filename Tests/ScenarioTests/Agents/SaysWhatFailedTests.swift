import StandIn
import TestKit
import Testing

/// What failed and why: the error texts of servers, and the causes of refusals from here.
struct SaysWhatFailedTests {
    private static func gzip(_ text: String) throws -> [UInt8] {
        // Stored blocks are gzip too; the codes are tried in TelemetryTests.
        let bytes = Array(text.utf8)
        let count = UInt16(bytes.count)
        let length = [UInt8(count & 0xFF), UInt8(count >> 8)]
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + length + length.map { ~$0 } + bytes
    }

    private static func failingServer(_ scene: Scene) throws -> StandInServer {
        let server = try scene.server()
        let message = #"{"message":"Server Error: Evaluation Error: boom (line: 3)\nin more words","issue_kind":"RUNTIME_ERROR"}"#
        let compressed = try gzip(message)
        server.answer { request in
            if request.path.hasPrefix("/puppet/v3/catalog") {
                return StandInAnswer(500, .bytes(compressed), fields: [(name: "Content-Encoding", value: "gzip")])
            }
            if request.path.hasPrefix("/puppet/v3/file_metadata") { return .text(404, "Not Found: no such file\n") }
            return nil
        }
        return server
    }

    @Test func theFirstLineOfServersErrorsIsLogged() throws {
        let scene = try Scene()
        let server = try Self.failingServer(scene)
        let proxy = try scene.start(.pool(server.address))
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.catalog()).status == 500)
        #expect(try client.exchange(Requests.metadata()).status == 404)
        #expect(try client.exchange(Requests.report()).status == 200)
        let lines = try #require(waitUntil { proxy.log.count == 3 } ? proxy.log : nil)
        #expect(
            lines.map { $0.string("error_text") } == ["Server Error: Evaluation Error: boom (line: 3)", "Not Found: no such file", nil])
        #expect(lines.allSatisfy { $0.reason == nil && $0.string("cause") == nil })
    }

    @Test func showErrorsListsServersErrorsAndRefusedHandshakes() throws {
        let scene = try Scene()
        let bad = try scene.authority.issue("bad.test")
        #expect(scene.authority.revoke("bad.test"))
        try scene.authority.writeTrust(to: scene.folder.path)
        let server = try Self.failingServer(scene)
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line(), "logs: { access: { to: none } }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.catalog()).status == 500)
        #expect(try client.exchange(Requests.get("/puppet/v3/file_bucket_file/md5/a/b?environment=production")).status == 200)
        let stranger = try StandInAuthority().issue("stranger.test")
        for credential in [bad, stranger] {
            #expect(throws: StandInError.self) {
                let tls = try StandInTLS.client(credential, caPEM: scene.authority.caPEM())
                _ = try RawClient(proxy.port(), tls: tls).exchange(Requests.metadata())
            }
        }
        #expect(try waitUntil { try socket.ask("show errors").split(separator: "\n").count == 4 })
        let lines = try socket.ask("show errors").split(separator: "\n").dropFirst()
        let failed = try #require(lines.first { $0.contains("] server_error status=500 ") }, "\(lines)")
        #expect(failed.contains(" client=agent.test endpoint=catalog certname=agent.test environment=production pool=compilers server=s1 "))
        #expect(failed.hasSuffix(" error=\"Server Error: Evaluation Error: boom (line: 3)\""))
        let revoked = try #require(
            lines.first { $0.contains("] certificate_revoked status=- id=- listener=agents src=127.0.0.1 ") }, "\(lines)")
        #expect(revoked.contains(" certname=bad.test ") && revoked.contains(" serial=\(bad.certificate.serial) "))
        #expect(revoked.hasSuffix(" cause=\"certificate revoked\""))
        #expect(lines.contains { $0.contains("] unknown_ca ") && $0.contains(" certname=stranger.test ") }, "\(lines)")
        #expect(proxy.messages.contains { $0.contains("handshake failed") && $0.contains("bad.test") }, "\(proxy.messages)")
    }

    @Test func handshakesThatFailForTheirProtocolSaySo() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["admin: { socket: { path: \(socket.path) }, http: { address: \"\(AdminScene.address):0\" } }"]
        configuration.tlsLines = ["min_version: \"1.3\"", "client_certificate: required"]
        let proxy = try scene.start(configuration)
        let old = try StandInTLS.client(caPEM: scene.authority.caPEM(), version: 0x0303)
        #expect(throws: StandInError.self) { try RawClient(proxy.port(), tls: old) }
        let plain = try RawClient(proxy.port())
        try plain.send(Requests.metadata())
        #expect(plain.isClosed())
        #expect(throws: StandInError.self) { try scene.connect(proxy, as: nil).exchange(Requests.metadata()) }
        let stranger = try StandInTLS.client(scene.authority.issue("agent.test"), caPEM: StandInAuthority().caPEM())
        #expect(throws: StandInError.self) { try RawClient(proxy.port(), tls: stranger) }
        let words = ["unsupported_version", "protocol_error", "no_certificate", "refused_by_agent"]
        #expect(try waitUntil { try socket.ask("show errors").split(separator: "\n").count == 5 })
        let errors = try socket.ask("show errors")
        let metrics = try AdminScene.connect(proxy).exchange(AdminScene.get("/metrics")).text
        for word in words {
            #expect(errors.contains("] \(word) status=- id=- listener=agents src=127.0.0.1 client=- "), "\(word): \(errors)")
            #expect(metrics.contains("puppetfront_refused_total{reason=\"\(word)\"} 1\n"), "\(word)")
            #expect(proxy.messages.contains { $0.contains("handshake failed") && $0.contains("reason=\(word)") }, "\(proxy.messages)")
        }
    }

    @Test func errorTextsCanBeLeftOut() throws {
        let scene = try Scene()
        let server = try Self.failingServer(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["logs: { error_text: false }"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.catalog()).status == 500)
        let line = try #require(proxy.waitForLog { $0.status == 500 })
        #expect(line.string("error_text") == nil && line.keys.contains("error_text"))
    }

    static let causes: [(request: String, cause: String)] = [
        ("GET /puppet/v3/environments HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", "there is white space before a colon"),
        (Requests.get("/puppet/v3/catalog%2fx"), "the path has an encoded slash"),
        (Requests.make("POST", "/puppet/v3/catalog/agent.test?environment=a&environment=b"), "the environment is given twice in one place"),
        (
            "PUT /puppet/v3/report/agent.test HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "a chunk's size is malformed or too large"
        ),
        (
            "POST /puppet/v4/catalog HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "a chunk's size is malformed or too large"
        ),
    ]

    @Test(arguments: causes)
    func badRequestsSayTheirCause(request: String, cause: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let answer = try scene.connect(proxy).exchange(request)
        let line = try #require(proxy.waitForLog { $0.status == 400 })
        #expect(line.reason == "bad_request")
        #expect(line.string("cause") == cause)
        #expect(answer.text == "bad_request \(line.string("id") ?? "") (\(cause))\n")
    }

    @Test func aWrongCertnameSaysWhoAskedForWhose() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let answer = try scene.connect(proxy, as: "me.test").exchange(Requests.catalog("other.test"))
        let line = try #require(proxy.waitForLog { $0.status == 403 })
        #expect(line.string("cause") == "me.test asked for the catalog of other.test")
        #expect(answer.text == "wrong_certname \(line.string("id") ?? "") (me.test asked for the catalog of other.test)\n")
    }
}
