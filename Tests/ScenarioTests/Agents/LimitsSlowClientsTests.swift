import Foundation
import StandIn
import TestKit
import Testing

/// Clients that send or take next to nothing keep neither a server's slot, nor a handshake's place, nor memory from others.
struct LimitsSlowClientsTests {
    private static let head = "PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: x\r\n"

    @Test func whoUploadsTooSlowlyGivesItsSlotBack() throws {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        let proxy = try scene.start(slow(server, "limits: { body_prefix: 16k }"))
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2", timeout: .seconds(90))
        try client.send(Self.head + "Content-Length: 1000000\r\n\r\n" + String(repeating: "a", count: 20_000))
        #expect(waitUntil { server.acceptedCount == 1 })
        let stream = client.stream
        let trickle = Thread {
            while (try? stream.write("b")) != nil { usleep(2_000_000) }
        }
        trickle.start()
        #expect(try client.readResponse()?.status == 408)
        client.close()
        let line = try #require(proxy.waitForLog { $0.status == 408 })
        #expect(line.reason == "too_slow" && line.termination == "cD--", "\(line)")
        // The first window may have the first 16 KiB in it, no later one has more than a few bytes.
        #expect((29_000.0...65_000).contains(line.double("total_ms") ?? 0), "\(line)")
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    @Test func whoReadsNothingGivesItsSlotBack() throws {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        server.answer { _ in StandInAnswer(200, .sized(64 << 20)) }
        let proxy = try scene.start(slow(server))
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2", receiveBuffer: 4096, timeout: .seconds(90))
        try client.send(Requests.metadata())
        let line = try #require(proxy.waitForLog(within: .seconds(90)) { _ in true })
        #expect(line.reason == "too_slow" && line.termination == "cD--" && line.status == 200, "\(line)")
    }

    /// Slow, but steady enough: what a bad line does is no offence.
    @Test func whoUploadsSlowlyAndSteadilyIsServed() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { _ in .text(200, "stored") }
        scene.keep(server)
        let proxy = try scene.start(slow(server, "limits: { body_prefix: 16k }\ntimeouts: { body: 5s }"))
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2", timeout: .seconds(90))
        try client.send(Self.head + "Content-Length: 76000\r\n\r\n" + String(repeating: "a", count: 20_000))
        // 1,400 bytes a second for 40 s, longer than the rate's window and than the timeout without progress.
        for _ in 0..<40 {
            usleep(1_000_000)
            try client.send(String(repeating: "b", count: 1400))
        }
        #expect(try client.readResponse()?.status == 200)
        #expect(server.requests.last?.bodyCount == 76_000)
    }

    private func slow(_ server: StandInServer, _ lines: String = "") -> Configuration {
        var configuration = Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 1")]))
        configuration.lines = lines.split(separator: "\n").map(String.init)
        return configuration
    }

    // MARK: Handshakes

    /// A ClientHello of TLS 1.2 as some client might send it.
    private static let clientHello: [UInt8] = {
        let suites: [UInt8] = [0, 4, 0xC0, 0x2B, 0xC0, 0x2F]
        let extensions: [UInt8] = [0, 10, 0, 4, 0, 2, 0, 0x17, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1]
        let body = [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + suites + [1, 0] + [0, UInt8(extensions.count)] + extensions
        let message = [1, 0, 0, UInt8(body.count)] + body
        return [0x16, 3, 1, 0, UInt8(message.count)] + message
    }()

    @Test func piecesOfAHelloKeepNoAgentOut() throws {
        let (scene, proxy) = try limited()
        let stalled = try (1...40).map { _ in try RawClient(proxy.port(), preface: [0x16, 3, 1]) }
        let began = ContinuousClock.now
        for _ in 1...3 { #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200) }
        #expect(ContinuousClock.now - began < .seconds(5))
        for client in stalled { client.close() }
    }

    @Test func stalledHandshakesMakeRoomForAgents() throws {
        let (scene, proxy) = try limited()
        let stalled = try (1...40).map { _ in try RawClient(proxy.port(), preface: Self.clientHello) }
        let began = ContinuousClock.now
        for _ in 1...3 { #expect(try scene.connect(proxy, timeout: .seconds(60)).exchange(Requests.metadata()).status == 200) }
        // Ten rounds of four: each stays 30 s at the longest, and goes after two where another needs its place.
        #expect(ContinuousClock.now - began < .seconds(45))
        for client in stalled { client.close() }
    }

    private func limited() throws -> (Scene, ProxyProcess) {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { handshakes: 4, worker_threads: 1 }", "timeouts: { handshake: 30s }"]
        return (scene, try scene.start(configuration))
    }

    @Test func aConnectionWithoutAByteIsNoFailedHandshake() throws {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["timeouts: { handshake: 1s }"]
        let proxy = try scene.start(configuration)
        for _ in 1...5 { try RawClient(proxy.port()).close() }
        // One that says something and stops is one.
        try RawClient(proxy.port(), preface: [0x16, 3, 1]).close()
        #expect(waitUntil { proxy.child.errorLines.contains { $0.contains("handshake failed") } })
        #expect(proxy.child.errorLines.filter { $0.contains("handshake failed") }.count == 1)
    }

    // MARK: Memory

    @Test func heldBodiesAreBoundedAndVerifiedAgentsHaveTheirShare() throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { _ in .text(200, "stored") }
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { held_bodies: 1M, worker_threads: 1 }", "timeouts: { body: 60s }"]
        let proxy = try scene.start(configuration)
        let content = String(repeating: "a", count: 250_000)
        // Two of 250,000 bytes fit into the half that clients without a certificate get.
        let anonymous = try (1...4).map { _ in try RawClient(proxy.port("plain"), address: "127.0.0.2") }
        for client in anonymous {
            try client.send(Self.head + "Content-Length: 250000\r\n\r\n" + content.prefix(1000))
            usleep(50_000)
        }
        for client in anonymous.prefix(2) { try client.send(String(content.dropFirst(1000).dropLast(1))) }
        #expect(
            try scene.connect(proxy).exchange(Requests.catalog(body: "environment=production&facts=" + content.prefix(200_000))).status
                == 200)
        // The third has to wait, though it sends all that it has to.
        let third = anonymous[2]
        let stream = third.stream
        let rest = Thread { try? stream.write(String(content.dropFirst(1000))) }
        rest.start()
        #expect(!third.stream.becomesReadable(within: .seconds(1)))
        for client in anonymous.prefix(2) {
            try client.send("a")
            #expect(try client.readResponse()?.status == 200)
        }
        #expect(try third.readResponse()?.status == 200)
        #expect(server.requests.last?.bodyCount == 250_000)
    }
}
