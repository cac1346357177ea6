import Balancing
import Model
import Testing

/// Which sticks a peer is still to be sent.
@Suite struct StickJournalTests {
    private func table(size: Int = 100) -> StickTable {
        var table = StickTable(size: size, expire: .seconds(100))
        table.share(true)
        return table
    }

    private func time(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }
    private func key(_ number: Int) -> [UInt8] { Array("k\(number)".utf8) }
    private func names(_ sticks: [StickTable.Shared]) -> [String] { sticks.map { String(decoding: $0.key, as: UTF8.self) } }

    @Test func givesChangesInTheirOrder() {
        var table = table()
        for number in 0..<5 { table.store(key(number), ServerID(1), now: time(1)) }
        let first = table.changes(after: 0, limit: 3, now: time(1))
        #expect(names(first.sticks) == ["k0", "k1", "k2"] && first.last == 3)
        let rest = table.changes(after: first.last, limit: 3, now: time(1))
        #expect(names(rest.sticks) == ["k3", "k4"] && rest.last == 5)
        #expect(table.changes(after: 5, limit: 3, now: time(1)).last == 5)
    }

    /// No peer has received the first change: the stick is sent as it is then.
    @Test func aStickThatChangesTwiceIsSentOnce() {
        var table = table()
        table.store(key(1), ServerID(1), now: time(1))
        table.store(key(1), ServerID(2), now: time(2))
        let changes = table.changes(after: 0, limit: 10, now: time(2))
        #expect(changes.sticks.map(\.server) == [ServerID(2)] && changes.last == 1)
        table.store(key(1), ServerID(3), now: time(3))
        #expect(table.changes(after: 1, limit: 10, now: time(3)).sticks.map(\.server) == [ServerID(3)])
    }

    @Test func whatAPeerTaughtIsNotPushed() {
        var table = table()
        table.store(key(1), ServerID(1), now: time(1))
        table.store(key(2), ServerID(1), isLearned: true, now: time(1))
        table.store(key(1), ServerID(2), isLearned: true, now: time(1))
        let changes = table.changes(after: 0, limit: 10, now: time(1))
        #expect(changes.sticks.isEmpty && changes.last == 1)
        #expect(names(table.copy(from: nil, limit: 10, now: time(1)).sticks) == ["k2", "k1"])
    }

    @Test func sticksThatAreGoneAreLeftOut() {
        var table = table()
        for number in 0..<4 { table.store(key(number), ServerID(1), now: time(1)) }
        table.remove(key(1))
        table.store(key(9), ServerID(1), now: time(1))
        #expect(names(table.changes(after: 0, limit: 10, now: time(1)).sticks) == ["k0", "k2", "k3", "k9"])
        table.removeAll()
        #expect(table.changes(after: 0, limit: 10, now: time(1)).sticks.isEmpty)
        table.store(key(5), ServerID(1), now: time(1))
        #expect(table.lastChange == 6 && names(table.changes(after: 5, limit: 10, now: time(1)).sticks) == ["k5"])
    }

    @Test func aSmallerTableKeepsTheOrder() {
        var table = table()
        for number in 0..<10 { table.store(key(number), ServerID(1), now: time(Int64(number))) }
        table.resize(size: 3, expire: .seconds(100))
        #expect(names(table.changes(after: 0, limit: 10, now: time(10)).sticks) == ["k7", "k8", "k9"])
    }

    @Test func isBoundedByTheTable() {
        var table = table(size: 10)
        for number in 0..<10_000 {
            table.store(key(number % 20), ServerID(1), now: time(1))
            if number % 3 == 0 { _ = table.changes(after: table.lastChange - 1, limit: 10, now: time(1)) }
        }
        #expect(table.changes(after: 0, limit: 100, now: time(1)).sticks.count == 10)
    }

    @Test func aCopyGoesOnWhereItWasAlthoughSticksAreUsedMeanwhile() {
        var table = table(size: 1000)
        for number in 0..<500 { table.store(key(number), ServerID(1), now: time(1)) }
        for number in 500..<1000 { table.store(key(number), ServerID(1), now: time(2)) }
        var seen: Set<String> = []
        var cursor: StickTable.Cursor?
        var rounds = 0
        repeat {
            let (sticks, next) = table.copy(from: cursor, limit: 100, now: time(3))
            seen.formUnion(names(sticks))
            cursor = next
            rounds += 1
            // The stick that comes next is used, or removed.
            if rounds < 8 { table.store(key(rounds * 100), ServerID(1), now: time(3)) }
        } while cursor != nil && rounds < 100
        #expect(seen.count == 1000 && rounds < 30)
    }

    /// As HAProxy teaches after a restart: two runs, each from the oldest on.
    @Test func learnsTwoRunsOfAgesInOrder() {
        var table = table(size: 100_000)
        for run in [50, 0] {
            for number in 0..<20_000 {
                let age = Duration.milliseconds(Int64(99_000 - number) - Int64(run) * 400)
                table.store(key(run * 1_000_000 + number), ServerID(1), age: age, isLearned: true, now: time(1000))
            }
        }
        var last = Duration.zero
        var count = 0
        table.forEach(now: time(1000)) { _, _, left in
            if count > 0, left > last { Issue.record("not in order") }
            last = left
            count += 1
            return false
        }
        #expect(count == 40_000)
    }
}
