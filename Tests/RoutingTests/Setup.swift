import Model
import Puppet
import Routing
import Settings

/// Values for the tests of routing.
enum Setup {
    static let names = ["zero", "one", "two", "ca"]

    /// Four pools; `enforcing` lists those that enforce certnames.
    static func settings(
        routes: [RouteSettings] = [], environments: [(String, Int)] = [], defaultPool: Int? = nil, caPool: Int? = nil,
        enforcing: Set<Int> = [0, 1, 2, 3], proxyAlone: Set<Int> = [], overflow: [Int: Int] = [:]
    ) -> ProxySettings {
        let site = SiteName("eie")
        let tls = UpstreamTLSSettings(certificate: CertificateFiles(chain: "c", key: "k"))
        let pools = names.enumerated().map { index, name in
            PoolSettings(
                name: name, tls: tls, identity: proxyAlone.contains(index) ? .none : .headers, enforceCertname: enforcing.contains(index),
                overflow: overflow[index].map { OverflowSettings(to: PoolIndex($0), averageQueueAbove: 1) })
        }
        return ProxySettings(
            site: site,
            sites: [
                SiteSettings(name: SiteName("other"), caPool: PoolIndex(0)), SiteSettings(name: site, caPool: caPool.map(PoolIndex.init)),
            ],
            pools: pools, routes: routes, environments: environments.map { EnvironmentRow(pattern: $0, pool: PoolIndex($1)) },
            defaultPool: defaultPool.map(PoolIndex.init))
    }

    static func route(_ name: String, to pool: Int, _ conditions: RouteConditions) -> RouteSettings {
        RouteSettings(name: name, conditions: conditions, pool: PoolIndex(pool))
    }

    static func request(
        _ target: String, method: RequestMethod = .get, version: String = "", isOperator: Bool = false
    ) -> PuppetRequest {
        var request = PuppetRequest()
        _ = request.classify(
            method: method, target: Array(target.utf8).span, agentVersion: Array(version.utf8).span, isOperator: isOperator)
        return request
    }

    static func identity(_ certname: String, _ extensions: [(String, String)] = []) -> ClientIdentity {
        ClientIdentity(
            certname: Array(certname.utf8), distinguishedName: [], serial: [], issuerDER: [], der: [],
            extensions: extensions.map { TrustedExtension(oid: $0, value: Array($1.utf8)) }, notAfter: 0, headerBlock: [])
    }

    /// `routes.x zero`, `refuse wrong_certname routes.x`: a decision as text.
    static func decide(
        _ settings: ProxySettings, _ target: String, certname: String? = nil, trusted: [(String, String)] = [],
        source: String = "192.0.2.1", queues: [Int: Int] = [:], method: RequestMethod = .get, version: String = "", listener: String = "",
        serverName: String = ""
    ) -> String {
        let table = RouteTable(settings)
        let identity = certname.map { Setup.identity($0, trusted) }
        let context = RouteContext(
            identity: identity, source: IPAddress(source), listener: Array(listener.utf8), serverName: Array(serverName.utf8))
        let asked = request(target, method: method, version: version, isOperator: identity?.mayOperateCA ?? false)
        let decision = table.decide(asked, context, averageQueue: { queues[$0.value] ?? 0 })
        switch decision {
        case .forward(let pool, let rule): return "\(table.name(rule)) \(names[pool.value])"
        case .refuse(let reason, let rule): return "refuse \(reason.rawValue) \(rule.map(table.name) ?? "-")"
        }
    }
}
