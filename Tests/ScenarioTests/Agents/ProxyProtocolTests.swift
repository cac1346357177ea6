import StandIn
import TestKit
import Testing

struct ProxyProtocolTests {
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    @Test(arguments: [
        (Array("PROXY TCP4 192.0.2.7 192.0.2.1 5555 8140\r\n".utf8), "192.0.2.7", 5555),
        (Array("PROXY TCP6 2001:db8::7 2001:db8::1 5555 8140\r\n".utf8), "2001:db8::7", 5555),
        (signature + [0x21, 0x11, 0, 12, 192, 0, 2, 7, 192, 0, 2, 1, 0x15, 0xB3, 0x1F, 0xCC], "192.0.2.7", 5555),
        // With a TLV after the addresses.
        (signature + [0x21, 0x11, 0, 17, 192, 0, 2, 7, 192, 0, 2, 1, 0x15, 0xB3, 0x1F, 0xCC, 4, 0, 2, 0, 0], "192.0.2.7", 5555),
        (
            signature + [0x21, 0x21, 0, 36] + [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [7]
                + [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [1] + [0x15, 0xB3, 0x1F, 0xCC], "2001:db8::7", 5555
        ),
    ])
    func theSourceIsTheHeaders(_ preface: [UInt8], _ source: String, _ port: Int) throws {
        let (scene, server, proxy) = try start()
        let client = try RawClient(proxy.port(), tls: scene.tls(), preface: preface)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(server.requests.first?.head.all("X-Forwarded-For") == [source])
        let line = try #require(proxy.waitForLog { _ in true })
        #expect(line.string("source") == source && line.int("source_port") == port, "\(line)")
    }

    /// HAProxy with `bind :::PORT v4v6` sends both addresses of an IPv4 connection v4-mapped, as TCP6.
    @Test func mappedAddressesCountAsTheirV4Address() throws {
        let (scene, server, proxy) = try start()
        let preface = Array("PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.1 60778 21181\r\n".utf8)
        let client = try RawClient(proxy.port(), tls: scene.tls(), preface: preface)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(server.requests.first?.head.all("X-Forwarded-For") == ["192.0.2.7"])
        #expect(proxy.waitForLog { $0.string("source") == "192.0.2.7" && $0.int("source_port") == 60778 } != nil)
    }

    @Test(arguments: [Array("PROXY UNKNOWN\r\n".utf8), signature + [0x20, 0x00, 0, 0]])
    func anUnknownSourceIsTheConnectionsOwn(_ preface: [UInt8]) throws {
        let (scene, _, proxy) = try start()
        let client = try RawClient(proxy.port(), tls: scene.tls(), preface: preface)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(proxy.waitForLog { $0.string("source") == "127.0.0.1" } != nil)
    }

    @Test(arguments: [
        Array("PROXY TCP4 192.0.2.7\0 192.0.2.1 5555 8140\r\n".utf8), Array("PROXY TCP4 192.0.2.7 192.0.2.1 +5555 8140\r\n".utf8),
        [], Array("PROXY TCP4 192.0.2.7\r\n".utf8), Array("PROXY TCP4 999.0.2.7 192.0.2.1 5555 8140\r\n".utf8),
        signature + [0x31, 0x11, 0, 12], signature + [0x21, 0x11, 0, 4, 1, 2, 3, 4], Array(repeating: UInt8(ascii: "P"), count: 300),
    ])
    func withoutAValidHeaderThereIsNoService(_ preface: [UInt8]) throws {
        let (scene, server, proxy) = try start()
        #expect(throws: StandInError.self) {
            let client = try RawClient(proxy.port(), tls: scene.tls(), preface: preface, timeout: .seconds(4))
            _ = try client.exchange(Requests.metadata())
        }
        #expect(server.requestCount == 0)
        #expect(
            try RawClient(proxy.port(), tls: scene.tls(), preface: Array("PROXY UNKNOWN\r\n".utf8)).exchange(Requests.metadata()).status
                == 200)
    }

    @Test func othersNeitherNeedNorMaySendOne() throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.listenerLines = ["proxy_protocol: [127.0.0.9]"]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        #expect(throws: StandInError.self) {
            let forger = try RawClient(
                proxy.port(), tls: scene.tls(), preface: Array("PROXY TCP4 192.0.2.7 192.0.2.1 5555 8140\r\n".utf8), timeout: .seconds(4))
            _ = try forger.exchange(Requests.metadata())
        }
        let listed = try RawClient(
            proxy.port(), tls: scene.tls(), source: "127.0.0.9", preface: Array("PROXY TCP4 192.0.2.7 192.0.2.1 5555 8140\r\n".utf8))
        #expect(try listed.exchange(Requests.metadata()).status == 200)
        #expect(proxy.waitForLog { $0.string("source") == "192.0.2.7" } != nil)
    }

    private func start() throws -> (Scene, StandInServer, ProxyProcess) {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.listenerLines = ["proxy_protocol: [127.0.0.0/8]"]
        configuration.lines = ["timeouts: { handshake: 1s }"]
        scene.keep(server)
        return (scene, server, try scene.start(configuration))
    }
}
