import Model
import Settings
import Testing

@testable import ConfigFile

/// What is left out, and how `defaults` reaches pools and servers.
@Suite struct DefaultsTests {
    private func settings(_ text: String) throws -> ProxySettings {
        let result = Fixtures.parse(text)
        #expect(result.errors.map(\.description) == [])
        return try #require(result.settings)
    }

    @Test func whatIsLeftOut() throws {
        let settings = try settings(Fixtures.minimal())
        #expect(settings.site == nil)
        #expect(settings.listeners[0].name == "127.0.0.1:8140")
        #expect(settings.listeners[0].tls == nil)
        #expect(settings.pools[0] == PoolSettings(name: "compilers", servers: settings.pools[0].servers))
        #expect(settings.pools[0].balance == .leastConnections)
        #expect(settings.pools[0].identity == .headers)
        #expect(settings.pools[0].queue == QueueSettings(size: 20000, timeout: .seconds(580)))
        #expect(settings.pools[0].check == nil)
        let server = settings.pools[0].servers[0]
        #expect(server.weight == 1 && server.maxconn == MaxconnSettings() && server.site == nil && !server.backup)
        #expect(settings.timeouts == TimeoutSettings())
        #expect(settings.limits == LimitSettings())
        #expect(settings.logs == LogSettings())
        #expect(settings.admin.socket == nil && settings.admin.http == nil)
    }

    @Test func anEmptyCheckTakesItsIntervalEverywhere() throws {
        #expect(try settings(Fixtures.minimal(pool: "check: {}")).pools[0].check == CheckSettings())
        let check = try #require(try settings(Fixtures.minimal(pool: "check: { inter: 7s }")).pools[0].check)
        #expect(check.fastinter == .seconds(7) && check.downinter == .seconds(7) && check.timeout == .seconds(7))
    }

    @Test func limitsOfNoneAreSaidInFull() throws {
        let settings = try settings(Fixtures.minimal("limits: { queue: 0 }", pool: "stick: { on: source, wait: 0s }\npanic: 0%"))
        #expect(settings.limits.queue == 0)
        #expect(settings.pools[0].stick?.wait == .zero)
        #expect(settings.pools[0].panic == 0)
    }

    @Test func mapsMergeDeeplyListsReplaceNullUnsets() throws {
        let settings = try settings(
            """
            listeners: { address: "127.0.0.1:8140" }
            defaults:
              pool:
                check: { inter: 10s, expect: { status: 204, body: running } }
                tls: { ca: ca.pem, certificate: { chain: a.pem, key: a.key } }
                servers: [ { name: p9, address: "127.0.0.1:9" } ]
              server: { weight: 50, maxconn: 12 }
            pools:
              one:
                check: { rise: 5, expect: { body: null } }
                servers: [ { name: p1, address: "127.0.0.1:1", weight: 7, maxconn: null }, { name: p2, address: "127.0.0.1:2" } ]
              two: { tls: { certificate: { key: b.key } }, check: null }
              three: { tls: null }
              four:
            """)
        let (one, two, three, four) = (settings.pools[0], settings.pools[1], settings.pools[2], settings.pools[3])
        #expect(one.check == CheckSettings(expectedStatus: 204, expectedBody: nil, inter: .seconds(10), rise: 5))
        #expect(one.servers.map(\.name) == ["p1", "p2"])
        #expect(one.servers.map(\.weight) == [7, 50])
        #expect(one.servers.map(\.maxconn.all) == [nil, 12])
        #expect(two.check == nil)
        #expect(two.tls?.certificate == CertificateFiles(chain: "/etc/puppetfront/a.pem", key: "/etc/puppetfront/b.key"))
        #expect(three.tls == nil && three.check != nil)
        #expect(four.servers.map(\.name) == ["p9"])
        #expect(four.servers.map(\.weight) == [50])
    }

