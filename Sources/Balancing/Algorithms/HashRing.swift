/// Which servers does a key lead to? Consistent hashing with weights, the same on every instance whatever the order of the servers.
///
/// A circle has 2^40 places. Each member has points on it, drawn from its name alone, and each key has one place. A key leads to the
/// member of the point whose clockwise distance, divided by the member's level, is least; then to the next such point, and so on. A
/// member's level is the least power of two that is not below its weight, and of the 160 points that its name gives it has as many as its
/// weight is of its level: more than 80. (Between levels that is the linear method of Schindelhauer and Schomaker, "Weighted distributed
/// hash tables", 2005.) So
/// - a member gets keys by its weight, within about a tenth, and the ring stays small whatever the weights;
/// - a member's points depend on itself alone: adding or removing one, or giving it another weight, moves only keys to or from it;
/// - a weight that grows within its level only brings keys.
///
/// A look-up is a binary search in each level in use, of which there are at most 9. 8 bytes a point. Building 10,000 members takes some
/// 0.2 s. Tests/Fixtures/ring has vectors for other implementations.
package struct HashRing: Sendable {
    package struct Member: Sendable {
        /// Identifies the member: the same name has the same points on every instance.
        package let name: String
        /// Held to 1...256.
        package let weight: Int
        /// Given back by `walk`; means nothing here.
        package let place: Int

        package init(name: String, weight: Int, place: Int) {
            self.name = name
            self.weight = min(max(weight, 1), 256)
            self.place = place
        }
    }

    /// The members of one level.
    private struct Level: Sendable {
        let scale: UInt64
        /// Its points, in `points`.
        let range: Range<Int>
    }

    /// Where a walk is in a level.
    private struct Cursor {
        var next = 0
        var left = 0
    }

    private static let pointsOfAName = 160
    private static let rankBits: UInt64 = 24
    private static let rankMask: UInt64 = 1 << rankBits - 1
    private static let placeMask: UInt64 = 1 << 40 - 1

    private let levels: [Level]
    /// The place in the upper 40 bits, the member's rank by name in the lower 24. Ascending within a level.
    private let points: [UInt64]
    /// By rank.
    private let places: [Int]

    /// - Parameter members: of different names, at most 2^24.
    package init(_ members: [Member]) {
        precondition(members.count <= 1 << HashRing.rankBits)
        let ranked = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        places = ranked.map(\.place)
        var levels: [Level] = []
        var points: [UInt64] = []
        for scale in (0...8).map({ 1 << $0 }) {
            var drawn: [UInt64] = []
            for (rank, member) in ranked.enumerated() where member.weight <= scale && member.weight * 2 > scale {
                HashRing.draw(member, scale: scale, rank: UInt64(rank), into: &drawn)
            }
            guard !drawn.isEmpty else { continue }
            drawn.sort()
            levels.append(Level(scale: UInt64(scale), range: points.count..<points.count + drawn.count))
            points += drawn
        }
        self.levels = levels
        self.points = points
    }

    private static func draw(_ member: Member, scale: Int, rank: UInt64, into points: inout [UInt64]) {
        var words = SplitMix64(state: hash(Array(member.name.utf8)))
        for _ in 0..<(pointsOfAName * member.weight + scale - 1) / scale { points.append(words.next() & ~rankMask | rank) }
    }

    package var isEmpty: Bool { places.isEmpty }

    /// Calls `visit` with members' places, nearest first, until it returns true, every point was seen, or `limit` points were. A member
    /// comes again with each of its points.
    package func walk(from hash: UInt64, limit: Int, _ visit: (Int) -> Bool) {
        let origin = hash >> HashRing.rankBits
        var cursors = InlineArray<9, Cursor>(repeating: Cursor())
        for index in levels.indices {
            let range = levels[index].range
            cursors[index] = Cursor(next: firstPoint(in: range, from: origin), left: range.count)
        }
        for _ in 0..<limit {
            guard let index = nearest(to: origin, cursors) else { return }
            let point = points[cursors[index].next]
            cursors[index].left -= 1
            cursors[index].next += 1
            if cursors[index].next == levels[index].range.upperBound { cursors[index].next = levels[index].range.lowerBound }
            if visit(places[rank(point)]) { return }
        }
    }

    /// The level whose next point is nearest by its scale; of two as near, the one whose member's name sorts first. nil: all were seen.
    private func nearest(to origin: UInt64, _ cursors: borrowing InlineArray<9, Cursor>) -> Int? {
        if levels.count == 1 { return cursors[0].left > 0 ? 0 : nil }
        var best: (level: Int, distance: UInt64, scale: UInt64, rank: Int)?
        for index in levels.indices where cursors[index].left > 0 {
            let point = points[cursors[index].next]
            let distance = ((point >> HashRing.rankBits) &- origin) & HashRing.placeMask
            let scale = levels[index].scale
            if let best {
                // Products of 40 and 9 bits.
                let left = distance * best.scale
                let right = best.distance * scale
                guard left < right || left == right && rank(point) < best.rank else { continue }
            }
            best = (index, distance, scale, rank(point))
        }
        return best?.level
    }

    /// The first point in `range` that lies at `origin` or clockwise of it.
    private func firstPoint(in range: Range<Int>, from origin: UInt64) -> Int {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if points[middle] >> HashRing.rankBits < origin { low = middle + 1 } else { high = middle }
        }
        return low == range.upperBound ? range.lowerBound : low
    }

    private func rank(_ point: UInt64) -> Int { Int(point & HashRing.rankMask) }
}

extension HashRing {
    /// The hash of a key's bytes, the same in every process and on every machine: FNV-1a of 64 bits (draft-eastlake-fnv), whose weak upper
    /// bits MurmurHash3's finalizer then mixes. Not for keys that an enemy chooses to collide; here a collision only shares a server.
    package static func hash(_ key: borrowing Span<UInt8>) -> UInt64 {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in key.indices { state = (state ^ UInt64(key[index])) &* 0x0000_0100_0000_01B3 }
        state = (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        state = (state ^ (state >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return state ^ (state >> 33)
    }

    package static func hash(_ key: [UInt8]) -> UInt64 { hash(key.span) }
}

/// Vigna's generator: the points of a member.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
