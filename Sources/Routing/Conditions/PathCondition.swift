import Model
import Puppet

/// `path`: a glob matches the normalised path, with case: decoded, without path parameters, repeated slashes and query.
package struct PathCondition: Sendable, DescribedCondition {
    let key = "path"
    private let words: [String]
    private let patterns: [Pattern]

    init(_ globs: [String]) {
        words = globs
        patterns = globs.map { Pattern($0) }
    }

    func holds(_ request: borrowing PuppetRequest) -> Bool {
        for pattern in patterns where pattern.matches(request.normalPath) { return true }
        return false
    }

    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        ConditionWords.isNot("\(key) \(ConditionWords.text(request.normalPath))", words)
    }
}
