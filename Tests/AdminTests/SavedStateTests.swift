import Balancing
import Settings
import Testing

@testable import Admin

struct SavedStateTests {
    private func parsed(_ text: String) throws(SavedState.Fault) -> SavedState { try SavedState(Array(text.utf8)) }

    private static let header = "1\n# be_id be_name srv_id …\n"

    @Test func whatIsWrittenIsReadAgain() throws {
        let report = FakeHost().report()
        let key = "web 1%é"
        let text = SavedState.text(report, savedAt: 1_700_000_000) { pool in
            var stick = StickReport()
            (stick.key, stick.server, stick.remaining) = (key, "s1", 4200)
            var lost = StickReport()
            (lost.key, lost.server) = ("gone.test", "")
            return pool == "compilers" ? [stick, lost] : []
        }
        let state = try parsed(text)
        #expect(state.savedAt == 1_700_000_000)
        #expect(
            state.servers.map { "\($0.pool)/\($0.name)" }
                == report.pools.flatMap { pool in pool.servers.map { "\(pool.name)/\($0.state.name)" } })
        #expect(state.servers[0].host == "192.0.2.1")
        #expect(state.sticks == [SavedState.Stick(pool: "compilers", key: Array(key.utf8), server: "s1", remaining: 4200)])
    }

    @Test(arguments: AnycastOverride.allCases) func anycastOutlivesTheProcess(_ override: AnycastOverride) throws {
        var report = ServiceReport()
        report.anycast = AnycastReport(state: .withdrawn, override: override)
        report.anycast?.heldDown = 12
        let text = SavedState.text(report, savedAt: 1) { _ in [] }
        #expect(try parsed(text).anycast == SavedState.Anycast(override: override, heldDown: 12))
        for wrong in ["#anycast", "#anycast maybe 0", "#anycast on -1", "#anycast on 1 2"] {
            #expect(throws: SavedState.Fault.self) { try parsed(Self.header + wrong + "\n") }
        }
    }

    /// `show servers state` has a server's current address; a server is matched by its configured one.
    @Test func serversAreKnownByTheirConfiguredAddresses() throws {
        let places = [
            ("2001:db8:0::1", "[2001:db8::1]:8140"), ("name.test", "[2001:db8::2]:8140"), ("192.0.2.3", "[2001:db8::3]:9140"),
            ("name.test", "192.0.2.4:9140"), ("192.0.2.5", nil), ("name.test", nil),
        ]
        var settings = PoolSettings(name: "compilers")
        settings.servers = places.enumerated().map { ServerSettings(name: "s\($0)", address: UpstreamAddress(host: $1.0, port: 8140)) }
        var report = PoolReport()
        (report.name, report.settings) = ("compilers", settings)
        report.servers = zip(Pool(settings: settings, site: nil, sites: []).servers, places).map { state, place in
            var server = ServerReport(state: state)
            (server.address, server.resolved) = (place.0.contains(":") ? "[\(place.0)]:8140" : "\(place.0):8140", place.1)
            return server
        }
        var service = ServiceReport()
        service.pools = [report]
        let text = SavedState.text(service, savedAt: 1) { _ in [] }
        let lines = text.split(separator: "\n").dropFirst(2).map { $0.split(separator: " ") }
        #expect(
            lines.prefix(6).map { "\($0[4]) \($0[18])" } == [
                "2001:db8::1 8140", "2001:db8::2 8140", "2001:db8::3 9140", "192.0.2.4 9140", "192.0.2.5 8140", "name.test 8140",
            ])
        let servers = try parsed(text).servers
        #expect(servers.map { "\($0.host) \($0.port)" } == places.map { "\($0.0) 8140" })
        #expect(servers.map(\.resolved) == [nil, "2001:db8::2", nil, "192.0.2.4", nil, nil])
    }

    /// HAProxy 2.6: stopped in maint, and running or starting in drain.
    @Test(arguments: [(AdminState.ready, "2 0"), (.drain, "2 8"), (.maint, "0 1")])
    func theOperationalStateFollowsTheAdministrativeOne(_ admin: AdminState, _ expected: String) throws {
        var settings = PoolSettings(name: "compilers", check: CheckSettings())
        settings.servers = [ServerSettings(name: "s1", address: UpstreamAddress(host: "192.0.2.1", port: 8140))]
        var pool = Pool(settings: settings, site: nil, sites: [])
        var actions: [PoolAction] = []
        pool.handle(.admin(pool.servers[0].id, admin), now: .zero, actions: &actions)
        var report = PoolReport()
        (report.name, report.settings) = ("compilers", settings)
        var server = ServerReport(state: pool.servers[0])
        server.address = "192.0.2.1:8140"
        report.servers = [server]
        var service = ServiceReport()
        service.pools = [report]
        let line = try #require(ServersState.text(service, pool: nil).split(separator: "\n").last)
        #expect(line.split(separator: " ")[5...6].joined(separator: " ") == expected)
        let saved = try #require(try parsed(SavedState.text(service, savedAt: 1) { _ in [] }).servers.first)
        #expect(saved.admin == admin)
    }

    /// Of a running HAProxy 2.6: a server in maintenance whose name was resolved, with half its weight.
    @Test func aFileOfHAProxysIsRead() throws {
        let state = try parsed(
            Self.header + "3 compilers 1 s1 192.0.2.7 0 1 5 10 86 6 3 7 6 0 0 0 compiler.example.org 8140 - 1 0 - - 0\n")
        let server = try #require(state.servers.first)
        #expect(server.admin == .maint && !server.isUp)
        #expect((server.host, server.port) == ("compiler.example.org", 8140))
        #expect(server.resolved == "192.0.2.7")
        #expect(server.weight == 5 && server.configuredWeight == 10)
        #expect(server.counter == 7 && server.isChecked && server.isAgentAsked)
    }

    @Test(arguments: [
        ("", 1), ("2\n", 1), ("1", 1), ("1\n3 compilers 1 s1\n", 2),
        ("1\n3 c 1 s1 192.0.2.7 9 1 5 10 86 6 3 7 6 0 0 0 - 8140 - 1 0 - - 0\n", 2),
        ("1\n3 c 1 s1 192.0.2.7 2 0 5 10 86 6 3 7 6 0 0 0 - 81400 - 1 0 - - 0\n", 2),
        ("1\n#saved soon\n", 2), ("1\n#saved -9223372036854775808\n", 2), ("1\n#saved 9223372036854775807\n", 2),
        ("1\n3 c 1 s1 192.0.2.7 2 0 5 10 86 6 3 7 6 0 0 0 - 8140 - 1 0 - - 0\n#maxconn c s1 9223372036854775807\n", 3),
        ("1\n#maxconn c s1 4\n", 2), ("1\n#configured c s1 192.0.2.7 8140\n", 2), ("1\n#stick c key s1\n", 2),
        ("1\n#stick c %G0 s1 5\n", 2),
        ("1\n#stick c key s1 -5\n", 2), ("1\n# cut sho", 2),
    ])
    func whatIsBrokenIsRefusedWithItsLine(_ text: String, line: Int) {
        let fault = #expect(throws: SavedState.Fault.self) { try parsed(text) }
        #expect(fault?.line == line)
    }
}
