import StandIn
import TestKit
import Testing

/// Clients that leave, or stop reading, when the server has long sent its last byte and only the proxy still holds some of the response.
struct LeavesLateTests {
    /// How much the kernel takes for a client is not known: of so many sizes some end within the proxy's own buffers.
    private static let sizes = Array(stride(from: 200_000, to: 4_000_000, by: 50_000))

    @Test(arguments: [true, false]) func areClosedAndLogged(resets: Bool) throws {
        let scene = try Scene()
        let server = try scene.server()
        server.answer { request in StandInAnswer(200, .sized(request.query("size").flatMap { Int($0) } ?? 0)) }
        scene.keep(server)
        var configuration = Configuration.pool(server.address, lines: ["timeouts: { idle: 200ms }"])
        configuration.lines = ["timeouts: { client: \(resets ? "60s" : "400ms") }"]
        let proxy = try scene.start(configuration)
        #expect(try RawClient(proxy.port("plain"), address: "127.0.0.2").exchange(request(1)).status == 200)
        #expect(waitUntil { server.openCount == 0 })
        let before = proxy.child.descriptorCount
        let clients = try Self.sizes.map { size in
            let client = try RawClient(proxy.port("plain"), address: "127.0.0.2", receiveBuffer: 4096)
            try client.send(request(size))
            return client
        }
        if resets {
            #expect(waitUntil { server.requestCount == clients.count + 1 })
            var last = -1
            var steadyRounds = 0
            #expect(
                waitUntil {
                    steadyRounds = server.sentByteCount == last ? steadyRounds + 1 : 0
                    last = server.sentByteCount
                    return steadyRounds > 50
                })
            for client in clients { client.stream.reset() }
        }
        #expect(waitUntil { proxy.log.count == clients.count + 1 }, "\(proxy.log.count) lines of \(clients.count + 1)")
        let cut = proxy.log.filter { $0.reason != nil }
        #expect(!cut.isEmpty)
        #expect(cut.allSatisfy { $0.termination?.lowercased() == "cd--" }, "\(cut.map { $0.termination ?? "none" })")
        #expect(waitUntil { server.runningCount == 0 })
        for client in clients { client.close() }
        #expect(waitUntil(within: .seconds(5)) { proxy.child.descriptorCount <= before }, "\(before) before")
        proxy.terminate()
        #expect(proxy.child.waitForEnd(within: .seconds(5)) == 0)
    }

    private func request(_ size: Int) -> String {
        Requests.get("/puppet/v3/file_content/modules/m/a?environment=production&size=\(size)")
    }
}
