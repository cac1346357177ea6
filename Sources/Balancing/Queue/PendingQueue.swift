import Model
import Settings

/// Who waits for a slot, first come first served?
///
/// One queue in several lines. In a line stand those who may go to the same servers: of one class, with the same limit by endpoint, tried
/// on the same servers, and those who wait for a server of their own (`home`, by a stick) in one of that server's. Each line is a linked
/// list in one array, so that a ticket leaves from anywhere in constant time. `order` tells who came first across lines.
/// Invariants: a ticket stands in one line, once; within a line `order` never falls, and `arrived` only where one came again.
struct PendingQueue: Sendable {
    /// What those in a line have in common.
    struct Key: Sendable, Equatable {
        var queueClass: QueueClass
        /// The limit by endpoint that they need; nil: none has one on any server.
        var kind: SlotKind?
        var tried = TriedServers()
        var isRepeat = false
        var home: ServerID?
    }

    struct Line: Sendable {
        var key: Key
        /// For lines without home: they wait for servers of this tier and of nearer ones; the pool keeps it up to date.
        var tier = 0
        fileprivate(set) var first = -1
        fileprivate var last = -1
        fileprivate(set) var count = 0
        /// Those who have come again: behind them may stand some who have waited longer.
        fileprivate var back = 0
    }

    struct Waiter: Sendable {
        var ticket: Ticket
        var kind: SlotKind
        var stickKey: [UInt8]
        var hash: UInt64
        /// Without the time that servers had it, if it comes again.
        fileprivate(set) var arrived = MonotonicTime.zero
        let order: UInt64
        fileprivate let waited: Duration
        fileprivate let isBack: Bool
        fileprivate var line = -1
        fileprivate var previous = -1
        fileprivate var next = -1

        fileprivate init(_ request: PoolRequest, _ place: QueuePlace) {
            ticket = request.ticket
            kind = request.kind
            stickKey = request.stickKey
            hash = request.hash
            order = place.order
            waited = place.waited
            isBack = request.place != nil
        }

        /// Its place when it has waited until now.
        func place(now: MonotonicTime) -> QueuePlace { QueuePlace(order: order, waited: max(waited, now - arrived)) }

        /// Its place when it did not have to wait (again).
        var place: QueuePlace { QueuePlace(order: order, waited: waited) }
    }

    private(set) var lines: [Line] = []
    /// Places in `lines` of those without home that are not empty, and of those with one.
    private(set) var shared: [Int] = []
    private(set) var homes: [ServerID: [Int]] = [:]
    private(set) var count = 0
    private(set) var countByClass = [Int](repeating: 0, count: QueueClass.allCases.count)
    private(set) var repeats = 0
    private var emptyLines: [Int] = []
    private var waiters: [Waiter] = []
    private var places: [Ticket: Int] = [:]
    private var freePlace = -1
    private var nextOrder: UInt64 = 0
    private var latestArrival = MonotonicTime.zero

    // MARK: Coming

    /// The request with its place: the one that it had, else the next.
    mutating func waiter(_ request: PoolRequest) -> Waiter {
        if let place = request.place { return Waiter(request, place) }
        defer { nextOrder += 1 }
        return Waiter(request, QueuePlace(order: nextOrder, waited: .zero))
    }

    /// `now` may lie a little before an earlier arrival (workers read the clock on their own); the later one then counts.
    mutating func append(_ waiter: Waiter, key: Key, tier: Int, now: MonotonicTime) {
        assert(places[waiter.ticket] == nil, "a ticket waits once")
        latestArrival = max(latestArrival, now)
        var waiter = waiter
        waiter.arrived = latestArrival - waiter.waited
        place(waiter, in: lineIndex(key, tier: tier))
    }

    /// The waiting line for such a request, if any of its sort waits.
    func line(_ key: Key, tier: Int) -> Int? {
        let candidates = key.home.map { homes[$0] ?? [] } ?? shared
        return candidates.first { lines[$0].key == key && (key.home != nil || lines[$0].tier == tier) }
    }

    /// Brings a waiter in by its order, behind the last one that came before it.
    private mutating func place(_ waiter: Waiter, in line: Int) {
        var behind = lines[line].last
        while behind >= 0, waiters[behind].order > waiter.order { behind = waiters[behind].previous }
        var waiter = waiter
        waiter.line = line
        waiter.previous = behind
        waiter.next = behind >= 0 ? waiters[behind].next : lines[line].first
        let place = take(waiter)
        if waiter.previous >= 0 { waiters[waiter.previous].next = place } else { lines[line].first = place }
        if waiter.next >= 0 { waiters[waiter.next].previous = place } else { lines[line].last = place }
        lines[line].count += 1
        if waiter.isBack { lines[line].back += 1 }
        places[waiter.ticket] = place
        count += 1
        countByClass[lines[line].key.queueClass.index] += 1
        if lines[line].key.isRepeat { repeats += 1 }
    }

