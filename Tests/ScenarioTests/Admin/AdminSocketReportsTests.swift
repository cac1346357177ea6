import StandIn
import TestKit
import Testing

/// The reports of the runtime socket.
struct AdminSocketReportsTests {
    private func start(_ scene: Scene, _ rest: String = "") throws -> (RuntimeSocket, ProxyProcess) {
        let server = try scene.server("s1")
        scene.keep(server)
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = [socket.line(rest)]
        let proxy = try scene.start(configuration)
        scene.keep(proxy)
        return (socket, proxy)
    }

    @Test func requestsAreCountedUntilTheCountersAreCleared() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let client = try scene.connect(proxy)
        for _ in 1...3 { #expect(try client.exchange(Requests.metadata()).status == 200) }
        #expect(try waitUntil { try socket.stat("compilers", "s1")["hrsp_2xx"] == "3" })
        let backend = try socket.stat("compilers", "BACKEND")
        #expect(backend["stot"] == "3" && backend["smax"] == "1" && backend["status"] == "UP")
        let frontend = try socket.stat("agents", "FRONTEND")
        #expect(frontend["stot"] == "1" && frontend["scur"] == "1" && frontend["req_tot"] == "3")
        #expect(
            [backend["rate_max"], frontend["rate_max"], frontend["conn_rate_max"], frontend["req_rate_max"]].allSatisfy {
                (1...3).contains(Int($0 ?? "") ?? 0)
            })
        #expect(try socket.ask("show info").contains("\nMaxSessRate: 1\n"))
        #expect(try socket.ask("clear counters") == "")
        let cleared = try socket.stat("compilers", "BACKEND")
        #expect(cleared["stot"] == "3" && cleared["smax"] == "0" && cleared["rate_max"] == "0", "only maxima")
        #expect(try socket.ask("clear counters all") == "")
        #expect(try socket.stat("compilers", "BACKEND")["stot"] == "0")
        #expect(try socket.stat("agents", "FRONTEND")["scur"] == "1", "what is open stays")
    }

    @Test func runsAndFailuresAreListed() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let client = try scene.connect(proxy, as: "web1.test")
        #expect(try client.exchange(Requests.catalog("web1.test")).status == 200)
        #expect(try waitUntil { try socket.ask("show certnames web1*").split(separator: "\n").count == 2 })
        let run = try socket.ask("show certnames web1*").split(separator: "\n")[1]
        #expect(
            run.hasPrefix("web1.test ") && run.split(separator: " ")[4..<8].elementsEqual(["200", "production", "compilers", "s1"]),
            "\(run)")
        #expect(try client.exchange(Requests.catalog("web2.test")).status == 403)
        #expect(try waitUntil { try socket.ask("show errors").contains(" wrong_certname status=403 ") })
        #expect(try socket.ask("show errors").contains("client=web1.test endpoint=catalog certname=web2.test environment=production"))
        #expect(try socket.ask("show events").contains("] wrong_certname id="))
        #expect(try socket.ask("show certnames nobody*").split(separator: "\n").count == 1)
        #expect(try socket.ask("show environments").contains("\nproduction compilers "))
    }

    @Test func aUserMayLookAndNotChange() throws {
        let scene = try Scene()
        let (socket, _) = try start(scene, "level: user")
        #expect(try socket.ask("disable server compilers/s1") == "Permission denied\n")
        #expect(try socket.ask("clear counters") == "Permission denied\n")
        #expect(try socket.stat("compilers", "s1")["status"] == "no check")
    }

    @Test func thePromptServesOneCommandAfterAnother() throws {
        let scene = try Scene()
        let (socket, proxy) = try start(scene)
        let client = try UnixClient(socket.path)
        try client.send("prompt\n")
        #expect(try client.read(through: "> ") == "\n> ")
        try client.send("show cli level\n")
        #expect(try client.read(through: "> ") == "admin\n\n> ")
        try client.send("disable server compilers/s1\n")
        #expect(try client.read(through: "> ") == "\n> ")
        try client.send("show info\n")
        #expect(try client.read(through: "> ").contains("\nPid: \(proxy.child.pid)\n"))
        try client.send("quit\n")
        #expect(try client.readToEnd() == "")
    }

    @Test func explainReportsAsTheCommandLineDoes() throws {
        let scene = try Scene()
        let (socket, _) = try start(scene)
        let text = try socket.ask("explain GET /puppet/v3/node/web1.test?environment=production --certname web1.test")
        #expect(text.contains("compilers"), "\(text)")
    }
}
