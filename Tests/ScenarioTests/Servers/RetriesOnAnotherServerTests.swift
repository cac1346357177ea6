import StandIn
import TestKit
import Testing

/// Agents never retry, so the proxy does where it is safe: no byte of a response has arrived, and either nothing was sent or the request
/// may be repeated (GET, HEAD, node and catalog).
struct RetriesOnAnotherServerTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let request: String
        let isRepeatable: Bool
        var testDescription: String { name }
    }

    static let rows = [
        Row(name: "catalog", request: Requests.catalog(), isRepeatable: true),
        Row(name: "node", request: Requests.get("/puppet/v3/node/agent.test?environment=production"), isRepeatable: true),
        Row(name: "file_metadata", request: Requests.metadata(), isRepeatable: true),
        Row(name: "file_content", request: Requests.get("/puppet/v3/file_content/modules/m/a?environment=production"), isRepeatable: true),
        Row(name: "file_bucket_file HEAD", request: Requests.make("HEAD", "/puppet/v3/file_bucket_file/sha256/00//a"), isRepeatable: true),
        Row(name: "report", request: Requests.report(), isRepeatable: false),
        Row(
            name: "facts", request: Requests.make("PUT", "/puppet/v3/facts/agent.test?environment=production", body: "{}"),
            isRepeatable: false),
        Row(
            name: "file_bucket_file PUT", request: Requests.make("PUT", "/puppet/v3/file_bucket_file/sha256/00//a", body: "text"),
            isRepeatable: false),
        Row(
            name: "certificate_request", request: Requests.make("PUT", "/puppet-ca/v1/certificate_request/agent.test", body: "csr"),
            isRepeatable: false),
    ]

    @Test(arguments: rows) func aRefusedConnectionCostsNothing(_ row: Row) throws {
        let closed = try LoopbackPort()
        let (answer, line, count) = try run(row, bad: closed.text)
        #expect(answer.status == 200)
        #expect(count == 1)
        #expect(line.server == "good" && line.int("retries") == 1, "\(line)")
    }

    @Test func countersShowWhichServerFailed() throws {
        let scene = try Scene()
        let (closed, good, socket) = (try LoopbackPort(), try scene.server("good"), RuntimeSocket(scene))
        let servers = [Configuration.server("bad", closed.text), Configuration.server("good", good.address, "backup: true")]
        let proxy = try scene.start(Configuration(.init(servers: servers), lines: [socket.line()]))
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(try waitUntil { try socket.stat("compilers", "good")["hrsp_2xx"] == "1" })
        func counts(_ server: String) throws -> [String?] {
            let row = try socket.stat("compilers", server)
            return ["stot", "econ", "wredis"].map { row[$0] }
        }
        #expect(try counts("bad") == ["0", "0", "1"], "as HAProxy: it is an error where nobody helps out")
        #expect(try counts("good") == ["1", "0", "0"])
        #expect(try counts("BACKEND") == ["1", "0", "1"])
    }

    @Test(arguments: rows, [Misbehaviour.resetsAfterRequest, .resetsAfterHead])
    func aResetBeforeTheResponse(_ row: Row, _ behaviour: Misbehaviour) throws {
        let bad = try MisbehavingServer(behaviour)
        let (answer, line, count) = try run(row, bad: bad.address)
        if row.isRepeatable {
            #expect(answer.status == 200, "\(line)")
            #expect(count == 1)
            #expect(line.server == "good" && line.int("retries") == 1, "\(line)")
        } else {
            #expect(answer.status == 502, "\(line)")
            #expect(count == 0, "a write may have been carried out: never twice")
            #expect(line.reason == "bad_response" && line.termination == "SH--", "\(line)")
        }
    }

    @Test(arguments: rows) func everyStatusIsAResponse(_ row: Row) throws {
        let bad = try MisbehavingServer(.answers503)
        let (answer, line, count) = try run(row, bad: bad.address)
        #expect(answer.status == 503)
        #expect(count == 0)
        #expect(line.server == "bad" && line.reason == nil && line.termination == "----", "\(line)")
    }

    @Test(arguments: [Misbehaviour.answersGarbage, .answersWithLengthAndChunked, .answersHugeHead])
    func aBrokenAnswerIsNotAskedForAgain(_ behaviour: Misbehaviour) throws {
        let bad = try MisbehavingServer(behaviour)
        let (answer, line, count) = try run(Self.rows[0], bad: bad.address)
        #expect(answer.status == 502)
        #expect(count == 0)
        #expect(line.reason == "bad_response" && line.termination == "SH--", "\(line)")
    }

    @Test func aBodyThatIsNoMoreAtHandIsNotSentAgain() throws {
        let bad = try MisbehavingServer(.resetsAfterRequest)
        let long = "environment=production&facts=" + String(repeating: "x", count: 300_000)
        let row = Row(name: "long catalog", request: Requests.catalog(body: long), isRepeatable: true)
        let (answer, _, count) = try run(row, bad: bad.address, lines: ["limits: { body_prefix: 16k }"])
        #expect(answer.status == 502)
        #expect(count == 0)
    }

    @Test func allServersFailingIsToldAsWhatItWas() throws {
        let scene = try Scene()
        let closed = try (1...2).map { _ in try LoopbackPort() }
        let proxy = try scene.start(.pool(closed[0].text, closed[1].text))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(Requests.catalog())
        #expect(answer.status == 503)
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == "connect_failed" && line.termination == "SC--", "\(line)")
    }

    /// One bad active server, one good backup: the first try is always the bad one's.
    private func run(_ row: Row, bad: String, lines: [String] = []) throws -> (RawClient.Response, LogLine, count: Int) {
        let scene = try Scene()
        let good = try scene.server("good")
        good.answer { _ in .text(200, "good") }
        let servers = [Configuration.server("bad", bad), Configuration.server("good", good.address, "backup: true")]
        let proxy = try scene.start(
            Configuration(
                .init(servers: servers), .init("ca", servers: servers), lines: lines + ["sites: { here: { ca: ca } }"]))
        let client = try scene.connect(proxy)
        let answer = try client.exchange(row.request)
        let line = try #require(proxy.waitForLog { _ in true })
        return (answer, line, good.requestCount)
    }
}
