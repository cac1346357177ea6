import Model
import Puppet

/// `source`: the agent's address is in one of the blocks.
package struct SourceCondition: Sendable, DescribedCondition {
    let key = "source"
    private let blocks: [AddressBlock]

    init(_ blocks: [AddressBlock]) { self.blocks = blocks }

    func holds(_ context: RouteContext) -> Bool {
        guard let source = context.source else { return false }
        for block in blocks where block.contains(source) { return true }
        return false
    }

    /// Lists of a whole network are counted.
    private static let longestList = 8

    var description: String {
        guard blocks.count <= SourceCondition.longestList else { return "\(key) of \(blocks.count) blocks" }
        return "\(key) \(blocks.map(\.text).joined(separator: ","))"
    }

    func whyNot(_ request: borrowing PuppetRequest, _ context: RouteContext, _ averageQueue: (PoolIndex) -> Int) -> String {
        let wanted = blocks.map(\.text)
        guard let source = context.source else { return ConditionWords.missing("no source given", wanted) }
        return ConditionWords.isNot("\(key) \(source.description)", wanted)
    }
}

extension AddressBlock {
    /// `ADDRESS` or `ADDRESS/LENGTH`.
    fileprivate var text: String {
        if prefix == 128 { return address.description }
        return "\(address.description)/\(address.isV4 && prefix >= 96 ? prefix - 96 : prefix)"
    }
}
