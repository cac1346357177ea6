import Model
import Puppet

/// `path`: a glob matches the normalised path, with case: decoded, without path parameters, repeated slashes and query.
package struct PathCondition: Sendable, DescribedCondition {
    let key = "path"
    private let globs: GlobList

    init(_ globs: [String]) { self.globs = GlobList(globs) }

    func holds(_ request: borrowing PuppetRequest) -> Bool { globs.matches(request.normalPath) }

    var description: String { "\(key) \(globs.words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        ConditionWords.isNot("\(key) \(ConditionWords.text(request.normalPath))", globs.words)
    }
}
