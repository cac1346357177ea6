import Model
import Puppet
import Settings

/// Where may a request go? Built once from valid settings, immutable, shared by all workers.
///
/// | request | then |
/// |---|---|
/// | a CA's, and this site has a CA pool | that pool, whatever the routes say |
/// | matches a route | the first that matches |
/// | its environment is in the table | exact name, then the most specific glob |
/// | else | the default pool, else refused: no_route |
///
/// A request that only the agent of its certname may make is refused (wrong_certname) where the pool enforces that and the verified
/// certificate is another's. Without a certificate it goes on, and Puppet Server refuses it, unless `ClientRequirement` does.
package final class RouteTable: Sendable {
    /// `routes.NAME`, `environments.PATTERN`, `environments.default`, `sites.NAME.ca`, `instances.NAME`: by RuleID.
    private let names: [String]
    private let nameBytes: [[UInt8]]
    private let caPool: PoolIndex?
    private let routes: [RouteMatch]
    private let filter: RouteFilter
    private let environments: EnvironmentTable
    private let environmentPools: [PoolIndex]
    private let defaultPool: PoolIndex?
    private let enforcesCertname: [Bool]
    /// By pool: it, or a pool that it overflows to, shows the proxy's certificate and no identity fields.
    private let seesProxyAlone: [Bool]

    /// Rules are numbered: routes, environments, default, CA, instances.
    package init(_ settings: ProxySettings) {
        names =
            settings.routes.map { "routes.\($0.name)" } + settings.environments.map { "environments.\($0.pattern)" }
            + ["environments.default", "sites.\(settings.site?.value ?? "").ca"] + settings.instances.map { "instances.\($0.name)" }
        nameBytes = names.map { Array($0.utf8) }
        caPool = settings.caPool
        routes = settings.routes.map { RouteMatch($0, settings) }
        filter = RouteFilter(settings.routes)
        environments = EnvironmentTable(settings.environments)
        environmentPools = settings.environments.map(\.pool)
        defaultPool = settings.defaultPool
        enforcesCertname = settings.pools.map(\.enforceCertname)
        seesProxyAlone = settings.pools.indices.map { RouteTable.seesProxyAlone($0, settings) }
    }

    private static func seesProxyAlone(_ pool: Int, _ settings: ProxySettings) -> Bool {
        var next: Int? = pool
        for _ in 0..<settings.pools.count {
            guard let index = next, settings.pools.indices.contains(index) else { return false }
            let pool = settings.pools[index]
            if pool.identity == .none, showsCertificate(pool) { return true }
            next = pool.overflow?.to.value
        }
        return false
    }

    private static func showsCertificate(_ pool: PoolSettings) -> Bool {
        pool.tls?.certificate != nil
            || pool.servers.contains { if case .own(let tls) = $0.tls { tls.certificate != nil } else { false } }
    }

    /// - Parameters:
    ///   - request: completely classified.
    ///   - averageQueue: a pool's queued requests by usable server, rounded up; asked only where a route depends on it.
    package func decide(
        _ request: borrowing PuppetRequest, _ context: RouteContext, averageQueue: (PoolIndex) -> Int
    ) -> Decision {
        if request.isCA, let caPool { return admit(request, context.identity, caPool, caRule) }
        if let number = match(request, context, averageQueue) {
            return admit(request, context.identity, routes[number].pool, RuleID(number))
        }
        return decideByEnvironment(request, context.identity)
    }

    /// Where the environments table alone sends an environment; nil: nowhere.
    package func pool(ofEnvironment name: [UInt8]) -> PoolIndex? {
        environments.row(for: name).map { environmentPools[$0] } ?? defaultPool
    }

    /// The rule of requests that another instance has decided; `number` counts in `ProxySettings.instances`.
    package func rule(ofInstance number: Int) -> RuleID { RuleID(caRule.value + 1 + number) }

    package func name(_ rule: RuleID) -> String { names[rule.value] }

    /// The same text as bytes, for logs.
    package func nameBytes(_ rule: RuleID) -> [UInt8] { nameBytes[rule.value] }

    /// What a route asks for, in words: `certname *.db.example and environment production`. Empty for other rules.
    package func conditions(_ rule: RuleID) -> String {
        guard routes.indices.contains(rule.value) else { return "" }
        return routes[rule.value].conditions.map(\.description).joined(separator: " and ")
    }

    /// As `decide`, with the rules that were looked at. Not for the hot path.
    package func trace(
        _ request: borrowing PuppetRequest, _ context: RouteContext, averageQueue: (PoolIndex) -> Int
    ) -> RouteTrace {
        let identity = context.identity
        if request.isCA, let caPool { return RouteTrace(passed: [], decision: admit(request, identity, caPool, caRule)) }
        var passed: [RouteTrace.Passed] = []
        for (number, route) in routes.enumerated() {
            guard let failure = route.failure(request, context, averageQueue: averageQueue) else {
                return RouteTrace(passed: passed, decision: admit(request, identity, route.pool, RuleID(number)))
            }
            passed.append(RouteTrace.Passed(rule: RuleID(number), failure: failure))
        }
        return RouteTrace(passed: passed, decision: decideByEnvironment(request, identity))
    }

    private var defaultRule: RuleID { RuleID(routes.count + environmentPools.count) }
    private var caRule: RuleID { RuleID(routes.count + environmentPools.count + 1) }

    /// The number of the first route that matches.
    private func match(
        _ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int
    ) -> Int? {
        if routes.isEmpty { return nil }
        let filter = filter
        let facts = filter.facts(request, context)
        var candidate = filter.first(from: 0, facts)
        while let number = candidate {
            if routes[number].failure(request, context, averageQueue: averageQueue) == nil { return number }
            candidate = filter.first(from: number + 1, facts)
        }
        return nil
    }

    private func decideByEnvironment(_ request: borrowing PuppetRequest, _ identity: ClientIdentity?) -> Decision {
        if let row = environments.row(for: request.environment) {
            return admit(request, identity, environmentPools[row], RuleID(routes.count + row))
        }
        guard let defaultPool else { return .refuse(.noRoute, rule: nil) }
        return admit(request, identity, defaultPool, defaultRule)
    }

    private func admit(
        _ request: borrowing PuppetRequest, _ identity: ClientIdentity?, _ pool: PoolIndex, _ rule: RuleID
    ) -> Decision {
        let requirement = ClientRequirement(request, seesProxyAlone: seesProxyAlone[pool.value])
        if let reason = requirement.refusal(identity) { return .refuse(reason, rule: rule) }
        if let identity, request.isOwnCertnameOnly, enforcesCertname[pool.value], !isOwn(request, identity) {
            return .refuse(.wrongCertname, rule: rule)
        }
        return .forward(pool: pool, rule: rule)
    }

    private func isOwn(_ request: borrowing PuppetRequest, _ identity: ClientIdentity) -> Bool {
        guard request.certname.count == identity.foldedCertname.count else { return false }
        for index in 0..<request.certname.count where ASCII.lowercased(request.certname[index]) != identity.foldedCertname[index] {
            return false
        }
        return true
    }
}
