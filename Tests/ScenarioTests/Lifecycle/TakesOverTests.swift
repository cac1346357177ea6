import Foundation
import StandIn
import TestKit
import Testing

/// `run --takeover`: a new instance in the place of a running one.
struct TakesOverTests {
    private func configuration(_ scene: Scene, _ server: StandInServer, lines: [String] = []) -> Configuration {
        Configuration(
            .init(
                servers: [Configuration.server("s1", server.address), Configuration.server("s2", server.address)],
                ["check: { inter: 200ms }"]),
            lines: [RuntimeSocket(scene).line()] + lines)
    }

    private func takeOver(_ scene: Scene) throws -> ProxyProcess {
        try ProxyProcess(configuration: scene.folder.path + "/puppetfront.yaml", arguments: ["--takeover"])
    }

    private func pid(_ socket: RuntimeSocket) throws -> String? {
        try socket.ask("show info").split(separator: "\n").first { $0.hasPrefix("Pid: ") }.map { String($0.dropFirst(5)) }
    }

    /// With other numbers of workers each time: every accept queue of the one before is served.
    @Test func tenInARowUnderLoadCostNoRequest() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        var proxy = try scene.start(configuration(scene, server, lines: ["limits: { worker_threads: 2 }"]))
        let port = proxy.port()
        let clients = SteadyClients(port, tls: try scene.tls(), kept: 3, fresh: 3)
        var descriptors: [Int] = []
        for workers in [3, 1, 2, 4, 2, 1, 3, 2, 2, 2] {
            #expect(clients.goOn(for: 20))
            try scene.write(configuration(scene, server, lines: ["limits: { worker_threads: \(workers) }"]))
            let next = try takeOver(scene)
            #expect(next.port() == port)
            #expect(try pid(socket) == "\(next.child.pid)", "the socket is there all the time")
            #expect(proxy.child.waitForEnd() == 0)
            proxy = next
            descriptors.append(proxy.child.descriptorCount)
        }
        #expect(clients.goOn(for: 20))
        let failures = clients.end()
        #expect(failures.isEmpty, "\(failures.count) of \(clients.requests): \(failures.prefix(5))")
        #expect(descriptors[9] < descriptors[3] + 40, "descriptors do not pile up: \(descriptors)")
    }

    /// A monitor's kept connection is the old instance's, but the service continues.
    @Test func theStatusPathStaysReady() throws {
        let scene = try Scene()
        let server = try scene.server()
        var wanted = configuration(scene, server)
        wanted.listenerLines = ["status_path: /alive"]
        let old = try scene.start(wanted)
        let monitor = try scene.connect(old)
        #expect(try monitor.exchange(Requests.get("/alive")).status == 200)
        let new = try takeOver(scene)
        // A worker may respond before it is notified of its end.
        let isTold = try waitUntil {
            let answer = try monitor.exchange(Requests.get("/alive"))
            #expect(answer.status == 200)
            return answer.saysClose
        }
        #expect(isTold)
        monitor.close()
        #expect(old.child.waitForEnd() == 0)
        #expect(new.child.isRunning)
    }

    @Test func listenersThatAreNewAreBoundAndThoseGoneAreClosed() throws {
        let scene = try Scene()
        let server = try scene.server()
        var wanted = configuration(scene, server)
        wanted.hasPlainListener = false
        let old = try scene.start(wanted)
        wanted.hasPlainListener = true
        try scene.write(wanted)
        let new = try takeOver(scene)
        #expect(new.port() == old.port())
        let plain = try RawClient(new.port("plain"), address: "127.0.0.2")
        #expect(try plain.exchange(Requests.metadata()).status == 403, "without a certificate")
        plain.close()
        #expect(old.child.waitForEnd() == 0)
        wanted.hasPlainListener = false
        try scene.write(wanted)
        let last = try takeOver(scene)
        #expect(new.child.waitForEnd() == 0)
        #expect(throws: StandInError.self) { try RawClient(new.port("plain"), address: "127.0.0.2") }
        #expect(try scene.connect(last).exchange(Requests.metadata()).status == 200)
    }

    @Test func whatOperatorsAndChecksHaveSaidGoesOver() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        let gone = try LoopbackPort()
        var wanted = Configuration(
            .init(
                servers: (1...4).map { Configuration.server("s\($0)", server.address) } + [
                    Configuration.server("s5", "127.0.0.1:\(gone.number)")
                ],
                ["check: { inter: 200ms, fall: 3 }", "stick: { on: certname, expire: 15m }"]),
            lines: [socket.line()])
        wanted.environments = ["default: compilers"]
        let old = try scene.start(wanted)
        #expect(
            try waitUntil { try socket.stat("compilers", "s5")["status"] == "DOWN" && socket.stat("compilers", "s1")["status"] == "UP" })
        for command in [
            "set server compilers/s1 state drain", "set server compilers/s2 state maint", "set server compilers/s3 weight 7",
            "set maxconn server compilers/s3 9", "disable health compilers/s4", "set table compilers key web%201.test data.server_key s4",
            "set table compilers key web2.test data.server_key s1",
        ] { #expect(try socket.ask(command) == "", "\(command)") }
        let before = try state(socket)
        let sticks = try keys(socket)
        #expect(sticks.count == 2)
        let new = try takeOver(scene)
        #expect(try pid(socket) == "\(new.child.pid)")
        #expect(old.child.waitForEnd() == 0)
        #expect(try state(socket) == before)
        #expect(try keys(socket) == sticks)
        #expect(try socket.stat("compilers", "s3")["slim"] == "9")
        #expect(new.messages.contains { $0.contains("state restored") && $0.contains("servers=5 sticks=2") }, "\(new.messages)")
    }

    /// Of each server what an operator or a check decides: up, admin state, weight, checks passed, whether it is checked.
    private func state(_ socket: RuntimeSocket) throws -> [String] {
        try socket.ask("show servers state").split(separator: "\n").dropFirst(2).map { line in
            let fields = line.split(separator: " ")
            return [3, 5, 6, 7, 12, 13].map { String(fields[$0]) }.joined(separator: " ")
        }
    }

    private func keys(_ socket: RuntimeSocket) throws -> [String] {
        try socket.ask("show table compilers").split(separator: "\n").dropFirst().map { line in
            line.split(separator: " ").filter { $0.hasPrefix("key=") || $0.hasPrefix("server_key=") }.joined(separator: " ")
        }
    }

    // MARK: What goes wrong

    @Test(arguments: ["default: nowhere", "listener"])
    func aNewInstanceThatCannotRunLeavesTheOldOneAlone(_ mistake: String) throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        let wanted = configuration(scene, server)
        let proxy = try scene.start(wanted)
        let client = try scene.connect(proxy)
        #expect(try client.exchange(Requests.metadata()).status == 200)
        var broken = wanted
        if mistake == "listener" {
            // Somebody listens there.
            try scene.folder.write(broken.text.replacingOccurrences(of: "127.0.0.2:0", with: server.address), to: "puppetfront.yaml")
        } else {
            broken.environments = [mistake]
            try scene.write(broken)
        }
        do {
            _ = try takeOver(scene)
            Issue.record("it runs")
        } catch ProxyProcess.Failure.notReady(let code, _) {
            #expect(code == (mistake == "listener" ? 1 : 64))
        }
        let answer = try client.exchange(Requests.metadata())
        #expect(answer.status == 200 && !answer.saysClose, "the old one does not drain")
        #expect(try pid(socket) == "\(proxy.child.pid)")
        try scene.write(wanted)
        let next = try takeOver(scene)
        #expect(try pid(socket) == "\(next.child.pid)")
    }

    @Test func whoAsksAndGoesChangesNothing() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        let proxy = try scene.start(configuration(scene, server))
        let asking = try UnixClient(socket.path)
        try asking.send("_takeover 1\n")
        _ = try asking.read(through: "+")
        #expect(try UnixClient.ask(socket.path, "_takeover 1") == "Another takeover is under way.\n")
        asking.close()
        #expect(proxy.waitForMessage { $0.contains("given up") } != nil)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        let next = try takeOver(scene)
        #expect(try pid(socket) == "\(next.child.pid)")
    }

    @Test func theSocketsLevelMustBeAdmin() throws {
        let scene = try Scene()
        let socket = RuntimeSocket(scene)
        let server = try scene.server()
        var wanted = Configuration.pool(server.address)
        wanted.lines = [socket.line("level: operator")]
        let proxy = try scene.start(wanted)
        do {
            _ = try takeOver(scene)
            Issue.record("it runs")
        } catch ProxyProcess.Failure.notReady(let code, let errors) {
            #expect(code == 1)
            #expect(errors.contains { $0.contains("--takeover") && $0.contains("Permission denied") }, "\(errors)")
        }
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
    }

    @Test func withoutARunningInstanceItStartsAsAnyOther() throws {
        let scene = try Scene()
        let server = try scene.server()
        try scene.write(configuration(scene, server))
        let proxy = try takeOver(scene)
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        #expect(!FileManager.default.fileExists(atPath: RuntimeSocket(scene).path))
    }
}
