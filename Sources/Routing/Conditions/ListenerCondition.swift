import Model
import Puppet

/// `listener`: the request came in at one of these listeners.
package struct ListenerCondition: Sendable, DescribedCondition {
    let key = "listener"
    private let words: [String]
    private let wanted: [[UInt8]]

    init(_ names: [String]) {
        words = names
        wanted = names.map { Array($0.utf8) }
    }

    func holds(_ context: RouteContext) -> Bool { wanted.contains(context.listener) }

    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        guard !context.listener.isEmpty else { return ConditionWords.missing("no listener given", words) }
        return ConditionWords.isNot("\(key) \(ConditionWords.text(context.listener))", words)
    }
}
