import Model
import Puppet

/// `server_name`: a glob matches the name that the client sent as SNI, without case. Without TLS or SNI none does.
package struct ServerNameCondition: Sendable, DescribedCondition {
    let key = "server_name"
    private let words: [String]
    private let patterns: [Pattern]

    init(_ globs: [String]) {
        words = globs
        patterns = globs.map { Pattern($0, ignoresCase: true) }
    }

    func holds(_ context: RouteContext) -> Bool {
        guard !context.serverName.isEmpty else { return false }
        for pattern in patterns where pattern.matches(context.serverName) { return true }
        return false
    }

    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        if context.serverName.isEmpty { return ConditionWords.missing("no SNI", words) }
        return ConditionWords.isNot("\(key) \(ConditionWords.text(context.serverName))", words)
    }
}
