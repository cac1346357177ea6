import StandIn
import TestKit
import Testing

/// `limits.unverified_share` and `limits.holder_share`, as left out: of four slots clients without a certificate hold two, and each client
/// one, however long they keep them.
struct SharesSlotsTests {
    /// Held until the gate opens; all else is answered at once.
    private static let held = "held"

    private func start(_ scene: Scene, _ gate: Gate) throws -> (server: StandInServer, proxy: ProxyProcess) {
        let server = try scene.server()
        server.answer { request in
            if request.path.contains(Self.held) { gate.pass() }
            return .text(200, request.path)
        }
        var configuration = Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 4")]))
        configuration.lines = [RuntimeSocket(scene).line()]
        configuration.plainLines = ["proxy_protocol: [127.0.0.0/8]"]
        configuration.sharesSlots = true
        scene.keep(server)
        return (server, try scene.start(configuration))
    }

    /// A client without a certificate, from a source of its own.
    private func stranger(_ proxy: ProxyProcess, _ source: String, _ file: String) throws -> RawClient {
        let client = try RawClient(proxy.port("plain"), address: "127.0.0.2", timeout: .seconds(30))
        try client.send("PROXY TCP4 \(source) 192.0.2.1 5555 8140\r\n" + Requests.metadata(file))
        return client
    }

    /// The row of `show queue` for short requests: queued, over the holder's share, over that of unverified clients.
    private func queue(_ scene: Scene) throws -> [Substring] {
        let rows = try RuntimeSocket(scene).ask("show queue compilers").split(separator: "\n")
        let row = rows.first { $0.contains("quick") }?.split(separator: " ") ?? []
        return row.count == 10 ? [row[2], row[8], row[9]] : []
    }

    @Test func strangersThatKeepTheirSlotsLeaveHalfToAgents() throws {
        let scene = try Scene()
        let gate = Gate()
        defer { gate.open() }
        let (server, proxy) = try start(scene, gate)
        let sources = ["192.0.2.7", "192.0.2.8", "192.0.2.9"]
        var strangers: [RawClient] = []
        for (number, source) in (sources + sources).enumerated() {
            strangers.append(try stranger(proxy, source, "\(Self.held)\(number)"))
            let running = min(number + 1, 2)
            #expect(waitUntil { (try? queue(scene))?.first == "\(number + 1 - running)" && gate.waitingCount == running })
        }
        // Each of the two sources that hold a slot has one more; the third source has two.
        #expect(try queue(scene) == ["4", "2", "2"])
        let anonymous = try scene.connect(proxy, as: nil)
        try anonymous.send(Requests.metadata("without"))
        #expect(waitUntil { (try? queue(scene)) == ["5", "2", "3"] }, "over TLS without a certificate likewise")

        for name in ["one.test", "two.test", "three.test"] {
            #expect(try scene.connect(proxy, as: name).exchange(Requests.metadata("now")).status == 200)
        }
        #expect(try scene.connect(proxy).exchange(Requests.catalog()).status == 200)
        let explained = try RuntimeSocket(scene).ask(
            "explain GET /puppet/v3/file_metadata/modules/m/a?environment=production --source 192.0.2.7")
        #expect(
            explained.contains(
                "shares       clients without a certificate hold 2 of 2 slots, this client 1 of 1: its request would be queued\n"),
            "\(explained)")
        #expect(explained.contains("5 queued"))

        gate.open()
        for (number, client) in strangers.enumerated() {
            #expect(try client.readResponse()?.text == "/puppet/v3/file_metadata/modules/m/\(Self.held)\(number)")
        }
        #expect(try anonymous.readResponse()?.status == 200)
        #expect(try queue(scene) == ["0", "0", "0"])
        #expect(server.requests.count { $0.path.contains(Self.held) } == 6)
    }

    /// New agents after a power cut, half of them behind one address: all are served, two at a time, and an agent meanwhile.
    @Test func aHerdOfNewAgentsIsServed() throws {
        let scene = try Scene()
        let gate = Gate()
        let (server, proxy) = try start(scene, gate)
        var herd: [RawClient] = []
        for number in 0..<200 {
            let source = number < 100 ? "192.0.2.7" : "198.51.100.\(number)"
            herd.append(try stranger(proxy, source, "\(Self.held)-\(number)"))
        }
        #expect(waitUntil { (try? queue(scene)) == ["198", "99", "99"] && gate.waitingCount == 2 })
        #expect(try scene.connect(proxy, as: "agent.test").exchange(Requests.metadata("now")).status == 200)
        gate.open()
        for client in herd { #expect(try client.readResponse()?.status == 200) }
        #expect(server.maximumRunningCount == 3, "two of the herd, and the agent")
    }

    /// Agents at one address are distinguished by their certificates.
    @Test func oneAgentThatKeepsItsSlotsLeavesTheRestToOthers() throws {
        let scene = try Scene()
        let gate = Gate()
        defer { gate.open() }
        let (_, proxy) = try start(scene, gate)
        var greedy: [RawClient] = []
        for number in 0..<3 {
            let client = try scene.connect(proxy, as: "greedy.test", timeout: .seconds(30))
            try client.send(Requests.metadata("\(Self.held)\(number)"))
            greedy.append(client)
            #expect(waitUntil { (try? queue(scene)) == ["\(number)", "\(number)", "0"] && gate.waitingCount == 1 })
        }
        var others: [RawClient] = []
        for number in 0..<3 {
            let client = try scene.connect(proxy, as: "agent\(number).test", timeout: .seconds(30))
            try client.send(Requests.metadata("\(Self.held)-by-\(number)"))
            others.append(client)
            #expect(waitUntil { gate.waitingCount == 2 + number }, "all four slots are in use")
        }
        gate.open()
        for client in greedy + others { #expect(try client.readResponse()?.status == 200) }
    }
}
