import Model
import Puppet
import Settings
import Testing

@testable import ConfigFile

/// The whole example of the reference loads, and means what it says.
@Suite struct ContractTests {
    private let result = ConfigurationLoader.load(
        path: Fixtures.path("contract.yaml"), site: nil, environmentSite: nil, checkFiles: false)

    private func settings() throws -> ProxySettings { try #require(result.settings) }

    @Test func loadsWithoutErrors() {
        #expect(result.errors.map(\.description) == [])
    }

    @Test func sites() throws {
        let settings = try settings()
        #expect(settings.site == SiteName("eie"))
        #expect(settings.sites.map(\.name.value) == ["eie", "knossos", "louros"])
        #expect(settings.sites[0].near.map(\.value) == ["knossos", "louros"])
        #expect(settings.pools[try #require(settings.caPool).value].name == "ca")
        #expect(settings.pools[try #require(settings.sites[2].caPool).value].name == "ca-louros")
    }

    @Test func listeners() throws {
        let settings = try settings()
        try #require(settings.listeners.count == 1)
        let listener = settings.listeners[0]
        #expect(listener.name == "agents")
        #expect(listener.address == ListenAddress(address: IPAddress(high: 0, low: 0), port: 8140))
        #expect(listener.http2)
        #expect(listener.proxyProtocol == [try #require(AddressBlock("127.0.0.0/8"))])
        #expect(listener.statusPath == "/puppetfront/alive")
        let tls = try #require(listener.tls)
        #expect(tls.certificates.map(\.key) == ["ec", "rsa"].map { Fixtures.folder + "/certs/puppet.grnet.gr.\($0).key" })
        #expect(tls.clientCA == Fixtures.folder + "/certs/ca.pem")
        #expect(tls.crl == Fixtures.folder + "/certs/crl.pem")
        #expect(tls.rules == TLSRules())
        #expect(tls.rules.crlCheck == .chain && tls.rules.crlShrink == .refuse && tls.rules.ciphers == nil)
        #expect(tls.rules.expiredCRL == .refuse)
        #expect(tls.clientCertificate == .optional)
        #expect(tls.rules.minimumVersion == .tls12)
        #expect(tls.rules.securityLevel == 2)
        #expect(!tls.sessionTickets)
        #expect(tls.ticketKeys == nil)
    }

    @Test func pools() throws {
        let settings = try settings()
        #expect(settings.pools.map(\.name) == ["compilers", "fast-compilers", "more-compilers", "development", "ca", "ca-louros"])
        let pool = settings.pools[0]
        #expect(pool.balance == .leastConnections)
        #expect(pool.hashBalanceFactor == 150)
        #expect(pool.stick == StickSettings(on: .certname, expire: .seconds(900), size: 204_800, wait: .seconds(10), peers: "grnet"))
        #expect(pool.identity == .headers)
        #expect(pool.enforceCertname)
        #expect(pool.queue == QueueSettings(size: 20000, timeout: .seconds(580)))
        #expect(pool.overflow == OverflowSettings(to: PoolIndex(2), averageQueueAbove: 1))
        #expect(pool.spill == .never)
        #expect(pool.backups == .all)
        #expect(pool.retry == RetrySettings(attempts: 2, budget: 20))
        #expect(pool.outlier == OutlierSettings(failures: 5, eject: .seconds(30), atMost: 50))
        #expect(pool.panic == 50)
        #expect(pool.load == PoolSettings.Load.none)
        #expect(pool.timeouts == PoolTimeouts(connect: .seconds(5), response: .seconds(1000), idle: .seconds(20)))
        #expect(pool.keepalive)
        #expect(pool.wireProtocol == .http1)
    }

    @Test(arguments: 0..<6) func everyPoolStartsFromTheDefaults(index: Int) throws {
        let pool = try settings().pools[index]
        let certificate = CertificateFiles(chain: Fixtures.folder + "/certs/proxy.pem", key: Fixtures.folder + "/certs/proxy.key")
        #expect(
            pool.tls
                == UpstreamTLSSettings(
                    ca: Fixtures.folder + "/certs/ca.pem", crl: Fixtures.folder + "/certs/crl.pem", certificate: certificate,
                    verify: .hostname, sni: .none, verifyName: nil))
        #expect(
            pool.check
                == CheckSettings(
                    method: "GET", target: "/status/v1/simple", expectedStatus: 200, expectedBody: "running", inter: .seconds(10),
                    fastinter: .seconds(1), downinter: .seconds(2), timeout: .seconds(5), rise: 2, fall: 3))
        for server in pool.servers {
            #expect(server.weight == 50)
            #expect(server.maxconn == MaxconnSettings(all: 12))
            #expect(server.slowstart == .seconds(30))
        }
    }

    @Test func servers() throws {
        let servers = try settings().pools[0].servers
        #expect(servers.map(\.name) == ["p1", "p2", "p0"])
        #expect(servers.map(\.site?.value) == ["eie", "knossos", "eie"])
        #expect(servers.map(\.backup) == [false, false, true])
        #expect(servers[0].address == UpstreamAddress(host: "p1.grnet.gr", port: 8140))
        #expect(servers[2].agentCheck == AgentCheckSettings(port: 9999, inter: .seconds(2)))
    }

    @Test func routes() throws {
        let settings = try settings()
        #expect(settings.routes.map(\.name) == ["crowded", "monitoring-first", "databases"])
        #expect(settings.routes.map(\.pool.value) == [2, 1, 1])
        let crowded = try #require(settings.routes[0].conditions.averageQueueAbove?.first)
        #expect(crowded.pool.value == 0 && crowded.limit == 1)
        #expect(settings.routes[1].conditions.source?.count == 3)
        #expect(settings.routes[1].conditions.source?.first == AddressBlock("194.177.210.168"))
        let conditions = settings.routes[2].conditions
        #expect(conditions.certname == ["*.db.grnet.gr"])
        #expect(conditions.environment == ["production"])
        #expect(conditions.endpoint == [.catalog])
        let trusted = try #require(conditions.trusted?.first)
        #expect(trusted.oid == "1.3.6.1.4.1.34380.1.1.13" && trusted.patterns == ["database"])
    }

    @Test func environments() throws {
        let settings = try settings()
        #expect(settings.environments.map(\.pattern) == ["production", "staging", "feature_*"])
        #expect(settings.environments.map(\.pool.value) == [0, 3, 3])
        #expect(settings.defaultPool?.value == 0)
    }

    @Test func theWholeService() throws {
        let settings = try settings()
        let socket = try #require(settings.admin.socket)
        #expect(socket.path == "/run/puppetfront/admin.sock")
        #expect(socket.mode == 0o660)
        #expect(socket.level == .admin)
        let http = try #require(settings.admin.http)
        #expect(http.address == ListenAddress(address: IPAddress(v4: 0x7F00_0001), port: 8141))
        #expect(!http.allowChanges && http.tls == nil && http.tokenFile == nil)
        let peers = try #require(settings.peers.first)
        #expect(peers.name == "grnet" && peers.local == "eie-anyhap")
        #expect(peers.members.map(\.name) == ["eie-anyhap", "knossos-anyhap"])
        #expect(settings.trustedOIDs == ["1.3.6.1.4.1.34380.1.2.1": "my_role"])
        #expect(settings.timeouts == TimeoutSettings())
        #expect(settings.limits == LimitSettings(perCertname: 4, queue: 20000))
        #expect(settings.logs == LogSettings())
        #expect(settings.onChangeHook == "/usr/local/sbin/puppetfront-event")
    }

    @Test func nothingOfItIsWarnedOf() { #expect(result.warnings.isEmpty) }
}
