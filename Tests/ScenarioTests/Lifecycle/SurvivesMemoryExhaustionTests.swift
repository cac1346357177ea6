import StandIn
import TestKit
import Testing

/// Many clients with unfinished bodies: memory goes back when they are gone, and where there is none the connections end, not the process.
struct SurvivesMemoryExhaustionTests {
    private static let head =
        "PUT /puppet/v3/report/agent.test?environment=production HTTP/1.1\r\nHost: x\r\nContent-Length: 250000\r\n\r\n"
    private static let content = String(repeating: "a", count: 249_000)

    @Test func freedMemoryGoesBack() throws {
        let (_, proxy) = try start()
        let before = proxy.residentMebibytes
        let clients = try upload(600, proxy)
        // 600 bodies of 250,000 bytes are 143 MiB.
        #expect(waitUntil(within: .seconds(30)) { proxy.residentMebibytes >= before + 140 }, "\(before), \(proxy.residentMebibytes)")
        for client in clients { client.close() }
        // What is looked at every 5 s, and buffers that are kept for others.
        #expect(waitUntil(within: .seconds(30)) { proxy.residentMebibytes <= before + 32 }, "\(before), \(proxy.residentMebibytes)")
    }

    @Test(arguments: [160, 200, 300, 400])
    func whereThereIsNoMemoryConnectionsEndAndTheProcessGoesOn(mebibytes: Int) throws {
        let (scene, proxy) = try start(shell: "ulimit -v \(mebibytes << 10); exec \"$@\"")
        let clients = try upload(1500, proxy)
        #expect(proxy.waitForMessage { $0.contains("limit=memory") || $0.contains("no memory for a buffer") } != nil)
        for client in clients { client.close() }
        let isServed = waitUntil(within: .seconds(20)) { (try? scene.connect(proxy).exchange(Requests.metadata()).status) == 200 }
        #expect(isServed)
        proxy.terminate()
        #expect(proxy.child.waitForEnd(within: .seconds(20)) == 0)
    }

    /// A reload needs memory for new TLS contexts while the old ones are in use.
    @Test func itReloadsWhereThereIsLittleMemory() throws {
        let (scene, proxy) = try start(shell: "ulimit -v \(200 << 10); exec \"$@\"")
        let clients = try upload(1500, proxy)
        for _ in 1...3 {
            proxy.reload()
            #expect(proxy.waitForMessage { $0.contains("reload") } != nil)
        }
        for client in clients { client.close() }
        #expect(waitUntil(within: .seconds(20)) { (try? scene.connect(proxy).exchange(Requests.metadata()).status) == 200 })
    }

    /// Each sends what it can of its body without waiting; some are rejected.
    private func upload(_ count: Int, _ proxy: ProxyProcess) throws -> [RawClient] {
        var clients: [RawClient] = []
        for _ in 1...count {
            guard let client = try? RawClient(proxy.port("plain"), address: "127.0.0.2", timeout: .milliseconds(200)) else { continue }
            _ = try? client.send(Self.head + Self.content)
            clients.append(client)
        }
        return clients
    }

    private func start(shell: String? = nil) throws -> (Scene, ProxyProcess) {
        let scene = try Scene()
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { held_bodies: 4G, worker_threads: 2 }", "timeouts: { body: 300s }"]
        return (scene, try scene.start(configuration, shell: shell))
    }
}

extension ProxyProcess {
    fileprivate var residentMebibytes: Int { child.memory("VmRSS") >> 20 }
}
