import Foundation
import StandIn
import TestKit
import Testing

/// The wall clock is for people and for certificates; nothing waits by it.
struct SurvivesClockStepsTests {
    @Test(arguments: ["+6h", "-6h"])
    func noTimeoutCheckOrStickFollowsAStep(_ step: String) throws {
        let scene = try Scene()
        let clock = try SettableClock(in: scene.folder)
        let (server, other) = (try scene.server("s1"), try scene.server("s2"))
        let socket = RuntimeSocket(scene)
        var configuration = Configuration.pool(
            server.address, other.address,
            lines: ["stick: { on: certname, expire: 1h }", "check: { inter: 200ms, timeout: 1s, rise: 1, fall: 1 }"])
        configuration.lines = [socket.line()]
        let proxy = try scene.start(configuration, environment: clock.environment(), shell: SettableClock.shell)
        defer { clock.removeTraces(of: proxy) }
        let client = try scene.connect(proxy)
        let home = try #require(try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name"))
        let before = Self.minutes(try #require(proxy.waitForLog { $0.string("endpoint") == "catalog" }))

        try clock.set(step)
        #expect(try client.exchange(Requests.catalog()).field("X-Puppet-Compiler-Name") == home, "neither idle timeout nor stick is over")
        let line = try #require(
            proxy.waitForLog { line in
                let passed = Self.minutes(line) - before
                return step == "+6h" ? passed > 300 : passed < -300
            }, "the log's time is that of the clock")
        #expect((line.double("total_ms") ?? -1) >= 0 && (line.double("total_ms") ?? .infinity) < 5000)
        #expect(try socket.ask("show table compilers").contains("used:1"))

        let stopped = home == "s1" ? server : other
        stopped.stop()
        #expect(proxy.waitForMessage { $0.contains("compilers/\(home) is DOWN") } != nil, "checks go on: \(proxy.messages)")
        try clock.set("+0")
        try stopped.start()
        #expect(proxy.waitForMessage { $0.contains("compilers/\(home) is UP") } != nil, "\(proxy.messages)")
        let row = try socket.stat("compilers", home)
        for column in ["lastchg", "downtime"] {
            #expect((0...60).contains(row[column].flatMap { Int($0) } ?? -1), "\(column) is \(row[column] ?? "missing")")
        }
        try clock.set(step)
        let uptime = try socket.ask("show info").split(separator: "\n").first { $0.hasPrefix("Uptime_sec: ") }
        #expect((0...60).contains(uptime.flatMap { Int($0.dropFirst("Uptime_sec: ".count)) } ?? -1), "\(uptime ?? "")")
    }

    /// The line's time in minutes since 1970.
    private static func minutes(_ line: LogLine) -> Int {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return Int(((try? style.parse(line.string("time") ?? "")) ?? .distantPast).timeIntervalSince1970 / 60)
    }

    @Test(arguments: ["+2h", "-2h"])
    func queuedRequestsAreNeitherRejectedEarlyNorForgotten(_ step: String) throws {
        let scene = try Scene()
        let clock = try SettableClock(in: scene.folder)
        let (server, gate) = try scene.gatedServer()
        defer { gate.open() }
        let pool = Configuration.Pool(
            servers: [Configuration.server("s1", server.address, "maxconn: 1")], ["queue: { timeout: 2s }", "retry: { attempts: 0 }"])
        let proxy = try scene.start(Configuration(pool), environment: clock.environment(), shell: SettableClock.shell)
        defer { clock.removeTraces(of: proxy) }
        let (first, second) = (try scene.connect(proxy), try scene.connect(proxy))
        try first.send(Requests.metadata("first"))
        #expect(waitUntil { gate.waitingCount == 1 })
        let began = ContinuousClock.now
        try second.send(Requests.metadata("second"))
        try clock.set(step)
        #expect(try second.readResponse()?.status == 503)
        #expect((Duration.seconds(1)...Duration.seconds(8)).contains(ContinuousClock.now - began), "\(ContinuousClock.now - began)")
        gate.open()
        #expect(try first.readResponse()?.status == 200)
    }

    @Test func certificatesAreVerifiedByTheWallClock() throws {
        let scene = try Scene()
        let clock = try SettableClock(in: scene.folder)
        let server = try scene.server()
        let proxy = try scene.start(.pool(server.address), environment: clock.environment(), shell: SettableClock.shell)
        defer { clock.removeTraces(of: proxy) }
        let profile = CertificateProfile("agent.test", notAfter: 86400)
        let tls = try StandInTLS.client(scene.authority.issue(profile), caPEM: scene.authority.caPEM())
        func isServed() -> Bool { (try? RawClient(proxy.port(), tls: tls).exchange(Requests.metadata()).status) == 200 }
        #expect(isServed())
        try clock.set("+2d")
        #expect(!isServed(), "expired, although it was verified before")
        try clock.set("-2d")
        #expect(!isServed(), "not valid yet")
        try clock.set("+0")
        #expect(isServed())
    }
}
