import Admin
import Balancing
import Model
import Settings
import Telemetry

/// A service of values: one listener, the pool `compilers` (s1 with health check and agent, s2 a plain backup) with a stick table, the pool
/// `empty`. Remembers what it was asked to do.
struct FakeHost: AdminHost {
    var service: ServiceReport
    var sticks: [StickReport] = []
    var actions: [AdminAction] = []
    /// How each action ends.
    var outcome = AdminOutcome.done
    /// What the service finds when it is asked, and what it was asked.
    var finding = AdminFinding.sessions(SessionList())
    var inquiries: [AdminInquiry] = []
    var used: [CertificateReport.Kind: MaterialReport] = [
        .certificate: MaterialReport(file: "/tls/proxy.pem", count: 2), .authority: MaterialReport(file: "/tls/ca.pem", count: 1),
        .revocationList: MaterialReport(file: "/tls/crl.pem", count: 1),
    ]
    var runs: [String: [AgentRun]] = [:]
    var staged: [CertificateReport.Kind: MaterialReport] = [:]

    init() {
        service = ServiceReport()
        service.process.version = "1.2.3"
        service.process.uptime = 93_784
        var listener = ListenerReport()
        listener.name = "agents"
        listener.totalConnections = 7
        service.listeners = [listener]
        var first = ServerSettings(name: "s1", address: UpstreamAddress(host: "192.0.2.1", port: 8140), weight: 5)
        first.agentCheck = AgentCheckSettings(port: 8141)
        let second = ServerSettings(name: "s2", address: UpstreamAddress(host: "192.0.2.2", port: 8140), backup: true)
        var compilers = PoolSettings(
            name: "compilers", stick: StickSettings(on: .certname, size: 100), check: CheckSettings(), servers: [first, second])
        compilers.queue.size = 9
        service.pools = [Self.report(compilers), Self.report(PoolSettings(name: "empty"))]
        var anycast = AnycastReport(state: .announced)
        (anycast.reason, anycast.via, anycast.isConfirmed, anycast.believed) = ("enough usable servers", "bird", true, .announced)
        anycast.usable = [("compilers", 2)]
        service.anycast = anycast
        var stick = StickReport()
        (stick.key, stick.server, stick.serverNumber, stick.remaining) = ("web1.test", "s1", 1, 4200)
        sticks = [stick]
    }

    private static func report(_ settings: PoolSettings) -> PoolReport {
        let pool = Pool(settings: settings, site: nil, sites: [])
        var report = PoolReport()
        report.name = settings.name
        report.settings = settings
        report.sticks = settings.stick == nil ? 0 : 1
        report.servers = pool.servers.map { state in
            var server = ServerReport(state: state)
            server.address = "\(state.settings.address.host):\(state.settings.address.port)"
            server.traffic.requests = 3
            return server
        }
        return report
    }

    /// A server of `compilers`.
    mutating func set(_ name: String, _ admin: AdminState) {
        var (pool, actions) = (Pool(settings: service.pools[0].settings, site: nil, sites: []), [PoolAction]())
        for (index, state) in pool.servers.enumerated() where state.name == name {
            pool.handle(.admin(state.id, admin), now: MonotonicTime(nanoseconds: 0), actions: &actions)
            service.pools[0].servers[index].state = pool.servers[index]
        }
    }

    func report() -> ServiceReport { service }
    func pool(_ name: String) -> PoolReport? { service.pools.first { $0.name == name } }
    func listenerState(_ name: String) -> ListenerReport.State? { service.listeners.first { $0.name == name }?.state }
    var uptime: Int64 { service.process.uptime }
    var lastReload: ReloadReport?
    var isConfigurationStale = false
    var anycast: AnycastReport? { service.anycast }
    func readiness() -> Readiness { service.process.readiness }
    func sticks(of pool: String, key: String?, limit: Int) -> [StickReport]? {
        pool == "compilers" ? Array(sticks.filter { key == nil || $0.key == key }.prefix(limit)) : nil
    }
    func materials(_ kind: CertificateReport.Kind) -> [MaterialReport] { used[kind].map { [$0] } ?? [] }
    func transaction(_ kind: CertificateReport.Kind) -> MaterialReport? { staged[kind] }
    func runs(of certname: String) -> [AgentRun] { runs[certname] ?? [] }
    func explain(_ words: [String]) -> AdminReply { .done("explained \(words.joined(separator: "|"))\n") }

    mutating func perform(_ action: AdminAction) -> AdminOutcome {
        actions.append(action)
        return outcome
    }
}

extension AdminAction.ServerName {
    static let s1 = AdminAction.ServerName(pool: "compilers", server: "s1")
}

/// The reply to one line, with the empty line after it.
func answer(_ line: String, level: AdminLevel = .admin, host: FakeHost = FakeHost()) -> String {
    var host = host
    return answer(line, level: level, host: &host)
}

func answer(_ line: String, level: AdminLevel = .admin, host: inout FakeHost) -> String {
    var shell = AdminShell(level: level)
    var text = shell.take("\(line)\n".utf8, host: &host)
    while let inquiry = shell.inquiry {
        host.inquiries.append(inquiry)
        text += shell.answer(host.finding, host: &host)
    }
    return text
}
