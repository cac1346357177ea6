/// Draws one of many by weight: a binary tree of sums over the places, so that a weight is set and one drawn in logarithmic time.
struct WeightTree: Sendable {
    /// Node 1 is the root, the children of n are 2n and 2n + 1, the leaves are the last half.
    private var sums: [Int]
    private let leaves: Int

    init(places: Int) {
        var leaves = 1
        while leaves < places { leaves *= 2 }
        self.leaves = leaves
        sums = [Int](repeating: 0, count: 2 * leaves)
    }

    var total: Int { sums[1] }

    subscript(place: Int) -> Int {
        get { sums[leaves + place] }
        set {
            var node = leaves + place
            let change = newValue - sums[node]
            while change != 0, node > 0 {
                sums[node] += change
                node /= 2
            }
        }
    }

    /// The place at which the weights, added up in order, pass `point`.
    /// - Parameter point: from 0 up to below `total`
    func place(at point: Int) -> Int {
        var point = point
        var node = 1
        while node < leaves {
            node *= 2
            if point >= sums[node] {
                point -= sums[node]
                node += 1
            }
        }
        return node - leaves
    }
}