    private mutating func lineIndex(_ key: Key, tier: Int) -> Int {
        if let known = line(key, tier: tier) { return known }
        let index: Int
        if let empty = emptyLines.popLast() {
            index = empty
            lines[index] = Line(key: key, tier: tier)
        } else {
            index = lines.count
            lines.append(Line(key: key, tier: tier))
        }
        if let home = key.home { homes[home, default: []].append(index) } else { shared.append(index) }
        return index
    }

    private mutating func take(_ waiter: Waiter) -> Int {
        guard freePlace >= 0 else {
            waiters.append(waiter)
            return waiters.count - 1
        }
        let place = freePlace
        freePlace = waiters[place].next
        waiters[place] = waiter
        return place
    }

    // MARK: Going

    /// The key of the line that it stood in; nil: the ticket does not wait here.
    @discardableResult mutating func remove(_ ticket: Ticket) -> Key? {
        guard let place = places[ticket] else { return nil }
        let key = lines[waiters[place].line].key
        unlink(place)
        return key
    }

    /// The line's first leaves. The line must not be empty.
    mutating func removeFirst(line: Int) -> Waiter {
        let place = lines[line].first
        let waiter = waiters[place]
        unlink(place)
        return waiter
    }

    /// The first of a line; nil when it is empty.
    func first(line: Int) -> Waiter? { lines[line].first >= 0 ? waiters[lines[line].first] : nil }

    func order(line: Int) -> UInt64 { first(line: line)?.order ?? .max }

    /// The one of a line that has waited longest; nil when it is empty.
    func longest(line: Int) -> Waiter? {
        guard var longest = first(line: line), lines[line].back > 0 else { return first(line: line) }
        var place = longest.next
        while place >= 0 {
            if waiters[place].arrived < longest.arrived { longest = waiters[place] }
            place = waiters[place].next
        }
        return longest
    }

    private mutating func unlink(_ place: Int) {
        let waiter = waiters[place]
        let line = waiter.line
        if waiter.previous >= 0 { waiters[waiter.previous].next = waiter.next } else { lines[line].first = waiter.next }
        if waiter.next >= 0 { waiters[waiter.next].previous = waiter.previous } else { lines[line].last = waiter.previous }
        lines[line].count -= 1
        if waiter.isBack { lines[line].back -= 1 }
        places[waiter.ticket] = nil
        waiters[place].next = freePlace
        waiters[place].stickKey = []
        freePlace = place
        count -= 1
        countByClass[lines[line].key.queueClass.index] -= 1
        if lines[line].key.isRepeat { repeats -= 1 }
        if lines[line].count == 0 { retire(line) }
    }

    private mutating func retire(_ line: Int) {
        if let home = lines[line].key.home {
            homes[home]?.removeAll { $0 == line }
            if homes[home]?.isEmpty == true { homes[home] = nil }
        } else {
            shared.removeAll { $0 == line }
        }
        emptyLines.append(line)
    }

    // MARK: Moving

    mutating func setTier(_ tier: Int, line: Int) { lines[line].tier = tier }

    /// It goes to the shared line of its sort, where its order puts it.
    mutating func leaveHome(_ ticket: Ticket, tier: Int) {
        guard let waiter = places[ticket].map({ waiters[$0] }), var key = remove(ticket) else { return }
        key.home = nil
        place(waiter, in: lineIndex(key, tier: tier))
    }

    /// Sorts all into lines anew, after limits by endpoint have come or gone.
    mutating func regroup(limitedKinds: [SlotKind]) {
        var all: [(Waiter, Key, Int)] = []
        for line in shared + homes.values.flatMap({ $0 }) {
            var key = lines[line].key
            let tier = lines[line].tier
            while lines[line].count > 0 {
                let waiter = removeFirst(line: line)
                key.kind = limitedKinds.contains(waiter.kind) ? waiter.kind : nil
                all.append((waiter, key, tier))
            }
        }
        all.sort { $0.0.order < $1.0.order }
        for (waiter, key, tier) in all { place(waiter, in: lineIndex(key, tier: tier)) }
    }
}
