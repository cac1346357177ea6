import Model
import Puppet

/// `certname`: a glob matches the name of the verified certificate, without case. Without a certificate none does.
package struct CertnameCondition: Sendable, DescribedCondition {
    let key = "certname"
    private let words: [String]
    private let patterns: [Pattern]

    init(_ globs: [String]) {
        words = globs
        patterns = globs.map { Pattern($0, ignoresCase: true) }
    }

    func holds(_ context: RouteContext) -> Bool {
        guard let identity = context.identity else { return false }
        for pattern in patterns where pattern.matches(identity.certname) { return true }
        return false
    }

    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        guard let identity = context.identity else { return ConditionWords.missing("no verified certificate", words) }
        return ConditionWords.isNot("client \(ConditionWords.text(identity.certname))", words)
    }
}
