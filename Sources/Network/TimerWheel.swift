/// Coarse deadlines for many targets, one store each in the usual case.
///
/// A target's entry says when to *look at* the target, which may be sooner than its deadline: an entry that comes due too early is put
/// back. So a deadline that moves away costs nothing; only one that comes nearer than the entry needs a new entry, and the old one is
/// dropped when it comes up. Slots are 16 ms wide, the wheel turns once in 65 s; what is farther waits for another turn.
package struct TimerWheel {
    private static let slotNanoseconds: Int64 = 16_000_000
    private static let slotCount = 4096

    private var slots: [[UInt64]]
    /// One bit a slot that is not empty.
    private var occupied: [UInt64]
    private var current: Int64
    private var due: [UInt64] = []

    package init(now: Int64) {
        slots = Array(repeating: [], count: Self.slotCount)
        occupied = Array(repeating: 0, count: Self.slotCount / 64)
        current = now / Self.slotNanoseconds
    }

    /// Puts an entry for `token`; gives back the time at which it will come up (never later than a turn of the wheel).
    package mutating func insert(_ token: UInt64, at deadline: Int64) -> Int64 {
        let wanted = deadline / Self.slotNanoseconds + 1
        let tick = Swift.min(Swift.max(wanted, current + 1), current + Int64(Self.slotCount) - 1)
        let slot = Int(tick % Int64(Self.slotCount))
        slots[slot].append(token)
        occupied[slot / 64] |= 1 << UInt64(slot % 64)
        return tick * Self.slotNanoseconds
    }

    /// Calls `body` for each entry that is due by `now`.
    package mutating func advance(to now: Int64, _ body: (inout TimerWheel, UInt64) -> Void) {
        let target = now / Self.slotNanoseconds
        guard target > current else { return }
        let first = Swift.max(current + 1, target - Int64(Self.slotCount) + 1)
        current = target
        // All first: what `body` puts back goes almost a turn ahead, and so into slots that this call would come to.
        for tick in first...target {
            let slot = Int(tick % Int64(Self.slotCount))
            guard occupied[slot / 64] & 1 << UInt64(slot % 64) != 0 else { continue }
            occupied[slot / 64] &= ~(1 << UInt64(slot % 64))
            due += slots[slot]
            slots[slot].removeAll(keepingCapacity: true)
        }
        for token in due { body(&self, token) }
        due.removeAll(keepingCapacity: true)
    }

    /// Milliseconds from `now` until an entry may come up, -1 where there is none; as epoll_wait takes it.
    package func millisecondsToNext(from now: Int64) -> Int32 {
        let start = Int((current + 1) % Int64(Self.slotCount))
        var word = start / 64
        var bits = occupied[word] & (.max << UInt64(start % 64))
        for _ in 0...occupied.count {
            if bits != 0 {
                let slot = word * 64 + bits.trailingZeroBitCount
                let distance = (slot - start + Self.slotCount) % Self.slotCount
                let time = (current + 1 + Int64(distance)) * Self.slotNanoseconds
                return Int32(clamping: Swift.max(0, (time - now + 999_999) / 1_000_000))
            }
            word = (word + 1) % occupied.count
            bits = occupied[word]
        }
        return -1
    }
}
