import Balancing
import Testing

struct HashRingTests {
    private typealias Member = HashRing.Member

    @Test func anEmptyRingVisitsNoServer() {
        let ring = HashRing([])
        #expect(ring.isEmpty)
        #expect(ring.first("web01.grnet.gr") == nil)
    }

    @Test func oneMemberGetsEveryKey() {
        let ring = HashRing([Member(name: "p1", weight: 1, place: 7)])
        #expect(!ring.isEmpty)
        #expect(certnames(1000).allSatisfy { ring.first($0) == 7 })
    }

    @Test func theOrderOfMembersDoesNotMatter() {
        let members = (0..<50).map { Member(name: "p\($0)", weight: [1, 7, 50][$0 % 3], place: $0) }
        let ring = HashRing(members)
        let shuffled = HashRing((0..<50).map { members[$0 * 37 % 50] })
        for key in certnames(2000) { #expect(ring.order(of: key, distinct: 5) == shuffled.order(of: key, distinct: 5)) }
    }

    @Test func placesAreOnlyGivenBack() {
        let ring = HashRing((0..<9).map { Member(name: "p\($0)", weight: 1, place: $0) })
        let renumbered = HashRing((0..<9).map { Member(name: "p\($0)", weight: 1, place: 100 - $0) })
        for key in certnames(1000) { #expect(ring.first(key) == renumbered.first(key).map { 100 - $0 }) }
    }

    @Test(arguments: [1, 2, 3, 5, 10, 100]) func aNewMemberTakesItsShareAndMovesNothingElse(count: Int) {
        let members = (0...count).map { Member(name: "compiler\($0).grnet.gr", weight: 50, place: $0) }
        let before = HashRing(Array(members.dropLast()))
        let after = HashRing(members)
        let keys = certnames(10_000)
        var moved = 0
        for key in keys where before.first(key) != after.first(key) {
            #expect(after.first(key) == count)
            moved += 1
        }
        let share = Double(keys.count) / Double(count + 1)
        #expect(Double(moved) > share * 0.7 && Double(moved) < share * 1.3, "\(moved) of \(keys.count)")
    }

    @Test(arguments: [1, 33, 51, 64, 65, 120, 256]) func anotherWeightMovesOnlyKeysOfThatMember(weight: Int) {
        let weights = [50, 50, 1, 256, 20]
        let members = { (weight: Int) in
            weights.enumerated().map { Member(name: "p\($0)", weight: $0 == 1 ? weight : $1, place: $0) }
        }
        let before = HashRing(members(50))
        let after = HashRing(members(weight))
        let keys = certnames(5000)
        var gained = 0
        var lost = 0
        for key in keys {
            let (home, new) = (before.first(key), after.first(key))
            if home == new { continue }
            #expect(home == 1 || new == 1)
            if new == 1 { gained += 1 } else { lost += 1 }
        }
        // 33 to 64 are of one level.
        if weight > 50, weight <= 64 { #expect(lost == 0) }
        if weight > 32, weight < 50 { #expect(gained == 0) }
        let shares = Double(weight) / Double(327 + weight) - 50.0 / 377
        #expect(abs(Double(gained - lost) / Double(keys.count) - shares) < 0.06, "\(gained) gained, \(lost) lost")
    }

    @Test(arguments: [[1, 1], [1, 1, 1], [1, 2, 3], [50, 50, 100], [10, 256], [8, 256, 256], Array(repeating: 50, count: 30)])
    func membersGetKeysByTheirWeight(weights: [Int]) {
        let keys = certnames(20_000)
        var ratios: [Double] = []
        for pool in ["p", "compiler"] {
            let ring = HashRing(weights.enumerated().map { Member(name: "\(pool)\($0).grnet.gr", weight: $1, place: $0) })
            var counts = weights.map { _ in 0 }
            for key in keys { counts[ring.first(key) ?? 0] += 1 }
            for (weight, count) in zip(weights, counts) {
                ratios.append(Double(count * weights.reduce(0, +)) / Double(keys.count * weight))
            }
        }
        // More than 80 points make a standard deviation of less than 11%.
        let variance = ratios.reduce(0) { $0 + ($1 - 1) * ($1 - 1) } / Double(ratios.count)
        #expect(variance < 0.13 * 0.13, "\(ratios)")
        #expect(ratios.allSatisfy { $0 > 0.65 && $0 < 1.35 }, "\(ratios)")
    }

    @Test func theKeysOfALostMemberGoToAllOthers() {
        let ring = HashRing((0..<11).map { Member(name: "p\($0)", weight: 50, place: $0) })
        var counts = Array(repeating: 0, count: 11)
        for key in certnames(20_000) {
            let order = ring.order(of: key, distinct: 2)
            if order[0] == 4 { counts[order[1]] += 1 }
        }
        let share = Double(counts.reduce(0, +)) / 10
        // Of 125 stretches of the circle, of uneven length, each of 10 gets about 12.
        for place in 0..<11 where place != 4 { #expect(Double(counts[place]) > share * 0.2 && Double(counts[place]) < share * 2.5) }
    }

    @Test func aWalkStopsWhereTheCallerSays() {
        let ring = HashRing((0..<20).map { Member(name: "p\($0)", weight: 1 + $0 % 2, place: $0) })
        let hash = HashRing.hash(Array("web01.grnet.gr".utf8))
        for limit in [0, 1, 5, 1000] {
            var visited = 0
            ring.walk(from: hash, limit: limit) { _ in
                visited += 1
                return false
            }
            #expect(visited == limit)
        }
        var visited = 0
        ring.walk(from: hash, limit: 1000) { _ in
            visited += 1
            return visited == 3
        }
        #expect(visited == 3)
    }

    @Test func aWholeWalkSeesEveryPointOnce() {
        let ring = HashRing((0..<5).map { Member(name: "p\($0)", weight: 1 + $0, place: $0) })
        var seen = Array(repeating: 0, count: 5)
        ring.walk(from: HashRing.hash([]), limit: .max) {
            seen[$0] += 1
            return false
        }
        #expect(seen == [160, 160, 120, 160, 100], "160 * weight / level")
    }

    @Test func weightsAreHeldToTheirRange() {
        #expect([-5, 0, 1, 256, 257].map { HashRing.Member(name: "p", weight: $0, place: 0).weight } == [1, 1, 1, 256, 256])
    }

    @Test func aChangedBitOfAKeyChangesHalfOfTheHash() {
        var flips = Array(repeating: 0, count: 64)
        var tries = 0
        for key in certnames(300) {
            let bytes = Array(key.utf8)
            let hash = HashRing.hash(bytes)
            for index in bytes.indices {
                var other = bytes
                other[index] ^= 1 << UInt8(index % 8)
                let difference = hash ^ HashRing.hash(other)
                for bit in 0..<64 where difference >> UInt64(bit) & 1 == 1 { flips[bit] += 1 }
                tries += 1
            }
        }
        #expect(flips.allSatisfy { Double($0) > Double(tries) * 0.45 && Double($0) < Double(tries) * 0.55 }, "\(flips) of \(tries)")
    }

    @Test func theHashesOfCertnamesAreEven() {
        var buckets = Array(repeating: 0, count: 256)
        let keys = certnames(30_000)
        for key in keys { buckets[Int(HashRing.hash(Array(key.utf8)) >> 56)] += 1 }
        let expected = Double(keys.count) / 256
        let chiSquare = buckets.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // 255 degrees of freedom: mean 255, standard deviation 23.
        #expect(chiSquare > 165 && chiSquare < 345, "\(chiSquare)")
    }

    /// `web01.grnet.gr` and its like.
    private func certnames(_ count: Int) -> [String] {
        let roles = ["web", "db", "mail", "vm", "node-"]
        return (0..<count).map { "\(roles[$0 % roles.count])\($0 < 50 ? "0" : "")\($0 / roles.count).grnet.gr" }
    }
}

extension HashRing {
    /// The nearest members, each once.
    func order(of key: String, distinct: Int) -> [Int] {
        var order: [Int] = []
        walk(from: HashRing.hash(Array(key.utf8)), limit: .max) {
            if !order.contains($0) { order.append($0) }
            return order.count == distinct
        }
        return order
    }

    func first(_ key: String) -> Int? {
        var first: Int?
        walk(from: HashRing.hash(Array(key.utf8)), limit: 1) {
            first = $0
            return true
        }
        return first
    }
}
