import Model
import Puppet
import Routing
import Settings

/// Why a rule did not match, in words that name what was wanted and what there was.
struct RuleWords: ~Copyable {
    let question: Question
    let request: PuppetRequest
    let identity: ClientIdentity?
    let settings: ProxySettings
    let routes: RouteTable

    /// The routes passed over, then what the environments table had to say where it had not an exact row.
    func passed(_ trace: RouteTrace) -> [(rule: String, why: String)] {
        var passed = trace.passed.map { (routes.name($0.rule), why($0)) }
        let decided: RuleID? =
            switch trace.decision {
            case .forward(_, let rule): rule
            case .refuse(_, let rule): rule
            }
        guard let environment = whyNotExact(decided) else { return passed }
        passed.append(("environments", environment))
        return passed
    }

    private func whyNotExact(_ decided: RuleID?) -> String? {
        let name = decided.map(routes.name) ?? "environments.default"
        let isRoute = decided.map { $0.value < settings.routes.count } ?? false
        let isCA = name == "sites.\(settings.site?.value ?? "").ca" && request.isCA && settings.caPool != nil
        if isRoute || isCA { return nil }
        guard !request.environment.isEmpty else { return "the request carries no environment" }
        let environment = String(decoding: request.environment, as: UTF8.self)
        if name == "environments.\(environment)" { return nil }
        return name == "environments.default" ? "no row matches \(environment)" : "no row is named \(environment)"
    }

    private func why(_ step: RouteTrace.Passed) -> String {
        let conditions = settings.routes[step.rule.value].conditions
        switch step.failure {
        case .endpoint:
            let wanted = (conditions.endpoint ?? []).map(\.rawValue).sorted()
            return "endpoint \(request.endpoint.rawValue) \(isNone(of: wanted))"
        case .environment:
            let wanted = conditions.environment ?? []
            if request.environment.isEmpty { return "the request carries no environment; wanted \(list(wanted))" }
            return "environment \(String(decoding: request.environment, as: UTF8.self)) \(isNone(of: wanted))"
        case .certname:
            guard let certname = question.certname else { return "no verified certificate; wanted \(list(conditions.certname ?? []))" }
            return "client \(certname) \(isNone(of: conditions.certname ?? []))"
        case .source:
            let wanted = (conditions.source ?? []).map(\.text)
            guard let source = question.source else { return "no source given; wanted \(list(wanted))" }
            return "source \(source.description) \(isNone(of: wanted))"
        case .trusted(let oid):
            return whyTrusted(oid, conditions.trusted?.first { $0.oid == oid }?.patterns ?? [])
        case .averageQueue(let pool):
            let limit = conditions.averageQueueAbove?.first { $0.pool == pool }?.limit ?? 0
            return "avg_queue of \(settings.pools[pool.value].name) > \(limit) counts as not holding here"
        }
    }

    private func whyTrusted(_ oid: String, _ wanted: [String]) -> String {
        let name = settings.trustedOIDs[oid] ?? PuppetOIDs.shortName(of: oid) ?? oid
        guard let identity else { return "no verified certificate; wanted trusted \(name) \(list(wanted))" }
        let values = identity.extensions.filter { $0.oid == oid }.map { String(decoding: $0.value, as: UTF8.self) }
        if values.isEmpty { return "the certificate has no \(name); wanted \(list(wanted))" }
        return "trusted \(name) \(list(values)) \(isNone(of: wanted))"
    }

    private func isNone(of wanted: [String]) -> String { wanted.count == 1 ? "is not \(wanted[0])" : "is none of \(list(wanted))" }

    private func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}

extension AddressBlock {
    /// `ADDRESS` or `ADDRESS/LENGTH`.
    fileprivate var text: String {
        if prefix == 128 { return address.description }
        return "\(address.description)/\(address.isV4 && prefix >= 96 ? prefix - 96 : prefix)"
    }
}
