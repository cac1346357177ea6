/// Which servers does a key lead to? Consistent hashing with weights, the same on every instance whatever the order of the servers.
///
/// A circle has 2^40 places. Each member has `pointsPerMember` points on it, drawn from its name alone, and a key has one place. The key
/// leads to the member of the point whose clockwise distance, divided by the member's weight, is least; then to the next such point, and
/// so on. (The linear method of Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005, with copies.) So
/// - a member gets keys by its weight, within about a tenth; how many points there are does not depend on weights;
/// - adding or removing a member, or another weight, moves only keys to or from that member, and no more than its share;
/// - raising a weight only brings keys, lowering it only takes keys away.
///
/// Points stand in one sorted array for each distinct weight, where the distance alone decides. A look-up is a binary search in each:
/// logarithmic in the members for the one or few weights of a pool, and at most 256 searches. 8 bytes a point.
/// Tests/Fixtures/ring has vectors for other implementations.
package struct HashRing: Sendable {
    package struct Member: Sendable {
        /// Tells members apart: the same name has the same points everywhere.
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

    /// The members of one weight.
    private struct Level: Sendable {
        let weight: UInt64
        /// The place in the upper 40 bits, the member's rank by name in the lower 24. Ascending.
        let points: [UInt64]
    }

    /// Where a walk is in a level.
    private struct Cursor {
        var next: UInt32 = 0
        var left: UInt32 = 0
    }

    package static let pointsPerMember = 160
    private static let rankBits: UInt64 = 24
    private static let placeMask: UInt64 = 1 << 40 - 1

    private let levels: [Level]
    /// By rank.
    private let places: [Int]

    /// - Parameter members: of different names, at most 2^24.
    package init(_ members: [Member]) {
        precondition(members.count <= 1 << HashRing.rankBits)
        let ranked = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        places = ranked.map(\.place)
        var points = [[UInt64]](repeating: [], count: 257)
        for (rank, member) in ranked.enumerated() {
            var draws = SplitMix64(state: HashRing.hash(Array(member.name.utf8)))
            for _ in 0..<HashRing.pointsPerMember {
                points[member.weight].append(draws.next() & ~(1 << HashRing.rankBits - 1) | UInt64(rank))
            }
        }
        levels = points.enumerated().filter { !$0.element.isEmpty }.map { Level(weight: UInt64($0.offset), points: $0.element.sorted()) }
    }

    package var isEmpty: Bool { places.isEmpty }

    /// Calls `visit` with members' places, nearest first, until it returns true, every point was seen, or `limit` points were. A member
    /// comes again with each of its points: with equal weights, `limit` points show about that many draws of a member.
    package func walk(from hash: UInt64, limit: Int, _ visit: (Int) -> Bool) {
        let origin = hash >> HashRing.rankBits
        var cursors = InlineArray<256, Cursor>(repeating: Cursor())
        for index in levels.indices {
            let count = UInt32(levels[index].points.count)
            cursors[index] = Cursor(next: firstPoint(of: index, from: origin), left: count)
        }
        for _ in 0..<limit {
            guard let level = nearest(to: origin, cursors) else { return }
            let points = levels[level].points
            let point = points[Int(cursors[level].next)]
            cursors[level].left -= 1
            cursors[level].next += 1
            if cursors[level].next == points.count { cursors[level].next = 0 }
            if visit(places[rank(point)]) { return }
        }
    }

    /// The level whose next point is nearest by weight; of two as near, the one whose member's name sorts first. nil: all were seen.
    private func nearest(to origin: UInt64, _ cursors: borrowing InlineArray<256, Cursor>) -> Int? {
        var best: (level: Int, distance: UInt64, weight: UInt64, rank: Int)?
        for index in levels.indices where cursors[index].left > 0 {
            let point = levels[index].points[Int(cursors[index].next)]
            let distance = ((point >> HashRing.rankBits) &- origin) & HashRing.placeMask
            let weight = levels[index].weight
            if let best {
                // Products of 40 and 9 bits.
                let left = distance * best.weight
                let right = best.distance * weight
                guard left < right || left == right && rank(point) < best.rank else { continue }
            }
            best = (index, distance, weight, rank(point))
        }
        return best?.level
    }

    /// The number of the level's first point at `origin` or clockwise of it.
    private func firstPoint(of level: Int, from origin: UInt64) -> UInt32 {
        let points = levels[level].points
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle] >> HashRing.rankBits < origin { low = middle + 1 } else { high = middle }
        }
        return low == points.count ? 0 : UInt32(low)
    }

    private func rank(_ point: UInt64) -> Int { Int(point & (1 << HashRing.rankBits - 1)) }
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
