import Model
import Puppet

/// `environment`: a glob matches the request's environment, with case. Requests without one match none.
package struct EnvironmentCondition: Sendable, DescribedCondition {
    let key = "environment"
    private let words: [String]
    private let patterns: [Pattern]

    init(_ globs: [String]) {
        words = globs
        patterns = globs.map { Pattern($0) }
    }

    func holds(_ request: borrowing PuppetRequest) -> Bool {
        guard !request.environment.isEmpty else { return false }
        for pattern in patterns where pattern.matches(request.environment) { return true }
        return false
    }

    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        if request.environment.isEmpty { return ConditionWords.missing("the request carries no environment", words) }
        return ConditionWords.isNot("\(key) \(ConditionWords.text(request.environment))", words)
    }
}