    /// `tls` and `check` of a server over those of its pool.
    @Test func whatAServerSaysGoesBeforeItsPool() throws {
        let settings = try settings(
            """
            listeners: { address: "127.0.0.1:8140" }
            defaults:
              pool: { tls: { ca: ca.pem, sni: host }, check: { inter: 10s, expect: { body: running } } }
              server: { check: { rise: 7 } }
            pools:
              one:
                tls: { verify_name: all.example }
                servers:
                  - { name: p1, address: "192.0.2.1:8140", check: null }
                  - { name: p2, address: "192.0.2.2:8140", tls: { verify_name: p2.example, sni: none }, check: { inter: 3s, port: 9000, tls: false, host: "puppet:8140" } }
                  - { name: p3, address: "192.0.2.3:8140", tls: none, check: none }
              two:
                tls: null
                servers: { name: p4, address: "192.0.2.4:8140", tls: { ca: other.pem } }
              three:
                tls: { server_name: old.example }
                servers:
                  - { name: p5, address: "192.0.2.5:8140" }
                  - { name: p6, address: "192.0.2.6:8140", tls: { verify_name: new.example, sni: none } }
                  - { name: p7, address: "192.0.2.7:8140", tls: { server_name: 192.0.2.77 } }
            """)
        let (one, two, three) = (settings.pools[0], settings.pools[1], settings.pools[2])
        let ca = "/etc/puppetfront/ca.pem"
        #expect(one.servers.map(\.tls).map(\.own) == [nil, UpstreamTLSSettings(ca: ca, verifyName: "p2.example"), nil])
        #expect(one.servers[1].tls.own?.sni == UpstreamTLSSettings.SNI.none)
        #expect(one.tls(of: one.servers[0]) == UpstreamTLSSettings(ca: ca, sni: .host, verifyName: "all.example"))
        #expect(one.tls(of: one.servers[2]) == nil && one.check(of: one.servers[2]) == nil)
        #expect(one.check(of: one.servers[0]) == CheckSettings(expectedBody: "running", inter: .seconds(10)))
        #expect(
            one.check(of: one.servers[1])
                == CheckSettings(
                    expectedBody: "running", inter: .seconds(3), rise: 7, port: 9000, tls: false, host: "puppet:8140"))
        #expect(one.upstreamTLS.count == 2)
        #expect(two.tls == nil && two.tls(of: two.servers[0])?.ca == "/etc/puppetfront/other.pem")
        // In the defaults `sni: host` comes before the older key.
        #expect(three.tls(of: three.servers[0]) == UpstreamTLSSettings(ca: ca, sni: .host, verifyName: "old.example"))
        #expect(three.tls(of: three.servers[1]) == UpstreamTLSSettings(ca: ca, verifyName: "new.example"))
        #expect(three.tls(of: three.servers[2]) == UpstreamTLSSettings(ca: ca, sni: .host, verifyName: "192.0.2.77"))
    }

    @Test(arguments: [("old.example", UpstreamTLSSettings.SNI.name("old.example")), ("192.0.2.1", .none)])
    func serverNameIsStillRead(_ name: String, _ sni: UpstreamTLSSettings.SNI) throws {
        let pool = try settings(Fixtures.minimal(pool: "tls: { ca: ca.pem, server_name: \(name) }")).pools[0]
        #expect(pool.tls == UpstreamTLSSettings(ca: "/etc/puppetfront/ca.pem", sni: sni, verifyName: name))
    }

    @Test(arguments: ["puppet", "puppet.example:8140", "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:8140"])
    func hostFieldsOfChecks(_ host: String) throws {
        #expect(try settings(Fixtures.minimal(pool: "check: { host: \"\(host)\" }")).pools[0].check?.host == host)
    }

    @Test(arguments: [
        "", "a b", ":8140", "puppet:", "puppet:0", "puppet:65536", "puppet:+1", "2001:db8::1", "[puppet]", "[::1", "[::1]8140",
    ])
    func whatIsNoHostField(_ host: String) {
        #expect(Fixtures.parse(Fixtures.minimal(pool: "check: { host: \"\(host)\" }")).settings == nil)
    }

    @Test func scalarsStayTheirSourceText() throws {
        let settings = try settings(
            """
            listeners: { name: on, address: "127.0.0.1:8140" }
            pools: { 010: { servers: { name: 1.20, address: "127.0.0.1:8141" } } }
            environments: { 0660: 010, on: 010, 1.2e3: 010, default: 010 }
            """.replacing("1.2e3", with: "1e3"))
        #expect(settings.listeners[0].name == "on")
        #expect(settings.pools[0].name == "010")
        #expect(settings.pools[0].servers[0].name == "1.20")
        #expect(settings.environments.map(\.pattern) == ["0660", "on", "1e3"])
    }

    @Test func aliasesRepeatWhatTheyName() throws {
        let settings = try settings(
            """
            listeners: { address: "127.0.0.1:8140" }
            pools:
              one: { check: &check { inter: &long 9s }, servers: &servers [ { name: p1, address: "127.0.0.1:1" } ] }
              two: { check: *check, servers: *servers, timeouts: { connect: *long } }
            """)
        #expect(settings.pools[1].check == settings.pools[0].check)
        #expect(settings.pools[1].servers == settings.pools[0].servers)
        #expect(settings.pools[1].timeouts.connect == .seconds(9))
    }

    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("15m", .seconds(900)), ("1h", .seconds(3600)),
        ("8760h", .seconds(31_536_000)),
    ])
    func durations(text: String, expected: Duration) throws {
        #expect(try settings(Fixtures.minimal(pool: "queue: { timeout: \(text) }")).pools[0].queue.timeout == expected)
    }

    @Test(arguments: [("4096", 4096), ("200k", 204_800), ("1M", 1_048_576)])
    func sizes(text: String, expected: Int) throws {
        #expect(try settings(Fixtures.minimal("limits: { head: \(text) }")).limits.head == expected)
    }

    @Test(arguments: [0, 1, 256]) func weights(weight: Int) throws {
        #expect(try settings(Fixtures.minimal(server: "weight: \(weight)")).pools[0].servers[0].weight == weight)
    }

    @Test(arguments: [
        ("stdout", LogSettings.Target.stdout), ("none", .none), ("/var/log/access", .file("/var/log/access")),
        ("access.log", .file("/etc/puppetfront/access.log")), ("\"syslog:/dev/log\"", .syslog(.socket(path: "/dev/log"))),
        ("\"syslog:127.0.0.1:1514\"", .syslog(.udp(UpstreamAddress(host: "127.0.0.1", port: 1514)))),
        ("\"syslog:[2001:db8::1]\"", .syslog(.udp(UpstreamAddress(host: "2001:db8::1", port: 514)))),
        ("\"syslog:loghost\"", .syslog(.udp(UpstreamAddress(host: "loghost", port: 514)))),
    ])
    func accessLogs(text: String, expected: LogSettings.Target) throws {
        #expect(try settings(Fixtures.minimal("logs: { access: { to: \(text) } }")).logs.accessTo == expected)
    }
}
