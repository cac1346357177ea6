import Model
import Puppet

/// `certname`: a glob matches the name of the verified certificate, without case. Without a certificate none does.
package struct CertnameCondition: Sendable, DescribedCondition {
    let key = "certname"
    private let globs: GlobList

    init(_ globs: [String]) { self.globs = GlobList(globs, ignoresCase: true) }

    func holds(_ context: RouteContext) -> Bool {
        guard let identity = context.identity else { return false }
        return globs.matches(identity.certname)
    }

    var description: String { "\(key) \(globs.words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        guard let identity = context.identity else { return ConditionWords.missing("no verified certificate", globs.words) }
        return ConditionWords.isNot("client \(ConditionWords.text(identity.certname))", globs.words)
    }
}
