import Foundation
import StandIn
import Synchronization
import TestKit
import Testing

/// Handshakes that stall keep the agents of other addresses waiting for next to nothing, and those of their own for a bounded time.
struct LimitsHandshakesTests {
    /// A ClientHello of TLS 1.2 as some client might send it.
    private static let clientHello: [UInt8] = {
        let suites: [UInt8] = [0, 4, 0xC0, 0x2B, 0xC0, 0x2F]
        let extensions: [UInt8] = [0, 10, 0, 4, 0, 2, 0, 0x17, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1]
        let body = [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + suites + [1, 0] + [0, UInt8(extensions.count)] + extensions
        let message = [1, 0, 0, UInt8(body.count)] + body
        return [0x16, 3, 1, 0, UInt8(message.count)] + message
    }()

    private static let pieceOfAHello: [UInt8] = [0x16, 3, 1]

    // MARK: 2,000 stalled connections of one address

    @Test func piecesOfAHelloKeepNoAgentOut() throws {
        let (scene, proxy) = try limited()
        let stalled = try stall(2000, proxy, Self.pieceOfAHello)
        // They use no slot, so that agents of the same address proceed too.
        try agentsAreServed(scene, proxy, from: ["127.0.0.2", "127.0.0.1", "127.0.0.3"])
        #expect(try counts(proxy) == Counts(running: 0, waiting: 0, done: 3, failed: 0))
        for client in stalled { client.close() }
    }

    @Test func wholeHellosKeepNoAgentOfAnotherAddressOut() throws {
        let (scene, proxy) = try limited()
        let stalled = try stall(2000, proxy, Self.clientHello)
        #expect(try waitUntil { try counts(proxy).accepted == 2000 })
        // One address has three of four places.
        #expect(try counts(proxy).running == 3)
        try agentsAreServed(scene, proxy, from: ["127.0.0.2", "127.0.0.3", "127.0.0.2"])
        let after = try counts(proxy)
        #expect(after.running == 3 && after.done == 3 && after.accepted == 2003, "\(after)")
        for client in stalled { client.close() }
        #expect(try waitUntil { try counts(proxy).waiting == 0 }, "none waits whose client has gone")
        #expect(try waitUntil { try counts(proxy).running == 0 })
    }

    /// The source is the one that the header names: the connections all come from the balancer in front.
    @Test func theSourceIsThatOfThePROXYHeader() throws {
        let (scene, proxy) = try limited(listenerLines: ["proxy_protocol: [127.0.0.0/8]"])
        func header(_ source: String) -> [UInt8] { Array("PROXY TCP4 \(source) 192.0.2.1 5555 8140\r\n".utf8) }
        let stalled = try stall(100, proxy, header("192.0.2.7") + Self.clientHello)
        #expect(try waitUntil { try counts(proxy).accepted == 100 })
        let began = ContinuousClock.now
        let agent = try RawClient(proxy.port(), tls: try scene.tls(), preface: header("192.0.2.8"))
        #expect(try agent.exchange(Requests.metadata()).status == 200)
        #expect(ContinuousClock.now - began < .seconds(2))
        for client in stalled { client.close() }
    }

    // MARK: One address alone

    @Test func stalledHandshakesMakeRoomForAgentsOfTheirAddress() throws {
        let (scene, proxy) = try limited()
        let stalled = try stall(12, proxy, Self.clientHello)
        let began = ContinuousClock.now
        #expect(try scene.connect(proxy, timeout: .seconds(60)).exchange(Requests.metadata()).status == 200)
        // Four rounds of three: each stays 30 s at the longest, and goes after two where another needs its place.
        #expect((7.5...20).contains((ContinuousClock.now - began) / .seconds(1)))
        for client in stalled { client.close() }
    }

    /// What waits for a place is not lost when the process ends, and is not accepted without bounds.
    @Test func whatWaitsIsServedInADrain() throws {
        let (scene, proxy) = try limited()
        let stalled = try stall(6, proxy, Self.clientHello)
        #expect(try waitUntil { try counts(proxy).waiting == 3 })
        let tls = try scene.tls()
        let status = Mutex<Int?>(nil)
        let agent = Thread {
            let answer = try? RawClient(proxy.port(), tls: tls, timeout: .seconds(30)).exchange(Requests.metadata())
            status.withLock { $0 = answer?.status }
        }
        agent.start()
        #expect(try waitUntil { try counts(proxy).waiting == 4 })
        proxy.terminate()
        #expect(waitUntil(within: .seconds(20)) { status.withLock { $0 } == 200 })
        for client in stalled { client.close() }
        #expect(proxy.child.waitForEnd(within: .seconds(20)) == 0)
    }

    @Test func oneAddressHasHalfOfAllConnectionsWaiting() throws {
        let (scene, proxy) = try limited("limits: { handshakes: 4, connections: 40, worker_threads: 1 }")
        let stalled = try stall(30, proxy, Self.clientHello)
        #expect(try waitUntil { try counts(proxy).accepted == 23 })
        #expect(waitUntil { stalled.filter { $0.isClosed(within: .milliseconds(1)) }.count == 7 }, "the newest")
        try agentsAreServed(scene, proxy, from: ["127.0.0.2"])
        for client in stalled { client.close() }
    }

    // MARK: What fails

    @Test func aConnectionWithoutAByteIsNoFailedHandshake() throws {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["timeouts: { handshake: 1s }"]
        let proxy = try scene.start(configuration)
        for _ in 1...5 { try RawClient(proxy.port()).close() }
        // One that sends some bytes and stops is one.
        try RawClient(proxy.port(), preface: Self.pieceOfAHello).close()
        #expect(waitUntil { proxy.child.errorLines.contains { $0.contains("handshake failed") } })
        #expect(proxy.child.errorLines.filter { $0.contains("handshake failed") }.count == 1)
    }

    // MARK: Parts

    /// Each connects, shakes hands and asks in less than two seconds.
    private func agentsAreServed(_ scene: Scene, _ proxy: ProxyProcess, from sources: [String]) throws {
        let tls = try scene.tls()
        for source in sources {
            let began = ContinuousClock.now
            let agent = try RawClient(proxy.port(), tls: tls, source: source)
            #expect(try agent.exchange(Requests.metadata()).status == 200)
            #expect(ContinuousClock.now - began < .seconds(2), "\(source)")
        }
    }

    private func stall(_ count: Int, _ proxy: ProxyProcess, _ bytes: [UInt8]) throws -> [RawClient] {
        try (1...count).map { _ in try RawClient(proxy.port(), source: "127.0.0.1", preface: bytes) }
    }

    private struct Counts: Equatable {
        var running = 0
        var waiting = 0
        var done = 0
        var failed = 0
        var accepted: Int { running + waiting + done + failed }
    }

    private func counts(_ proxy: ProxyProcess) throws -> Counts {
        let page = try RawClient(proxy.port("admin")).exchange("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").text
        func figure(_ name: String) -> Int {
            page.split(separator: "\n").first { $0.hasPrefix("puppetfront_\(name) ") }.flatMap { Int($0.split(separator: " ").last ?? "") }
                ?? -1
        }
        let total = "handshakes_total{listener=\"agents\",result="
        return Counts(
            running: figure("handshakes{state=\"running\"}"), waiting: figure("handshakes{state=\"waiting\"}"),
            done: figure(total + "\"done\"}"), failed: figure(total + "\"failed\"}"))
    }

    private func limited(
        _ limits: String = "limits: { handshakes: 4, worker_threads: 1 }", listenerLines: [String] = []
    ) throws -> (Scene, ProxyProcess) {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [limits, "timeouts: { handshake: 30s }", "admin: { http: { address: \"127.0.0.1:0\" } }"]
        configuration.listenerLines = listenerLines
        return (scene, try scene.start(configuration))
    }
}
