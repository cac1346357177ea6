import Model
import Puppet
import Settings

/// A row of `routes`, compiled. Conditions are asked in the order of `RouteCondition`, dear ones last.
/// A class, so that going through the routes copies a reference, not five arrays.
final class RouteMatch: Sendable {
    let pool: PoolIndex
    private let endpoints: Set<PuppetEndpoint>?
    private let environments: [Pattern]?
    private let certnames: [Pattern]?
    private let sources: [AddressBlock]?
    private let trusted: [(oid: String, patterns: [Pattern])]
    private let averageQueueAbove: [(pool: PoolIndex, limit: Int)]

    init(_ route: RouteSettings) {
        let conditions = route.conditions
        pool = route.pool
        endpoints = conditions.endpoint
        environments = conditions.environment?.map { Pattern($0) }
        certnames = conditions.certname?.map { Pattern($0, ignoresCase: true) }
        sources = conditions.source
        trusted = (conditions.trusted ?? []).map { ($0.oid, $0.patterns.map { Pattern($0) }) }
        averageQueueAbove = conditions.averageQueueAbove ?? []
    }

    /// The first condition that does not hold; nil where all do.
    /// - Parameters:
    ///   - source: nil where it is not known: no condition on it holds.
    ///   - averageQueue: asked only where a condition on it is reached.
    func failure(
        _ request: borrowing PuppetRequest, identity: ClientIdentity?, source: IPAddress?, averageQueue: (PoolIndex) -> Int
    ) -> RouteCondition? {
        if let endpoints, !endpoints.contains(request.endpoint) { return .endpoint }
        if let environments, request.environment.isEmpty || !environments.contains(where: { $0.matches(request.environment) }) {
            return .environment
        }
        if let certnames {
            guard let identity, certnames.contains(where: { $0.matches(identity.certname) }) else { return .certname }
        }
        if let sources {
            guard let source, sources.contains(where: { $0.contains(source) }) else { return .source }
        }
        for (oid, patterns) in trusted where !RouteMatch.holds(identity, oid, patterns) { return .trusted(oid: oid) }
        for (pool, limit) in averageQueueAbove where averageQueue(pool) <= limit { return .averageQueue(pool) }
        return nil
    }

    private static func holds(_ identity: ClientIdentity?, _ oid: String, _ patterns: [Pattern]) -> Bool {
        guard let identity else { return false }
        for found in identity.extensions where found.oid == oid {
            if patterns.contains(where: { $0.matches(found.value) }) { return true }
        }
        return false
    }
}

/// A condition of a route, as an answer to why the route did not match.
package enum RouteCondition: Sendable, Equatable {
    case endpoint, environment, certname, source
    case trusted(oid: String)
    /// avg_queue of that pool.
    case averageQueue(PoolIndex)
}
