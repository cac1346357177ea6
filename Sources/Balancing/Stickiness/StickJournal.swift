/// In which order did this instance change its sticks? So that each peer can be sent what it has not seen yet.
///
/// A change has a number, one more than the last, and names the place of its stick in the table; an older change of the same stick counts no
/// more. Numbers wrap. Memory: 8 bytes a change, of which there are at most twice as many as sticks (and 1,024).
/// Invariant: the changes' numbers are ascending.
struct StickJournal: Sendable {
    private struct Change: Sendable {
        let number: UInt32
        let place: Int32
    }

    private var changes: [Change] = []
    private(set) var last: UInt32 = 0
    /// The last change that was given to any peer.
    private var taken: UInt32 = 0

    /// Numbers that are ahead by less than half of all are later.
    static func isLater(_ one: UInt32, than other: UInt32) -> Bool { Int32(bitPattern: one &- other) > 0 }

    /// A stick is changed.
    /// - Parameter known: the number of its last change; 0: none
    /// - Returns: the number that it has now
    mutating func note(_ place: Int32, known: UInt32) -> UInt32 {
        // No peer has received that one yet: the stick is sent as it is then.
        if known != 0, StickJournal.isLater(known, than: taken) { return known }
        last = last == .max ? 1 : last + 1
        changes.append(Change(number: last, place: place))
        return last
    }

    /// - Parameters:
    ///   - count: of sticks
    ///   - current: the number of a stick's last change, by place
    mutating func compact(count: Int, _ current: (Int32) -> UInt32) {
        guard changes.count >= 2 * count + 1024 else { return }
        changes.removeAll { current($0.place) != $0.number }
    }

    /// The changes after a number, the oldest first, until `body` returns false.
    mutating func forEach(after number: UInt32, _ body: (Int32, UInt32) -> Bool) {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if StickJournal.isLater(changes[middle].number, than: number) { high = middle } else { low = middle + 1 }
        }
        while low < changes.count {
            if StickJournal.isLater(changes[low].number, than: taken) { taken = changes[low].number }
            guard body(changes[low].place, changes[low].number) else { return }
            low += 1
        }
    }

    mutating func removeAll() { changes.removeAll() }

    /// The table was moved: places by their old ones.
    mutating func move(_ places: [Int32: Int32]) {
        changes = changes.compactMap { change in places[change.place].map { Change(number: change.number, place: $0) } }
    }
}
