import Model

/// Who waits for a slot, first come first served?
///
/// One queue in several lines: tickets that were tried on the same servers stand in one line, since they may go to the same ones.
/// Nearly always there is one line, that of fresh requests; others are there while retries wait. Each line is a linked list in one
/// array, so that a ticket leaves from anywhere in constant time. `order` tells who came first across lines.
/// Invariants: a ticket stands in one line, once; within a line `order` and `arrived` never fall.
struct PendingQueue: Sendable {
    struct Line: Sendable {
        fileprivate(set) var tried: TriedServers
        /// The tier whose servers this line waits for; the pool keeps it up to date.
        var tier = 0
        fileprivate var first = -1
        fileprivate var last = -1
        fileprivate(set) var count = 0
    }

    private struct Waiter: Sendable {
        var ticket: Ticket
        var arrived: MonotonicTime
        var order: UInt64
        var line: Int
        var previous: Int
        var next: Int
    }

    /// Empty lines stay for the next use. The first is that of fresh requests.
    private(set) var lines = [Line(tried: TriedServers())]
    private(set) var count = 0
    private var waiters: [Waiter] = []
    private var places: [Ticket: Int] = [:]
    private var freePlace = -1
    private var nextOrder: UInt64 = 0
    private var latestArrival = MonotonicTime.zero

    /// Whether a request that was not tried anywhere waits.
    var hasFresh: Bool { lines[0].count > 0 }

    /// `now` may lie a little before an earlier arrival (workers read the clock on their own); the later one then counts.
    mutating func append(_ ticket: Ticket, tried: TriedServers, tier: Int, now: MonotonicTime) {
        assert(places[ticket] == nil, "a ticket waits once")
        let line = lineIndex(tried: tried)
        latestArrival = max(latestArrival, now)
        let waiter = Waiter(
            ticket: ticket, arrived: latestArrival, order: nextOrder, line: line, previous: lines[line].last, next: -1)
        nextOrder += 1
        let place = take(waiter)
        if waiter.previous >= 0 { waiters[waiter.previous].next = place } else { lines[line].first = place }
        lines[line].last = place
        lines[line].tier = tier
        lines[line].count += 1
        places[ticket] = place
        count += 1
    }

    /// False when the ticket does not wait here.
    @discardableResult mutating func remove(_ ticket: Ticket) -> Bool {
        guard let place = places[ticket] else { return false }
        unlink(place)
        return true
    }

    /// The line's first ticket leaves. The line must not be empty.
    mutating func removeFirst(line: Int) -> Ticket {
        let place = lines[line].first
        let ticket = waiters[place].ticket
        unlink(place)
        return ticket
    }

    /// When the line's first ticket came, and its rank across lines; nil when the line is empty.
    func first(line: Int) -> (arrived: MonotonicTime, order: UInt64)? {
        guard lines[line].first >= 0 else { return nil }
        let waiter = waiters[lines[line].first]
        return (waiter.arrived, waiter.order)
    }

    mutating func setTier(_ tier: Int, line: Int) { lines[line].tier = tier }

    private mutating func lineIndex(tried: TriedServers) -> Int {
        if tried.isEmpty { return 0 }
        var reusable: Int?
        for index in 1..<lines.count {
            if lines[index].count == 0 { reusable = index } else if lines[index].tried == tried { return index }
        }
        guard let reusable else {
            lines.append(Line(tried: tried))
            return lines.count - 1
        }
        lines[reusable].tried = tried
        return reusable
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

    private mutating func unlink(_ place: Int) {
        let waiter = waiters[place]
        if waiter.previous >= 0 { waiters[waiter.previous].next = waiter.next } else { lines[waiter.line].first = waiter.next }
        if waiter.next >= 0 { waiters[waiter.next].previous = waiter.previous } else { lines[waiter.line].last = waiter.previous }
        lines[waiter.line].count -= 1
        places[waiter.ticket] = nil
        waiters[place].next = freePlace
        freePlace = place
        count -= 1
    }
}
