import StandIn
import TestKit
import Testing

struct LimitsConnectionsTests {
    @Test func theNewestIsRejectedAndRunningRequestsContinue() throws {
        let (scene, proxy) = try start("limits: { connections: 3, worker_threads: 1 }")
        let tls = try scene.tls()
        let kept = try (1...3).map { _ in try RawClient(proxy.port(), tls: tls) }
        for client in kept { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(try isRejected(proxy, tls))
        for client in kept { #expect(try client.exchange(Requests.metadata()).status == 200) }
        kept[0].close()
        #expect(waitUntil { (try? RawClient(proxy.port(), tls: tls).exchange(Requests.metadata()).status) == 200 })
    }

    @Test func oneSourceCannotTakeAll() throws {
        let (scene, proxy) = try start("limits: { connections_per_source: 2 }")
        let tls = try scene.tls()
        let kept = try (1...2).map { _ in try RawClient(proxy.port(), tls: tls, source: "127.0.0.7") }
        for client in kept { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(try isRejected(proxy, tls, source: "127.0.0.7"))
        #expect(try RawClient(proxy.port(), tls: tls, source: "127.0.0.8").exchange(Requests.metadata()).status == 200)
        kept[0].close()
        #expect(
            waitUntil {
                (try? RawClient(proxy.port(), tls: tls, source: "127.0.0.7").exchange(Requests.metadata()).status) == 200
            })
    }

    /// The limit is for the peer that holds the connections, and what it held is given back whatever source its header named.
    @Test func aPROXYHeaderChangesNothingOfIt() throws {
        let (scene, proxy) = try start("limits: { connections_per_source: 2 }", listenerLines: ["proxy_protocol: [127.0.0.0/8]"])
        let tls = try scene.tls()
        func connect(_ source: String) throws -> RawClient {
            try RawClient(
                proxy.port(), tls: tls, source: "127.0.0.7", preface: Array("PROXY TCP4 \(source) 192.0.2.1 5555 8140\r\n".utf8))
        }
        for _ in 1...3 {
            var kept: [RawClient] = []
            // The connections of the round before may still be closing.
            let areServed = waitUntil {
                guard kept.count < 2, let client = try? connect("192.0.2.\(kept.count + 1)") else { return kept.count == 2 }
                guard (try? client.exchange(Requests.metadata()).status) == 200 else { return false }
                kept.append(client)
                return kept.count == 2
            }
            #expect(areServed)
            #expect(throws: StandInError.self) { try connect("192.0.2.3").exchange(Requests.metadata()) }
            for client in kept { client.close() }
        }
    }

    private func isRejected(_ proxy: ProxyProcess, _ tls: StandInTLS, source: String? = nil) throws -> Bool {
        do {
            let client = try RawClient(proxy.port(), tls: tls, source: source, timeout: .seconds(5))
            return try client.exchange(Requests.metadata()).status == 503
        } catch StandInError.timedOut {
            return false
        } catch is StandInError {
            return true
        }
    }

    private func start(_ line: String, listenerLines: [String] = []) throws -> (Scene, ProxyProcess) {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = [line]
        configuration.listenerLines = listenerLines
        scene.keep(server)
        return (scene, try scene.start(configuration))
    }
}
