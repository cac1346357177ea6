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
