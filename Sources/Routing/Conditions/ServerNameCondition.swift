import Model
import Puppet

/// `server_name`: a glob matches the name that the client sent as SNI, without case. Without TLS or SNI none does.
package struct ServerNameCondition: Sendable, DescribedCondition {
    let key = "server_name"
    private let globs: GlobList

    init(_ globs: [String]) { self.globs = GlobList(globs, ignoresCase: true) }

    func holds(_ context: RouteContext) -> Bool {
        !context.serverName.isEmpty && globs.matches(context.serverName)
    }

    var description: String { "\(key) \(globs.words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        if context.serverName.isEmpty { return ConditionWords.missing("no SNI", globs.words) }
        return ConditionWords.isNot("\(key) \(ConditionWords.text(context.serverName))", globs.words)
    }
}
