import Model
import Puppet
import Routing
import Settings

/// Why a rule did not match, in words that name what was wanted and what there was.
struct RuleWords: ~Copyable {
    let request: PuppetRequest
    let context: RouteContext
    let settings: ProxySettings
    let routes: RouteTable
    let averageQueue: (PoolIndex) -> Int

    /// The routes passed over, then what the environments table had to say where it had not an exact row.
    func passed(_ trace: RouteTrace) -> [(rule: String, why: String)] {
        var passed = trace.passed.map { (routes.name($0.rule), $0.failure.whyNot(request, context, averageQueue)) }
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
}
