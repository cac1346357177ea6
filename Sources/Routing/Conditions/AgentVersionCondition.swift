import Model
import Puppet

/// `agent_version`: a glob matches `X-Puppet-Version`, such as `7.*`. Requests without that field match none.
package struct AgentVersionCondition: Sendable, DescribedCondition {
    let key = "agent_version"
    private let words: [String]
    private let patterns: [Pattern]

    init(_ globs: [String]) {
        words = globs
        patterns = globs.map { Pattern($0) }
    }

    func holds(_ request: borrowing PuppetRequest) -> Bool {
        guard !request.agentVersion.isEmpty else { return false }
        for pattern in patterns where pattern.matches(request.agentVersion) { return true }
        return false
    }

    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        if request.agentVersion.isEmpty { return ConditionWords.missing("no X-Puppet-Version", words) }
        return ConditionWords.isNot("\(key) \(ConditionWords.text(request.agentVersion))", words)
    }
}
