import StandIn
import TestKit
import Testing

/// Twins of TimeoutsTests: steady progress is no timeout, however long it takes in all.
struct SlowIsNoTimeoutTests {
    private static let pieceCount = 12
    private static let piece = String(repeating: "0123456789", count: 800)

    @Test func aSteadyReportIsTaken() throws {
        let (scene, server, proxy) = try start()
        let client = try scene.connect(proxy)
        try client.send(
            "PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: x\r\n"
                + "Content-Length: \(Self.pieceCount * Self.piece.utf8.count)\r\n\r\n")
        try sendSlowly(client)
        try expectServed(client, server, proxy)
    }

    @Test func aSteadyChunkedReportIsTaken() throws {
        let (scene, server, proxy) = try start()
        let client = try scene.connect(proxy)
        try client.send("PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        try sendSlowly(client) { String($0.utf8.count, radix: 16) + "\r\n" + $0 + "\r\n" }
        try client.send("0\r\n\r\n")
        try expectServed(client, server, proxy)
    }

    /// Its environment comes last, so its body is read here first.
    @Test func aSteadyCatalogIsTaken() throws {
        let (scene, server, proxy) = try start()
        let client = try scene.connect(proxy)
        let (facts, rest) = ("facts=", "&environment=production")
        try client.send(
            "POST /puppet/v3/catalog/agent.test HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: \(facts.utf8.count + Self.pieceCount * Self.piece.utf8.count + rest.utf8.count)\r\n\r\n" + facts)
        try sendSlowly(client)
        try client.send(rest)
        try expectServed(client, server, proxy)
    }

    @Test func aSteadyResponseIsPassedOn() throws {
        let scene = try Scene()
        let server = try ScriptedServer { _, reader in
            try reader.stream.write("HTTP/1.1 200 OK\r\nContent-Length: \(Self.pieceCount * Self.piece.utf8.count)\r\n\r\n")
            for _ in 0..<Self.pieceCount {
                _ = reader.stream.becomesReadable(within: .milliseconds(100))
                try reader.stream.write(Self.piece)
            }
            return true
        }
        let proxy = try scene.start(.pool(server.address, lines: ["timeouts: { response: 600ms }"]))
        let response = try scene.connect(proxy).exchange(Requests.metadata())
        #expect(response.status == 200 && response.isWhole && response.bodyCount == Self.pieceCount * Self.piece.utf8.count)
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.reason == nil && line.termination == "----", "\(line)")
    }

    // MARK: Parts

    /// A piece every 100 ms, more than a second in all: twice the deadline, a sixth of it between two pieces.
    private func sendSlowly(_ client: RawClient, _ frame: (String) -> String = { $0 }) throws {
        for _ in 0..<Self.pieceCount {
            _ = client.stream.becomesReadable(within: .milliseconds(100))
            try client.send(frame(Self.piece))
        }
    }

    private func expectServed(_ client: RawClient, _ server: StandInServer, _ proxy: ProxyProcess) throws {
        #expect(try client.readResponse()?.status == 200)
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.status == 200 && line.reason == nil && line.termination == "----", "\(line)")
        #expect((line.double("total_ms") ?? 0) > 1000, "longer than the deadline")
        #expect(server.requests.first?.isComplete == true)
    }

    private func start() throws -> (Scene, StandInServer, ProxyProcess) {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["timeouts: { body: 600ms }"]
        scene.keep(server)
        return (scene, server, try scene.start(configuration))
    }
}
