import Balancing
import Model
import Testing

struct StickTableTests {
    private let key = Array("web01.grnet.gr".utf8)

    private func at(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

    /// Keys from the youngest, with their servers.
    private func contents(_ table: StickTable, now: MonotonicTime) -> [String] {
        var found: [String] = []
        table.forEach(now: now) { key, server, _ in
            found.append("\(String(decoding: key, as: UTF8.self))=\(server.value)")
            return false
        }
        return found
    }

    @Test func anEntryLastsForItsTimeAfterItsLastUse() {
        var table = StickTable(size: 10, expire: .seconds(60))
        table.store(key, ServerID(3), now: at(0))
        #expect(table.find(key, now: at(59)) == ServerID(3))
        #expect(table.find(key, now: at(118)) == ServerID(3))
        table.store(key, ServerID(4), now: at(150))
        #expect(table.find(key, now: at(209)) == ServerID(4))
        #expect(table.find(key, now: at(269)) == nil)
        #expect(table.count == 0)
    }

    @Test func aFullTableForgetsTheLeastRecentlyUsed() {
        var table = StickTable(size: 3, expire: .seconds(60))
        for name in ["a", "b", "c"] { table.store(Array(name.utf8), ServerID(1), now: at(0)) }
        #expect(table.find(Array("a".utf8), now: at(1)) == ServerID(1))
        table.store(Array("b".utf8), ServerID(2), now: at(2))
        table.store(Array("d".utf8), ServerID(4), now: at(3))
        #expect(contents(table, now: at(3)) == ["d=4", "b=2", "a=1"])
    }

    @Test func anEntryThatIsRestoredKeepsItsAge() {
        var table = StickTable(size: 10, expire: .seconds(60))
        table.store(Array("old".utf8), ServerID(1), age: .seconds(50), now: at(100))
        table.store(Array("new".utf8), ServerID(2), age: .seconds(10), now: at(100))
        table.store(Array("mean".utf8), ServerID(3), age: .seconds(30), now: at(100))
        #expect(contents(table, now: at(100)) == ["new=2", "mean=3", "old=1"])
        #expect(contents(table, now: at(109)) == ["new=2", "mean=3", "old=1"])
        #expect(contents(table, now: at(110)) == ["new=2", "mean=3"])
        #expect(contents(table, now: at(130)) == ["new=2"])
        table.expire(now: at(130), limit: 100)
        #expect(table.count == 1)
    }

    @Test func aLaterUseWinsOverAnOlderOne() {
        var table = StickTable(size: 2, expire: .seconds(60))
        table.store(key, ServerID(1), now: at(100))
        table.store(key, ServerID(2), age: .seconds(1), now: at(100))
        #expect(table.find(key, now: at(100)) == ServerID(1))
        table.store([1], ServerID(3), age: .seconds(20), now: at(100))
        table.store([2], ServerID(4), age: .seconds(21), now: at(100))
        #expect(contents(table, now: at(100)).count == 2 && table.find([1], now: at(100)) == ServerID(3), "full of later ones")
        table.store([3], ServerID(5), age: .seconds(60), now: at(100))
        #expect(table.count == 2, "expired before it came")
    }

    @Test func aRemovedKeyIsGone() {
        var table = StickTable(size: 3, expire: .seconds(60))
        table.store(key, ServerID(1), now: at(0))
        table.remove(key)
        table.remove(key)
        #expect(table.count == 0 && table.find(key, now: at(0)) == nil)
    }

    @Test func expiringDropsAtMostItsLimit() {
        var table = StickTable(size: 100, expire: .seconds(60))
        for number in 0..<20 { table.store([UInt8(number)], ServerID(1), now: at(Int64(number))) }
        table.expire(now: at(70), limit: 4)
        #expect(table.count == 16)
        table.expire(now: at(70), limit: 100)
        #expect(table.count == 9)
        #expect(table.find([11], now: at(70)) == ServerID(1))
    }

    @Test func aSizeOfNothingHoldsNothing() {
        var table = StickTable(size: 0, expire: .seconds(60))
        table.store(key, ServerID(1), now: at(0))
        #expect(table.count == 0 && table.find(key, now: at(0)) == nil)
    }

    @Test func longKeysAreNotStored() {
        var table = StickTable(size: 10, expire: .seconds(60))
        table.store(Array(repeating: 0x61, count: 256), ServerID(1), now: at(0))
        #expect(table.count == 0)
        let longest = [UInt8](repeating: 0x61, count: 255)
        table.store(longest, ServerID(1), now: at(0))
        #expect(table.find(longest, now: at(0)) == ServerID(1))
    }

    @Test func aClockThatIsALittleLateUndoesNothing() {
        var table = StickTable(size: 10, expire: .seconds(60))
        table.store(Array("a".utf8), ServerID(1), now: at(100))
        table.store(Array("b".utf8), ServerID(2), now: at(99))
        #expect(table.find(Array("b".utf8), now: at(159)) == ServerID(2))
        #expect(table.find(Array("a".utf8), now: at(158)) == ServerID(1))
        table.expire(now: at(161), limit: 10)
        #expect(contents(table, now: at(161)) == ["a=1", "b=2"])
    }

    @Test func lessRoomKeepsTheYoungest() {
        var table = StickTable(size: 100, expire: .seconds(60))
        for number in 0..<50 { table.store(Array("k\(number)".utf8), ServerID(UInt32(number)), now: at(0)) }
        table.resize(size: 3, expire: .seconds(60))
        #expect(contents(table, now: at(0)) == ["k49=49", "k48=48", "k47=47"])
        table.store(Array("k50".utf8), ServerID(50), now: at(1))
        #expect(contents(table, now: at(1)) == ["k50=50", "k49=49", "k48=48"])
        table.resize(size: 4, expire: .seconds(60))
        table.store(Array("k51".utf8), ServerID(51), now: at(1))
        #expect(contents(table, now: at(1)) == ["k51=51", "k50=50", "k49=49", "k48=48"])
    }

    @Test func aNewTimeHoldsForOldEntries() {
        var table = StickTable(size: 100, expire: .seconds(600))
        table.store([1], ServerID(1), now: at(0))
        table.store([2], ServerID(2), now: at(30))
        table.resize(size: 100, expire: .seconds(60))
        #expect(contents(table, now: at(70)) == ["\u{2}=2"])
        table.expire(now: at(70), limit: 10)
        #expect(table.count == 1)
    }

    @Test func showsWhatIsLeftOfTheTime() {
        var table = StickTable(size: 10, expire: .seconds(60))
        table.store([1], ServerID(1), now: at(0))
        table.store([2], ServerID(2), now: at(20))
        var left: [Duration] = []
        table.forEach(now: at(30)) { _, _, time in
            left.append(time)
            return false
        }
        #expect(left == [.seconds(50), .seconds(30)])
        var visited = 0
        table.forEach(now: at(30)) { _, _, _ in
            visited += 1
            return true
        }
        #expect(visited == 1)
    }

    /// The same operations on the table and on a list of entries from the youngest.
    @Test(arguments: 1...20) func doesWhatAPlainListDoes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = StickTable(size: 20, expire: .seconds(50))
        var model = StickList(size: 20, expire: 50)
        var time: Int64 = 100
        for step in 0..<1500 {
            time += Int64(generator.next(4)) * Int64(generator.next(3))
            let now = time - Int64(generator.next(3))
            let key = Array("web\(generator.next(40))".utf8)
            switch generator.next(100) {
            case 0..<40: #expect(table.find(key, now: at(now))?.value == model.find(key, now: now), "step \(step)")
            case 40..<80:
                let server = UInt32(generator.next(5))
                table.store(key, ServerID(server), now: at(now))
                model.store(key, server, now: now)
            case 80..<90:
                table.remove(key)
                model.remove(key)
            case 90..<97:
                let limit = generator.next(4)
                table.expire(now: at(now), limit: limit)
                model.expire(now: now, limit: limit)
            default:
                let size = generator.next(40)
                let expire = Int64(generator.next(100))
                table.resize(size: size, expire: .seconds(expire))
                model.resize(size: size, expire: expire)
            }
            #expect(table.count == model.entries.count, "step \(step)")
            #expect(contents(table, now: at(now)) == model.contents(now: now), "step \(step)")
        }
    }
}

