/// Which place ranks first? A binary heap of places (of servers, of flows) by key, then by tie, the least first.
///
/// Choosing costs as many looks as servers are excluded, a change O(log n). Each server is in at most one heap of a kind, so its
/// position is kept outside, in `positions` by the server's place: -1 where it is in none.
struct RankHeap: Sendable {
    struct Entry: Sendable {
        var key: UInt64
        var tie: UInt64
        var place: Int

        func precedes(_ other: Entry) -> Bool {
            if key != other.key { return key < other.key }
            return tie != other.tie ? tie < other.tie : place < other.place
        }
    }

    private(set) var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }

    /// Puts a server in, or moves it to where it belongs now.
    mutating func set(_ entry: Entry, _ positions: inout [Int]) {
        let position = positions[entry.place]
        guard position >= 0 else {
            entries.append(entry)
            positions[entry.place] = entries.count - 1
            return rise(entries.count - 1, &positions)
        }
        entries[position] = entry
        rise(position, &positions)
        sink(positions[entry.place], &positions)
    }

    mutating func remove(_ place: Int, _ positions: inout [Int]) {
        let position = positions[place]
        guard position >= 0 else { return }
        positions[place] = -1
        let last = entries.removeLast()
        guard position < entries.count else { return }
        entries[position] = last
        positions[last.place] = position
        rise(position, &positions)
        sink(positions[last.place], &positions)
    }

    /// The first that is not excluded; nil: none. Looks below an excluded entry only, so at most twice as many as are excluded.
    func first(without isExcluded: (Int) -> Bool) -> Int? {
        guard let best = best(from: 0, isExcluded) else { return nil }
        return entries[best].place
    }

    private func best(from position: Int, _ isExcluded: (Int) -> Bool) -> Int? {
        guard position < entries.count else { return nil }
        if !isExcluded(entries[position].place) { return position }
        guard let left = best(from: 2 * position + 1, isExcluded) else { return best(from: 2 * position + 2, isExcluded) }
        guard let right = best(from: 2 * position + 2, isExcluded) else { return left }
        return entries[right].precedes(entries[left]) ? right : left
    }

    private mutating func rise(_ start: Int, _ positions: inout [Int]) {
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard entries[position].precedes(entries[parent]) else { return }
            exchange(position, parent, &positions)
            position = parent
        }
    }

    private mutating func sink(_ start: Int, _ positions: inout [Int]) {
        var position = start
        while true {
            var least = position
            let left = 2 * position + 1
            if left < entries.count, entries[left].precedes(entries[least]) { least = left }
            if left + 1 < entries.count, entries[left + 1].precedes(entries[least]) { least = left + 1 }
            guard least != position else { return }
            exchange(position, least, &positions)
            position = least
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int, _ positions: inout [Int]) {
        entries.swapAt(left, right)
        positions[entries[left].place] = left
        positions[entries[right].place] = right
    }
}
