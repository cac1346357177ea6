import Model
import Testing

@testable import Engine

struct FairQueueTests {
    private final class Waiter {
        let name: String
        init(_ name: String) { self.name = name }
    }

    private static func address(_ number: UInt32) -> IPAddress { IPAddress(v4: number) }

    /// Serves every element that may be served, and lets each take a slot.
    private static func serve(_ queue: inout FairQueue<Waiter>, _ sources: [String: UInt32]) -> [String] {
        var served: [String] = []
        while let next = queue.next() {
            served.append(next.name)
            queue.take(address(sources[String(next.name.prefix(1))] ?? 0))
        }
        return served
    }

    @Test(arguments: [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6), (128, 96), (256, 192)])
    func oneSourceHasThreeQuartersAtMost(places: Int, share: Int) {
        var queue = FairQueue<Waiter>(places: places)
        while queue.admits(Self.address(1)), queue.taken < 1000 { queue.take(Self.address(1)) }
        #expect(queue.taken == share)
        #expect(queue.admits(Self.address(2)) == (places > 1))
    }

    @Test func heavySourcesLeaveRoomForEachOther() {
        var queue = FairQueue<Waiter>(places: 256)
        var taken: [Int] = []
        for source in 1...6 {
            let before = queue.taken
            while queue.admits(Self.address(UInt32(source))) { queue.take(Self.address(UInt32(source))) }
            taken.append(queue.taken - before)
        }
        #expect(taken == [192, 48, 12, 3, 1, 0])
    }

    @Test func theSourceWithFewestPlacesIsNext() {
        var queue = FairQueue<Waiter>(places: 8)
        for number in 1...9 { queue.append(Waiter("a\(number)"), from: Self.address(1)) }
        #expect(Self.serve(&queue, ["a": 1]) == ["a1", "a2", "a3", "a4", "a5", "a6"])
        #expect(!queue.admits(Self.address(2)), "not before queued handshakes")
        for name in ["b1", "b2"] { queue.append(Waiter(name), from: Self.address(2)) }
        queue.append(Waiter("c1"), from: Self.address(3))
        #expect(Self.serve(&queue, ["b": 2, "c": 3]) == ["b1", "c1"])
        #expect(queue.isFull && queue.count == 4)
        queue.release(Self.address(1))
        #expect(queue.next() == nil, "b would leave none free")
        queue.release(Self.address(1))
        #expect(Self.serve(&queue, ["a": 1, "b": 2]) == ["b2"])
        for _ in 1...4 { queue.release(Self.address(1)) }
        #expect(Self.serve(&queue, ["a": 1]) == ["a7", "a8", "a9"])
        #expect(queue.isEmpty)
    }

    /// An element that waits without taking a slot, as pieces of a ClientHello do, is served in turn with the others.
    @Test func sourcesTakeTurns() {
        var queue = FairQueue<Waiter>(places: 2)
        for name in ["a1", "a2", "a3"] { queue.append(Waiter(name), from: Self.address(1)) }
        queue.append(Waiter("b1"), from: Self.address(2))
        queue.append(Waiter("c1"), from: Self.address(3))
        var served: [String] = []
        while let next = queue.next() { served.append(next.name) }
        #expect(served == ["a1", "b1", "c1", "a2", "a3"])
    }

    @Test func whoLeavesIsForgotten() {
        var queue = FairQueue<Waiter>(places: 2)
        let waiters = (1...3).map { Waiter("a\($0)") }
        for waiter in waiters { queue.append(waiter, from: Self.address(1)) }
        let other = Waiter("b1")
        queue.append(other, from: Self.address(2))
        queue.remove(waiters[0], from: Self.address(1))
        queue.remove(waiters[0], from: Self.address(1))
        #expect(queue.count == 3 && queue.waiting(Self.address(1)) == 2)
        #expect(queue.newest(ofLineLongerThan: Self.address(2)) === waiters[2])
        #expect(queue.newest(ofLineLongerThan: Self.address(1)) == nil)
        queue.remove(other, from: Self.address(2))
        #expect(queue.next() === waiters[1] && queue.next() === waiters[2])
        #expect(queue.isEmpty && queue.next() == nil)
    }

    @Test func aNetworkOf64BitsIsOneSource() {
        let (first, second) = (IPAddress("2001:db8::1"), IPAddress("2001:db8::ffff:1"))
        #expect(first.map(Handshakes.source) == second.map(Handshakes.source))
        #expect(IPAddress("192.0.2.1").map(Handshakes.source) == IPAddress("192.0.2.1"))
        #expect(IPAddress("2001:db8:0:1::1").map(Handshakes.source) != first.map(Handshakes.source))
    }
}