/// A stick table as one would write it without thinking of time.
private struct StickList {
    var size: Int
    var expire: Int64
    var latest: Int64 = 0
    /// From the youngest.
    var entries: [(key: [UInt8], server: UInt32, used: Int64)] = []

    init(size: Int, expire: Int64) {
        self.size = size
        self.expire = expire
    }

    mutating func find(_ key: [UInt8], now: Int64) -> UInt32? {
        latest = max(latest, now)
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
        let entry = entries.remove(at: index)
        guard latest - entry.used < expire else { return nil }
        entries.insert((key, entry.server, latest), at: 0)
        return entry.server
    }

    mutating func store(_ key: [UInt8], _ server: UInt32, now: Int64) {
        guard size > 0 else { return }
        latest = max(latest, now)
        entries.removeAll { $0.key == key }
        entries.insert((key, server, latest), at: 0)
        entries = Array(entries.prefix(size))
    }

    mutating func remove(_ key: [UInt8]) { entries.removeAll { $0.key == key } }

    mutating func expire(now: Int64, limit: Int) {
        latest = max(latest, now)
        let expired = entries.count { latest - $0.used >= expire }
        entries.removeLast(min(limit, expired))
    }

    mutating func resize(size: Int, expire: Int64) {
        self.size = size
        self.expire = expire
        entries = Array(entries.prefix(size))
    }

    func contents(now: Int64) -> [String] {
        entries.filter { max(latest, now) - $0.used < expire }.map { "\(String(decoding: $0.key, as: UTF8.self))=\($0.server)" }
    }
}
