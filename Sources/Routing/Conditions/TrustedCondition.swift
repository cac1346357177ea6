import Model
import Puppet
import Settings

/// An entry of `trusted`: the verified certificate's extension matches a glob, with case.
package struct TrustedCondition: Sendable, DescribedCondition {
    let key = "trusted"
    private let oid: String
    /// The short name, where it has one.
    private let name: String
    private let globs: GlobList

    init(oid: String, _ globs: [String], _ settings: ProxySettings) {
        self.oid = oid
        name = settings.trustedOIDs[oid] ?? PuppetOIDs.shortName(of: oid) ?? oid
        self.globs = GlobList(globs)
    }

    func holds(_ context: RouteContext) -> Bool {
        guard let identity = context.identity else { return false }
        for found in identity.extensions where found.oid == oid && globs.matches(found.value) { return true }
        return false
    }

    var description: String { "\(key) \(name)=\(globs.words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        let wanted = ConditionWords.list(globs.words)
        guard let identity = context.identity else { return "no verified certificate; wanted trusted \(name) \(wanted)" }
        let values = identity.extensions.filter { $0.oid == oid }.map { ConditionWords.text($0.value) }
        if values.isEmpty { return "the certificate has no \(name); wanted \(wanted)" }
        return ConditionWords.isNot("\(key) \(name) \(ConditionWords.list(values))", globs.words)
    }
}
