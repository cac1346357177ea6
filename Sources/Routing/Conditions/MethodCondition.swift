import Model
import Puppet

/// `method`: the request's method is one of these; with case, as methods are (RFC 9110 section 9.1).
package struct MethodCondition: Sendable, DescribedCondition {
    let key = "method"
    /// A bit for each raw value.
    private let wanted: UInt16
    private let words: [String]

    init(_ wanted: [RequestMethod]) {
        self.wanted = wanted.reduce(0) { $0 | 1 << UInt16($1.rawValue) }
        words = wanted.map(\.word)
    }

    func holds(_ request: borrowing PuppetRequest) -> Bool { wanted & 1 << UInt16(request.method.rawValue) != 0 }

    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        let method = request.method
        return ConditionWords.isNot(method == .other ? "\(key), an unusual one," : "\(key) \(method.word)", words)
    }
}
