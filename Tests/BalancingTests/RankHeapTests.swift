import Testing

@testable import Balancing

/// Servers by key, then by tie, then by place.
struct RankHeapTests {
    private var heap = RankHeap()
    private var positions = [Int](repeating: -1, count: 50)

    private mutating func set(_ place: Int, key: UInt64, tie: UInt64 = 0) {
        heap.set(RankHeap.Entry(key: key, tie: tie, place: place), &positions)
    }

    /// All that is in it, in order, taken out one by one.
    private mutating func drain() -> [Int] {
        var order: [Int] = []
        while let first = heap.first(without: { _ in false }) {
            order.append(first)
            heap.remove(first, &positions)
        }
        return order
    }

    @Test mutating func theLeastKeyIsFirstThenTheLeastTieThenTheLeastPlace() {
        set(0, key: 5)
        set(1, key: 3, tie: 9)
        set(2, key: 3, tie: 4)
        set(3, key: 7)
        set(4, key: 3, tie: 4)
        #expect(drain() == [2, 4, 1, 0, 3])
        #expect(heap.isEmpty && positions.allSatisfy { $0 == -1 })
    }

    @Test mutating func aServerMovesWithItsKey() {
        for place in 0..<20 { set(place, key: UInt64(place)) }
        set(19, key: 0, tie: 1)
        set(0, key: 100)
        #expect(heap.first { _ in false } == 19)
        #expect(drain() == [19] + Array(1..<19) + [0])
    }

    @Test mutating func theExcludedAreLeftOut() {
        for place in 0..<9 { set(place, key: UInt64(place)) }
        #expect(heap.first { $0 < 4 } == 4)
        #expect(heap.first { $0 != 8 } == 8)
        #expect(heap.first { _ in true } == nil)
    }

    @Test mutating func removingWhatIsNotThereDoesNothing() {
        set(1, key: 1)
        heap.remove(7, &positions)
        #expect(drain() == [1])
        heap.remove(1, &positions)
        #expect(heap.isEmpty)
    }

    @Test mutating func manyChangesKeepItInOrder() {
        var state: UInt64 = 7
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var expected: [Int: UInt64] = [:]
        for _ in 0..<3000 {
            let place = Int(random(50))
            if random(3) == 0 {
                heap.remove(place, &positions)
                expected[place] = nil
            } else {
                expected[place] = random(20)
                set(place, key: expected[place]!)
            }
            let excluded = Int(random(50))
            let best = expected.filter { $0.key != excluded }.min { ($0.value, $0.key) < ($1.value, $1.key) }?.key
            #expect(heap.first { $0 == excluded } == best)
            #expect(heap.entries.count == expected.count)
        }
    }
}
