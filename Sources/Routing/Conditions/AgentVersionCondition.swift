import Model
import Puppet

/// `agent_version`: a glob matches `X-Puppet-Version`, such as `7.*`. Requests without that field match none.
package struct AgentVersionCondition: Sendable, DescribedCondition {
    let key = "agent_version"
    private let globs: GlobList

    init(_ globs: [String]) { self.globs = GlobList(globs) }

    func holds(_ request: borrowing PuppetRequest) -> Bool {
        !request.agentVersion.isEmpty && globs.matches(request.agentVersion)
    }

    var description: String { "\(key) \(globs.words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        if request.agentVersion.isEmpty { return ConditionWords.missing("no X-Puppet-Version", globs.words) }
        return ConditionWords.isNot("\(key) \(ConditionWords.text(request.agentVersion))", globs.words)
    }
}
