import Model
import Puppet

/// `environment`: a glob matches the request's environment, with case. Requests without one match none.
package struct EnvironmentCondition: Sendable, DescribedCondition {
    let key = "environment"
    private let globs: GlobList

    init(_ globs: [String]) { self.globs = GlobList(globs) }

    func holds(_ request: borrowing PuppetRequest) -> Bool {
        !request.environment.isEmpty && globs.matches(request.environment)
    }

    var description: String { "\(key) \(globs.words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        if request.environment.isEmpty { return ConditionWords.missing("the request carries no environment", globs.words) }
        return ConditionWords.isNot("\(key) \(ConditionWords.text(request.environment))", globs.words)
    }
}
