import Balancing
import Model
import Puppet
import Routing
import Settings

/// What puppetfront takes a request for, which rule decides, and in which order the servers would be tried. Every server counts as
/// usable; conditions on queues count as not holding, unless the queues are given. Nothing is sent.
package struct Explanation: Sendable {
    package let question: Question
    package let site: SiteName?
    package let endpoint: PuppetEndpoint
    package let isCA: Bool
    /// The request's own; nil where it names none.
    package let certname: String?
    package let environment: String?
    package let environmentSource: PuppetRequest.EnvironmentSource?
    /// nil: the request is forwarded.
    package let reason: Reason?
    /// What could be read two ways, where `reason` is bad_request.
    package let ambiguity: Ambiguity?
    /// The rule that decided; nil where none was reached or none matched.
    package let route: String?
    /// nil where the request is refused.
    package let pool: String?
    /// How that pool chooses among the servers of a tier.
    package let balance: PoolSettings.Balance?
    /// Server names, in the file's order; empty where the request is refused.
    package let tiers: [[String]]
    /// Those names in `tiers` that are other instances.
    package let instances: Set<String>
    /// The rules that were looked at before the one that decided, each with why it did not match.
    package let passed: [(rule: String, why: String)]
    /// Whether a body that was not given could have named another environment.
    package let bodyMatters: Bool

    package var isForward: Bool { reason == nil }

    /// - Parameter averageQueue: of a pool, by its name; nil: not known
    package init(
        _ question: Question, settings: ProxySettings, averageQueue: ((_ pool: String) -> Int)? = nil
    ) throws(QuestionError) {
        let identity = try Explanation.identity(question, settings)
        if let listener = question.listener, !settings.listeners.contains(where: { $0.name == listener }) {
            throw .unknownListener(listener)
        }
        var request = PuppetRequest()
        let refusal = Explanation.classify(question, settings.limits, identity, &request)
        self.question = question
        site = settings.site
        endpoint = request.endpoint
        isCA = request.isCA
        certname = Explanation.text(request.certname)
        environment = Explanation.text(request.environment)
        environmentSource = request.environmentSource
        ambiguity = refusal?.ambiguity
        bodyMatters = (request.endpoint == .catalog || request.endpoint == .compile) && question.body == nil && question.method == "POST"
        instances = Set(settings.instances.map(\.name))
        guard refusal == nil else {
            (reason, route, pool, balance, tiers, passed) = (refusal?.reason, nil, nil, nil, [], [])
            return
        }
        let routes = RouteTable(settings)
        let context = RouteContext(
            identity: identity, source: question.source, listener: Explanation.bytes(question.listener),
            serverName: Explanation.bytes(question.serverName))
        let length: (PoolIndex) -> Int = { averageQueue?(settings.pools[$0.value].name) ?? AverageQueueCondition.unknown }
        let trace = routes.trace(request, context, averageQueue: length)
        let words = RuleWords(request: request, context: context, settings: settings, routes: routes, averageQueue: length)
        passed = words.passed(trace)
        switch trace.decision {
        case .forward(let index, let rule):
            (reason, route) = (nil, routes.name(rule))
            pool = settings.pools[index.value].name
            balance = settings.pools[index.value].balance
            tiers = Explanation.tiers(settings.pools[index.value], settings)
        case .refuse(let why, let rule):
            (reason, route) = (why, rule.map(routes.name))
            (pool, balance, tiers) = (nil, nil, [])
        }
    }

    private static func tiers(_ pool: PoolSettings, _ settings: ProxySettings) -> [[String]] {
        let order = Tiers.order(servers: pool.servers, site: settings.site, sites: settings.sites, backups: pool.backups)
        return order.filter { !$0.isEmpty }.map { tier in tier.map { pool.servers[$0].name } }
    }

    /// What the proxy refuses before it asks the routes.
    private static func classify(
        _ question: Question, _ limits: LimitSettings, _ identity: ClientIdentity?, _ request: inout PuppetRequest
    ) -> (reason: Reason, ambiguity: Ambiguity?)? {
        let target = question.originForm
        if target.count > limits.target { return (.targetTooLong, nil) }
        let method = question.requestMethod
        if method == .connect || method == .trace { return (.methodNotAllowed, nil) }
        let version = bytes(question.agentVersion)
        switch request.classify(
            method: method, target: target.span, agentVersion: version.span, isOperator: identity?.mayOperateCA ?? false)
        {
        case .complete: return nil
        case .ambiguous(let problem): return (.badRequest, problem)
        case .needsBody: break
        }
        let body = question.body ?? []
        let held = body.span.extracting(0..<min(body.count, max(limits.bodyScan, 0)))
        let type = [UInt8]("application/x-www-form-urlencoded".utf8)
        let none: [UInt8] = []
        let extent: BodyExtent = held.count < body.count ? .cut : .whole
        switch request.classifyBody(held, contentType: type.span, contentEncoding: none.span, extent: extent) {
        case .complete, .needsMore: return nil
        case .ambiguous(let problem): return (.badRequest, problem)
        case .tooLong: return (.bodyTooLarge, nil)
        }
    }

    private static func identity(_ question: Question, _ settings: ProxySettings) throws(QuestionError) -> ClientIdentity? {
        guard let certname = question.certname else {
            if !question.trusted.isEmpty { throw .trustedWithoutCertname }
            return nil
        }
        var extensions: [TrustedExtension] = []
        for (key, value) in question.trusted {
            guard let oid = PuppetOIDs.resolve(key, custom: settings.trustedOIDs) else { throw .unknownExtension(key) }
            extensions.append(TrustedExtension(oid: oid, value: Array(value.utf8)))
        }
        return ClientIdentity(
            certname: Array(certname.utf8), distinguishedName: Array("CN=\(certname)".utf8), serial: [], issuerDER: [], der: [],
            extensions: extensions, notAfter: .max, headerBlock: [])
    }

    private static func bytes(_ text: String?) -> [UInt8] { Array((text ?? "").utf8) }

    private static func text(_ bytes: [UInt8]) -> String? { bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
}
