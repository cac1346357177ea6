import StandIn
import TestKit
import Testing

/// A running puppetfront under each attack that HTTP/2 is known for. One after another, so that the figures mean something.
@Suite(.serialized) struct SurvivesHTTP2AttacksTests {
    private static let connections = 12

    /// Sends an attack to its end; the code of the GOAWAY that the proxy sent last.
    private func play(_ attack: HTTP2Attack, _ port: UInt16) throws -> UInt32? {
        let stream = try StandInStream(connectingTo: "127.0.0.2", port: port, timeout: .seconds(20))
        var isRefused = false
        do {
            try stream.write(HTTP2Frame.preface + attack.opening.bytes)
            for start in stride(from: 0, to: attack.count, by: 50) {
                try stream.write((start..<min(start + 50, attack.count)).flatMap(attack.unit))
            }
        } catch {
            isRefused = true
        }
        var received: [UInt8] = []
        do { while try stream.read(into: &received) > 0 {} } catch { isRefused = true }
        var code: UInt32?
        while let frame = HTTP2Frame.take(from: &received) {
            if frame.kind == .goAway { code = frame.payload[4..<8].reduce(0) { $0 << 8 | UInt32($1) } }
        }
        // The last frames may be lost where the attacker is still sending when the connection is closed.
        return code ?? (isRefused ? nil : 0)
    }

    private func abuses(_ proxy: ProxyProcess, _ limit: String) throws -> Int? {
        let client = try AdminScene.connect(proxy)
        let page = try client.exchange(AdminScene.get("/metrics")).text
        let line = page.split(separator: "\n").first { $0.hasPrefix("puppetfront_http_abuse_total{limit=\"\(limit)\"}") }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }

    @Test(arguments: HTTP2Attack.allCases) func othersAreServedMeanwhile(_ attack: HTTP2Attack) throws {
        let scene = try Scene()
        let server = try scene.server()
        let isLarge = attack == .tinyWindows
        server.answer { isLarge && $0.path.hasPrefix("/puppet-ca/") ? StandInAnswer(200, .sized(1 << 20)) : .text(200, "fine") }
        var configuration = Configuration.pool(server.address)
        configuration.lines = AdminScene.lines
        let proxy = try scene.start(configuration)
        let clients = SteadyClients(proxy.port(), tls: try scene.tls(), kept: 2, fresh: 1)
        #expect(clients.goOn(for: 200))
        let quiet = (clients.time(0.5), clients.time(0.99))
        let (requests, memory) = (clients.requests, proxy.child.memory("VmRSS"))
        let port = proxy.port("plain")
        let codes = inParallel(Array(0..<Self.connections), width: 3) { _ in Result { try play(attack, port) } }
        #expect(clients.goOn(for: 20))
        let failures = clients.end()
        let grown = proxy.child.memory() - memory
        print(
            "attack \(attack.limit): requests meanwhile \(clients.requests - requests), median \(quiet.0) -> \(clients.time(0.5)),",
            "99% \(quiet.1) -> \(clients.time(0.99)), longest \(clients.time(1)), memory +\(grown >> 10) KiB")
        #expect(failures.isEmpty, "\(failures.prefix(3))")
        #expect(clients.time(0.99) < .seconds(1))
        #expect(grown < 48 << 20)
        for code in codes { #expect(try [11, nil].contains(code.get()), "GOAWAY ENHANCE_YOUR_CALM") }
        #expect(codes.contains { (try? $0.get()) == 11 })
        #expect(try abuses(proxy, attack.limit) == Self.connections)
        let lines = proxy.messages.filter { $0.contains("HTTP/2 connection ended") }
        #expect(lines.count == Self.connections, "one a connection")
        #expect(lines.allSatisfy { $0.contains("limit=\(attack.limit)") && $0.contains("listener=plain") }, "\(lines.prefix(3))")
    }

    /// 128 KiB of fields are within the frames that are allowed, and over `limits.head`: each gets 431, and nothing of it is kept.
    @Test func largeHeadsAreRejected() throws {
        let scene = try Scene()
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address))
        let fields = (0..<8).map { "X-\($0): " + String(repeating: "x", count: 16_000) }
        let memory = proxy.child.memory("VmRSS")
        for _ in 0..<4 {
            let client = try RawClient(proxy.port("plain"), address: "127.0.0.2", speaking: .http2)
            for _ in 0..<25 { #expect(try client.exchange(Requests.get(HTTP2Attack.file, fields: fields)).status == 431) }
        }
        print("attack large heads: memory +\((proxy.child.memory() - memory) >> 10) KiB")
        #expect(proxy.child.memory() - memory < 16 << 20)
        #expect(server.requestCount == 0)
    }

    /// A hundred responses that the client does not take, on each of five connections: each holds a buffer and a slot until `timeouts.client`.
    @Test func responsesThatNobodyTakesAreBounded() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { $0.path.hasPrefix("/puppet-ca/") ? StandInAnswer(200, .sized(1 << 20)) : .text(200, "fine") }
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["timeouts: { client: 3s }"]
        let proxy = try scene.start(configuration)
        let memory = proxy.child.memory("VmRSS")
        let attackers = try (0..<5).map { _ in
            let stream = try StandInStream(connectingTo: "127.0.0.2", port: proxy.port("plain"), timeout: .seconds(20))
            let heads = (0..<100).flatMap { HTTP2Frame.head("GET", HTTP2Attack.file, stream: UInt32(1 + 2 * $0)).bytes }
            try stream.write(HTTP2Frame.preface + HTTP2Frame(.settings, HTTP2Frame.setting(4, 0)).bytes + heads)
            return stream
        }
        let clients = SteadyClients(proxy.port(), tls: try scene.tls(), kept: 2, fresh: 1)
        #expect(clients.goOn(for: 300))
        let failures = clients.end()
        func ended() -> [String] { proxy.child.outputLines.filter { $0.contains("\"listener\":\"plain\"") } }
        #expect(waitUntil(within: .seconds(30)) { ended().count == 500 }, "\(ended().count)")
        #expect(Set(ended().compactMap { LogLine($0)?.termination }) == ["CD--"])
        print("attack closed windows: 99% \(clients.time(0.99)), memory +\((proxy.child.memory() - memory) >> 10) KiB")
        #expect(failures.isEmpty && clients.time(0.99) < .seconds(1), "\(failures.prefix(3))")
        #expect(proxy.child.memory() - memory < 160 << 20)
        for attacker in attackers { attacker.close() }
    }
}
