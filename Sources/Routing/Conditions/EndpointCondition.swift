import Model
import Puppet

/// `endpoint`: the request is for one of these endpoints.
package struct EndpointCondition: Sendable, DescribedCondition {
    let key = "endpoint"
    private let wanted: Set<PuppetEndpoint>

    init(_ wanted: Set<PuppetEndpoint>) { self.wanted = wanted }

    func holds(_ request: borrowing PuppetRequest) -> Bool { wanted.contains(request.endpoint) }

    private var words: [String] { wanted.map(\.rawValue).sorted() }
    var description: String { "\(key) \(words.joined(separator: ","))" }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        ConditionWords.isNot("\(key) \(request.endpoint.rawValue)", words)
    }
}
