import Model
import Puppet
import Settings

/// A condition of a route's `when`, ready to be asked. Each is in a file of its own, which has all that is known of it: when it holds, and
/// the words for it. Docs: configuration.md, `routes`.
package enum RouteCondition: Sendable {
    case endpoint(EndpointCondition)
    case method(MethodCondition)
    case listener(ListenerCondition)
    case environment(EnvironmentCondition)
    case certname(CertnameCondition)
    case source(SourceCondition)
    case serverName(ServerNameCondition)
    case agentVersion(AgentVersionCondition)
    case path(PathCondition)
    case trusted(TrustedCondition)
    case averageQueue(AverageQueueCondition)

    /// Cheap ones first: the order in which they are asked.
    static func all(of route: RouteSettings, in settings: ProxySettings) -> [RouteCondition] {
        let conditions = route.conditions
        var all: [RouteCondition] = []
        if let wanted = conditions.endpoint { all.append(.endpoint(EndpointCondition(wanted))) }
        if let wanted = conditions.method { all.append(.method(MethodCondition(wanted))) }
        if let wanted = conditions.listener { all.append(.listener(ListenerCondition(wanted))) }
        if let wanted = conditions.environment { all.append(.environment(EnvironmentCondition(wanted))) }
        if let wanted = conditions.certname { all.append(.certname(CertnameCondition(wanted))) }
        if let wanted = conditions.source { all.append(.source(SourceCondition(wanted))) }
        if let wanted = conditions.serverName { all.append(.serverName(ServerNameCondition(wanted))) }
        if let wanted = conditions.agentVersion { all.append(.agentVersion(AgentVersionCondition(wanted))) }
        if let wanted = conditions.path { all.append(.path(PathCondition(wanted))) }
        for (oid, globs) in conditions.trusted ?? [] { all.append(.trusted(TrustedCondition(oid: oid, globs, settings))) }
        for (pool, limit) in conditions.averageQueueAbove ?? [] {
            all.append(.averageQueue(AverageQueueCondition(pool, above: limit, settings)))
        }
        return all
    }

    /// - Parameter averageQueue: asked only by a condition on it.
    func holds(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> Bool {
        switch self {
        case .endpoint(let condition): condition.holds(request)
        case .method(let condition): condition.holds(request)
        case .listener(let condition): condition.holds(context)
        case .environment(let condition): condition.holds(request)
        case .certname(let condition): condition.holds(context)
        case .source(let condition): condition.holds(context)
        case .serverName(let condition): condition.holds(context)
        case .agentVersion(let condition): condition.holds(request)
        case .path(let condition): condition.holds(request)
        case .trusted(let condition): condition.holds(context)
        case .averageQueue(let condition): condition.holds(averageQueue)
        }
    }

    /// For the words alone, off the hot path.
    private var described: any DescribedCondition {
        switch self {
        case .endpoint(let condition): condition
        case .method(let condition): condition
        case .listener(let condition): condition
        case .environment(let condition): condition
        case .certname(let condition): condition
        case .source(let condition): condition
        case .serverName(let condition): condition
        case .agentVersion(let condition): condition
        case .path(let condition): condition
        case .trusted(let condition): condition
        case .averageQueue(let condition): condition
        }
    }

    /// Its key in `when`.
    package var key: String { described.key }

    /// What it asks for, such as `certname *.db.example`.
    package var description: String { described.description }

    /// Why it does not hold: what was wanted and what the request has.
    package func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        described.whyNot(request, context, averageQueue)
    }
}

/// A condition in words.
protocol DescribedCondition {
    var key: String { get }
    var description: String { get }
    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String
}

/// The sentences that conditions share.
enum ConditionWords {
    static func list(_ words: [String]) -> String { words.joined(separator: ", ") }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// `environment x is not y`, `environment x is none of y, z`.
    static func isNot(_ found: String, _ wanted: [String]) -> String {
        wanted.count == 1 ? "\(found) is not \(wanted[0])" : "\(found) is none of \(list(wanted))"
    }

    /// `no verified certificate; wanted y, z`.
    static func missing(_ what: String, _ wanted: [String]) -> String { "\(what); wanted \(list(wanted))" }
}
