import StandIn
import TestKit
import Testing

/// What the runtime socket changes about servers, seen from agents.
struct AdminSocketServersTests {
    /// Two servers in turn, and the socket.
    private func start(_ scene: Scene, _ lines: [String] = ["balance: round-robin"]) throws -> (RuntimeSocket, ProxyProcess) {
        let (one, two) = (try scene.server("s1"), try scene.server("s2"))
        scene.keep(one)
        scene.keep(two)
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(one.address, two.address, lines: lines)
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        scene.keep(proxy)
        return (socket, proxy)
    }

    /// Which servers compile the next catalogs.
    private func compilers(_ scene: Scene, _ proxy: ProxyProcess) throws -> Set<String> {
        let client = try scene.connect(proxy)
        return Set(try (1...4).compactMap { _ in try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") })
    }

    @Test(arguments: [
        ("set server compilers/s1 state drain", "DRAIN"), ("set server compilers/s1 state maint", "MAINT"),
        ("disable server compilers/s1", "MAINT"), ("set weight compilers/s1 0", "DRAIN"),
    ])
    func aServerThatIsTakenOutGetsNothingUntilItIsBack(_ command: String, _ status: String) throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        #expect(try compilers(scene, proxy) == ["s1", "s2"])
        #expect(try socket.ask(command) == "")
        #expect(try socket.stat("compilers", "s1")["status"] == status)
        #expect(try compilers(scene, proxy) == ["s2"])
        #expect(try socket.ask("enable server compilers/s1; set weight compilers/s1 100%") == "\n")
        #expect(try compilers(scene, proxy) == ["s1", "s2"])
    }

    @Test func weightsAreSetAndShown() throws {
        let scene = try Scene()
        let (socket, _) = try start(scene)
        #expect(try socket.ask("get weight compilers/s1") == "1 (initial 1)\n")
        #expect(try socket.ask("set weight compilers/s1 7; get weight compilers/s1") == "\n7 (initial 1)\n")
        #expect(try socket.stat("compilers", "s1")["weight"] == "7")
    }

    @Test func maxconnHoldsRequestsBackAndLetsThemGo() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        #expect(try socket.ask("set maxconn server compilers/s1 1") == "")
        let clients = try (1...2).map { number in
            let client = try scene.connect(proxy)
            try client.send(Requests.metadata("f\(number)"))
            return client
        }
        #expect(try waitUntil { try socket.stat("compilers", "BACKEND")["qcur"] == "1" })
        #expect(waitUntil { gate.waitingCount == 1 })
        #expect(try socket.stat("compilers", "s1")["slim"] == "1")
        #expect(try socket.ask("set maxconn server compilers/s1 2") == "")
        #expect(waitUntil { gate.waitingCount == 2 })
        gate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
    }

    @Test func anAddressIsChanged() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let other = try scene.server("other")
        #expect(
            try socket.ask("set server compilers/s1 addr 127.0.0.1 port \(other.port.number)").hasPrefix(
                "no need to change the addr, port changed from "))
        #expect(try compilers(scene, proxy) == ["other", "s2"])
        #expect(try socket.stat("compilers", "s1")["addr"] == other.address)
    }

    @Test func aServerComesAndGoes() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let third = try scene.server("s3")
        #expect(try socket.ask("add server compilers/s3 \(third.address)") == "New server registered.\n")
        #expect(try socket.stat("compilers", "s3")["status"] == "MAINT", "it begins in maintenance, as HAProxy's")
        #expect(try socket.ask("enable server compilers/s3") == "")
        #expect(try compilers(scene, proxy) == ["s1", "s2", "s3"])
        #expect(try socket.ask("del server compilers/s3") == "Only servers in maintenance mode can be deleted.\n")
        #expect(try socket.ask("disable server compilers/s3; del server compilers/s3") == "\nServer deleted.\n")
        #expect(try socket.stat("compilers", "s3").isEmpty)
        #expect(try compilers(scene, proxy) == ["s1", "s2"])
        #expect(try socket.ask("del server compilers/s1") == "Only servers added via <add server> CLI command can be deleted.\n")
    }

    /// An operator adds one when the pool is full, and it may not be up yet.
    @Test func anAddedServerServesNoQueuedRequestBeforeItIsEnabled() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let socket = RuntimeSocket(scene)
        let proxy = try scene.start(
            Configuration(.init(servers: [Configuration.server("s1", server.address, "maxconn: 1")]), lines: [socket.line()]))
        let clients = try (1...3).map { _ in try scene.connect(proxy) }
        for client in clients { try client.send(Requests.metadata()) }
        #expect(try waitUntil { try socket.stat("compilers", "BACKEND")["qcur"] == "2" })
        let added = try scene.server("added")
        #expect(try socket.ask("add server compilers/added \(added.address)") == "New server registered.\n")
        #expect(try socket.stat("compilers", "BACKEND")["qcur"] == "2")
        #expect(try socket.ask("enable server compilers/added") == "")
        #expect(waitUntil { added.requestCount == 2 })
        gate.open()
        for client in clients { #expect(try client.readResponse()?.status == 200) }
    }

    @Test func whatIsConnectedToAServerIsClosed() throws {
        let scene = try Scene()
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address, lines: ["retry: { attempts: 0 }"])
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration)
        let client = try scene.connect(proxy)
        try client.send(Requests.metadata())
        #expect(waitUntil { gate.waitingCount == 1 })
        #expect(try socket.ask("shutdown sessions server compilers/s1") == "")
        let answer = try #require(try client.readResponse())
        #expect(answer.status == 502 || answer.status == 503, "\(answer.status)")
        #expect(try waitUntil { try socket.stat("compilers", "s1")["scur"] == "0" })
    }

    @Test func sticksAreShownMovedAndForgotten() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene, ["balance: round-robin", "stick: { on: certname }"])
        let first = try #require(try compilers(scene, proxy).first)
        let shown = try socket.ask("show table compilers")
        #expect(shown.hasPrefix("# table: compilers, type: string, size:204800, used:1\n0x1: key=agent.test use=0 exp="))
        #expect(shown.hasSuffix(" server_key=\(first)\n"))
        let other = first == "s1" ? "s2" : "s1"
        #expect(try socket.ask("set table compilers key agent.test data.server_key \(other)") == "")
        #expect(try compilers(scene, proxy) == [other])
        let client = try scene.connect(proxy, as: "second.test")
        #expect(try client.exchange(Requests.catalog("second.test")).status == 200)
        let both = try socket.ask("show table compilers").split(separator: "\n").dropFirst()
        #expect(both.count == 2)
        #expect(both.first?.hasPrefix("0x1: key=second.test use=0 exp=") == true, "the youngest first")
        #expect(try socket.ask("show table compilers key agent.test").contains("\n0x1: key=agent.test use=0 exp="))
        #expect(try socket.ask("clear table compilers key second.test; clear table compilers key agent.test") == "\n")
        #expect(try socket.ask("show table") == "# table: compilers, type: string, size:204800, used:0\n")
    }
}
