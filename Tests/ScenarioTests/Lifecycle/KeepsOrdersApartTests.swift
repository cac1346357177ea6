import StandIn
import TestKit
import Testing

/// Two things that happen at one moment, in an order that a held thread decides.
struct KeepsOrdersApartTests {
    /// The slot of the first request goes to the queued second one, whose agent has left before the worker hears of it.
    @Test func aSlotForAnAgentThatHasLeftGoesToTheNext() throws {
        let scene = try Scene()
        let (gate, sent) = (Gate(), Gate())
        defer { gate.open() }
        let server = try ScriptedServer { head, reader in
            if head.startLine.contains("holder") {
                gate.pass()
                try reader.answer("holder")
                sent.open()
            } else {
                try reader.answer("next")
            }
            return true
        }
        var configuration = Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 1")]))
        configuration.lines = ["limits: { worker_threads: 1 }"]
        configuration.listenerLines = ["status_path: /alive"]
        let proxy = try scene.start(configuration)
        let (holder, leaver, monitor) = (try scene.connect(proxy), try scene.connect(proxy), try scene.connect(proxy))
        try holder.send(Requests.metadata("holder"))
        #expect(waitUntil { gate.waitingCount == 1 })
        try leaver.send(Requests.metadata("leaver"))
        for _ in 0..<2 { #expect(try monitor.exchange(Requests.get("/alive")).status == 200, "it is queued by then") }

        // The end of the first request and the leaver's reset are there when the worker looks, in this order.
        let stop = try #require(ThreadStop(of: proxy.child.pid, named: "worker-0"))
        gate.open()
        sent.pass()
        leaver.stream.reset()
        stop.end()
        #expect(try holder.readResponse()?.text == "holder")
        #expect(proxy.waitForLog { $0.reason == "client_gone" } != nil)
        for _ in 0..<3 { #expect(try scene.connect(proxy, timeout: .seconds(3)).exchange(Requests.metadata("next")).text == "next") }
    }

    /// What the first reload reads may be older than what the second one asks for.
    @Test func aReloadDuringAReloadIsDone() throws {
        let scene = try Scene()
        let server = try scene.server()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line("level: admin")]
        let notify = try NotifySocket()
        try scene.write(configuration)
        let proxy = try scene.start(configuration, environment: notify.environment)

        // The first reload waits for the thread that reads files.
        let stop = try #require(ThreadStop(of: proxy.child.pid, named: "files"))
        proxy.reload()
        let hasBegun = waitUntil { notify.count("RELOADING=1") == 1 }
        proxy.reload()
        // The control loop has received the second signal by the time that it has replied twice.
        for _ in 0..<2 { _ = try socket.ask("show version") }
        stop.end()
        #expect(hasBegun)
        #expect(proxy.waitForMessage { $0.contains("reloaded") && $0.contains("generation=2") } != nil, "\(proxy.messages)")
    }

    /// A connection through a balancer counts for one source, and that one is given back.
    @Test(arguments: ["PROXY TCP4 192.0.2.7 192.0.2.1 5555 8140\r\n", "PROXY UNKNOWN\r\n"])
    func connectionsWithAProxyHeaderAreGivenBack(_ header: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { connections_per_source: 2 }"]
        configuration.listenerLines = ["proxy_protocol: [127.0.0.0/8]"]
        let proxy = try scene.start(configuration)
        let tls = try scene.tls()
        for number in 1...6 {
            // The end of the one before may still be on its way.
            let isServed = waitUntil(within: .seconds(5)) {
                guard let client = try? RawClient(proxy.port(), tls: tls, preface: Array(header.utf8), timeout: .seconds(3)) else {
                    return false
                }
                defer { client.close() }
                return (try? client.exchange(Requests.metadata()).status) == 200
            }
            #expect(isServed, "connection \(number)")
        }
    }
}
