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
/// certificate is another's. Without a certificate it goes on, and Puppet Server refuses it.
package final class RouteTable: Sendable {
    /// `routes.NAME`, `environments.PATTERN`, `environments.default`, `sites.NAME.ca`: by RuleID.
    private let names: [String]
    private let nameBytes: [[UInt8]]
    private let caPool: PoolIndex?
    private let routes: [RouteMatch]
    private let filter: RouteFilter
    private let environments: EnvironmentTable
    private let environmentPools: [PoolIndex]
    private let defaultPool: PoolIndex?
    private let enforcesCertname: [Bool]

    /// Rules are numbered: routes, environments, default, CA.
    package init(_ settings: ProxySettings) {
        names =
            settings.routes.map { "routes.\($0.name)" } + settings.environments.map { "environments.\($0.pattern)" }
            + ["environments.default", "sites.\(settings.site?.value ?? "").ca"]
        nameBytes = names.map { Array($0.utf8) }
        caPool = settings.caPool
        routes = settings.routes.map(RouteMatch.init)
        filter = RouteFilter(settings.routes)
        environments = EnvironmentTable(settings.environments)
        environmentPools = settings.environments.map(\.pool)
        defaultPool = settings.defaultPool
        enforcesCertname = settings.pools.map(\.enforceCertname)
    }

    /// - Parameters:
    ///   - request: completely classified.
    ///   - identity: nil without a verified certificate.
    ///   - source: the agent's, after PROXY protocol.
    ///   - averageQueue: a pool's queued requests by usable server, rounded up; asked only where a route depends on it.
    package func decide(
        _ request: borrowing PuppetRequest, identity: ClientIdentity?, source: IPAddress, averageQueue: (PoolIndex) -> Int
    ) -> Decision {
        if request.isCA, let caPool { return admit(request, identity, caPool, caRule) }
        if let number = match(request, identity, source, averageQueue) {
            return admit(request, identity, routes[number].pool, RuleID(number))
        }
        return decideByEnvironment(request, identity)
    }

    /// Where the environments table alone sends an environment; nil: nowhere.
    package func pool(ofEnvironment name: [UInt8]) -> PoolIndex? {
        environments.row(for: name).map { environmentPools[$0] } ?? defaultPool
    }

    package func name(_ rule: RuleID) -> String { names[rule.value] }

    /// The same text as bytes, for logs.
    package func nameBytes(_ rule: RuleID) -> [UInt8] { nameBytes[rule.value] }

    /// As `decide`, and tells which rules were looked at. Not for the hot path.
    /// - Parameter source: nil where it is not known: no condition on it holds.
    package func trace(
        _ request: borrowing PuppetRequest, identity: ClientIdentity?, source: IPAddress?, averageQueue: (PoolIndex) -> Int
    ) -> RouteTrace {
        if request.isCA, let caPool { return RouteTrace(passed: [], decision: admit(request, identity, caPool, caRule)) }
        var passed: [RouteTrace.Passed] = []
        for (number, route) in routes.enumerated() {
            guard let failure = route.failure(request, identity: identity, source: source, averageQueue: averageQueue) else {
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
        _ request: borrowing PuppetRequest, _ identity: ClientIdentity?, _ source: IPAddress, _ averageQueue: (PoolIndex) -> Int
    ) -> Int? {
        if routes.isEmpty { return nil }
        let filter = filter
        let facts = filter.facts(request, identity: identity, source: source)
        var candidate = filter.first(from: 0, facts)
        while let number = candidate {
            if routes[number].failure(request, identity: identity, source: source, averageQueue: averageQueue) == nil { return number }
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
