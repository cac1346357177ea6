import Foundation
import StandIn
import TestKit
import Testing

struct SpeaksWithSystemdTests {
    private func run(_ scene: Scene, _ notify: NotifySocket, _ environment: [String: String] = [:], lines: [String] = []) throws
        -> ProxyProcess
    {
        let server = try scene.server()
        scene.keep(server)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 2 }", RuntimeSocket(scene).line()] + lines
        try scene.write(configuration)
        return try ProxyProcess(
            configuration: scene.folder.path + "/puppetfront.yaml", environment: notify.environment.merging(environment) { $1 })
    }

    @Test func readinessReloadsAndTheEndAreNotified() throws {
        let (scene, notify) = (try Scene(), try NotifySocket())
        let proxy = try run(scene, notify, lines: ["timeouts: { drain: 5s }"])
        #expect(waitUntil { notify.count("READY=1") == 1 })
        #expect(notify.lines.contains { $0.hasPrefix("STATUS=agents=127.0.0.1:") })
        proxy.reload()
        #expect(waitUntil { notify.count("READY=1") == 2 })
        #expect(notify.lines.contains("RELOADING=1"))
        #expect(notify.lines.contains { $0.hasPrefix("MONOTONIC_USEC=") })
        proxy.terminate()
        #expect(proxy.child.waitForEnd() == 0)
        #expect(Array(notify.lines.suffix(3)) == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=15000000", "STATUS=draining"])
        #expect(!notify.lines.contains { $0.hasPrefix("WATCHDOG") }, "nobody asked")
    }

    @Test func aWorkerThatDoesNotTurnGetsNoWordForTheWatchdog() throws {
        let (scene, notify) = (try Scene(), try NotifySocket())
        let proxy = try run(scene, notify, ["WATCHDOG_USEC": "200000"])
        #expect(waitUntil { notify.count("WATCHDOG=1") >= 3 })
        #expect(notify.lines.first == "READY=1", "in an upgrade systemd listens to the old process until then")
        let stop = try #require(ThreadStop(of: proxy.child.pid, named: "worker-1"))
        func misses() -> Int { proxy.messages.count { $0.contains("worker is not making progress") } }
        var words = 0
        // The last notification from before may arrive late.
        let isSilent = waitUntil(within: .seconds(30)) {
            words = notify.count("WATCHDOG=1")
            let missed = misses()
            return waitUntil { misses() >= missed + 3 } && notify.count("WATCHDOG=1") == words
        }
        #expect(isSilent)
        stop.end()
        #expect(waitUntil { notify.count("WATCHDOG=1") >= words + 3 }, "it turns again")
    }

    @Test func aWatchdogForAnotherProcessIsNotOurs() throws {
        let (scene, notify) = (try Scene(), try NotifySocket())
        let proxy = try run(scene, notify, ["WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"])
        proxy.reload()
        #expect(waitUntil { notify.count("READY=1") == 2 })
        #expect(notify.count("WATCHDOG=1") == 0)
    }

    // MARK: SIGUSR2

    @Test func anUpgradeNotifiesTheNewProcess() throws {
        let (scene, notify) = (try Scene(), try NotifySocket())
        let proxy = try run(scene, notify, ["WATCHDOG_USEC": "200000", "WATCHDOG_PID": ""])
        let clients = SteadyClients(proxy.port(), tls: try scene.tls(), kept: 2, fresh: 2)
        #expect(clients.goOn(for: 20))
        proxy.child.signal(SIGUSR2)
        #expect(proxy.child.waitForEnd() == 0)
        #expect(clients.goOn(for: 20))
        #expect(clients.end().isEmpty)
        let word = try #require(notify.lines.first { $0.hasPrefix("MAINPID=") })
        let pid = try #require(pid_t(word.dropFirst("MAINPID=".count)))
        #expect(try RuntimeSocket(scene).ask("show info").contains("\nPid: \(pid)\n"))
        #expect(!notify.lines.contains("STOPPING=1"), "the service does not stop")
        let words = notify.count("WATCHDOG=1")
        #expect(waitUntil { notify.count("WATCHDOG=1") > words }, "the new process has no WATCHDOG_PID of the old one's")
        kill(pid, SIGTERM)
        #expect(waitUntil { notify.lines.contains("STOPPING=1") })
    }

    @Test func anUpgradeToABrokenConfigurationIsReported() throws {
        let (scene, notify) = (try Scene(), try NotifySocket())
        let proxy = try run(scene, notify)
        try scene.folder.write("listeners: []\n", to: "puppetfront.yaml")
        proxy.child.signal(SIGUSR2)
        #expect(proxy.waitForMessage { $0.contains("the successor has ended") } != nil, "\(proxy.messages)")
        #expect(try scene.connect(proxy).exchange(Requests.metadata()).status == 200)
        #expect(!notify.lines.contains { $0.hasPrefix("MAINPID=") })
    }

    // MARK: Socket activation

    private static let activator = "/usr/bin/systemd-socket-activate"

    /// By real systemd-socket-activate, once by the listener's name and once by its address; all workers share the one socket.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: activator)), arguments: ["agents", "other"])
    func aSocketOfSystemdsIsListenedOn(_ name: String) throws {
        let scene = try Scene()
        let server = try scene.server()
        let port = try LoopbackPort()
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 3 }", RuntimeSocket(scene).line()]
        try scene.folder.write(configuration.text.replacingOccurrences(of: "127.0.0.1:0", with: port.text), to: "puppetfront.yaml")
        let file = scene.folder.path + "/puppetfront.yaml"
        let binary = try #require(ProxyProcess.binary)
        let proxy = try ChildProcess([Self.activator, "-l", port.text, "--fdname=\(name)", binary, "run", "--config", file])
        // The first connection starts it.
        #expect(waitUntil { (try? RawClient(port.number).close()) != nil })
        #expect(waitUntil { proxy.errorLines.contains { $0.hasPrefix("ready agents=\(port.text) ") } }, "\(proxy.errorLines)")
        let clients = SteadyClients(port.number, tls: try scene.tls(), kept: 3, fresh: 3)
        #expect(clients.goOn(for: 50))
        let next = try ProxyProcess(configuration: file, arguments: ["--takeover"])
        #expect(proxy.waitForEnd() == 0)
        #expect(clients.goOn(for: 50))
        let failures = clients.end()
        #expect(failures.isEmpty, "\(failures.prefix(5))")
        #expect(next.addresses["agents"] == port.text)
    }

    /// Shut down, it would be a fault of the unit's; so connections wait in it.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: activator)))
    func aSocketOfSystemdsStaysOpenWhileItsListenerIsDisabled() throws {
        let scene = try Scene()
        let server = try scene.server()
        let port = try LoopbackPort()
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(server.address)
        configuration.lines = ["limits: { worker_threads: 2 }", socket.line()]
        try scene.folder.write(configuration.text.replacingOccurrences(of: "127.0.0.2:0", with: port.text), to: "puppetfront.yaml")
        let file = scene.folder.path + "/puppetfront.yaml"
        let proxy = try ChildProcess([Self.activator, "-l", port.text, try #require(ProxyProcess.binary), "run", "--config", file])
        #expect(waitUntil { (try? RawClient(port.number).close()) != nil })
        #expect(waitUntil { proxy.errorLines.contains { $0.hasPrefix("ready ") } }, "\(proxy.errorLines)")
        #expect(try socket.ask("disable frontend plain") == "")
        #expect(waitUntil { (try? socket.stat("plain", "FRONTEND")["scur"]) == "0" })
        // Each worker replies to this after the messages before it.
        _ = try socket.ask("show sess")
        func ask(timeout: Duration = .seconds(10)) throws -> RawClient {
            let client = try RawClient(port.number, timeout: timeout)
            try client.send(Requests.metadata())
            return client
        }
        let (waiting, impatient) = (try ask(), try ask(timeout: .milliseconds(300)))
        #expect(throws: StandInError.self) { try impatient.readResponse() }
        #expect(try socket.stat("plain", "FRONTEND")["scur"] == "0", "nobody is taken in")
        let next = try ProxyProcess(configuration: file, arguments: ["--takeover"])
        #expect(proxy.waitForEnd() == 0)
        #expect(try socket.stat("plain", "FRONTEND")["status"] == "PAUSED")
        #expect(try socket.ask("enable frontend plain") == "")
        #expect(try waiting.readResponse()?.status == 403)
        #expect(try ask().readResponse()?.status == 403)
        next.terminate()
        #expect(next.child.waitForEnd() == 0)
    }
}
