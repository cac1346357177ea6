import Model
import Settings

/// Which requests are queued for a slot, first come, first served?
///
/// One queue in several lines. A line holds requests that may go to the same servers: of one class, with the same limit by endpoint, tried
/// on the same servers, with a verified certificate or without; requests that wait for their sticky server are in lines of that server. Each
/// line is a linked list in one array, so that a ticket can be removed from anywhere in constant time. `order` compares arrivals across lines.
/// Next in a line is the first of those whose holder has not its whole share (`HolderFlows`).
/// Invariants: a ticket is in one line, once; within a line `order` never falls, and `arrived` falls only at a resubmitted request.
struct PendingQueue: Sendable {
    /// What the requests of a line have in common.
    struct Key: Sendable, Equatable {
        var queueClass: QueueClass
        /// The limit by endpoint that counts for them; nil: no server has one for them.
        var kind: SlotKind?
        var tried = TriedServers()
        var isRepeat = false
        /// Of a client without a verified certificate: counts for the share of those.
        var isUnverified = false
        /// Sent here by another instance: only servers of this site serve them.
        var staysHere = false
        /// The only server that they wait for; nil: any server of the line's tier and of nearer ones.
        var stickyServer: ServerID?

        /// By class and certificate: what `HolderFlows` keeps sums for.
        fileprivate var group: Int { PendingQueue.group(queueClass, isUnverified: isUnverified) }
    }

    struct Line: Sendable {
        var key: Key
        /// For sharedLines lines; the pool keeps it up to date.
        var tier = 0
        fileprivate(set) var first = -1
        fileprivate var last = -1
        fileprivate(set) var count = 0
        /// Tickets re-queued by a retry; tickets after them may have waited longer.
        fileprivate var resubmitted = 0
    }

    /// A queued request.
    struct Entry: Sendable {
        var ticket: Ticket
        var kind: SlotKind
        var stickKey: [UInt8]
        var hash: UInt64
        let holder: SlotHolder?
        /// Without the time that servers had it, if it was resubmitted.
        fileprivate(set) var arrived = MonotonicTime.zero
        let order: UInt64
        fileprivate let waited: Duration
        fileprivate let isResubmitted: Bool
        fileprivate var line = -1
        fileprivate var previous = -1
        fileprivate var next = -1

        fileprivate init(_ request: PoolRequest, _ place: QueuePlace) {
            ticket = request.ticket
            kind = request.kind
            stickKey = request.stickKey
            hash = request.hash
            holder = request.holder
            order = place.order
            waited = place.waited
            isResubmitted = request.place != nil
        }

        /// Its place when it has waited until now.
        func place(now: MonotonicTime) -> QueuePlace { QueuePlace(order: order, waited: max(waited, now - arrived)) }

        /// Its place when it did not have to wait (again).
        var place: QueuePlace { QueuePlace(order: order, waited: waited) }
    }

    private(set) var lines: [Line] = []
    /// Indices in `lines` of those that are not empty: of lines for any server, and of those for a sticky server.
    private(set) var sharedLines: [Int] = []
    private(set) var stickyLines: [ServerID: [Int]] = [:]
    private(set) var count = 0
    private(set) var countByClass = [Int](repeating: 0, count: QueueClass.allCases.count)
    private(set) var repeats = 0
    private var emptyLines: [Int] = []
    private var flows = HolderFlows(groups: 2 * QueueClass.allCases.count)
    private var entries: [Entry] = []
    private var places: [Ticket: Int] = [:]
    private var freePlace = -1
    private var nextOrder: UInt64 = 0
    private var latestArrival = MonotonicTime.zero

    // MARK: Adding

    /// The request with its place: the one that it had, else the next.
    mutating func entry(for request: PoolRequest) -> Entry {
        if let place = request.place { return Entry(request, place) }
        defer { nextOrder += 1 }
        return Entry(request, QueuePlace(order: nextOrder, waited: .zero))
    }

    /// `now` may lie a little before an earlier arrival (workers read the clock on their own); the later one then counts.
    /// - Parameter isReady: its holder may take another slot
    mutating func append(_ entry: Entry, key: Key, tier: Int, isReady: Bool, now: MonotonicTime) {
        assert(places[entry.ticket] == nil, "a ticket waits once")
        latestArrival = max(latestArrival, now)
        var entry = entry
        entry.arrived = latestArrival - entry.waited
        place(entry, in: lineIndex(key, tier: tier), isReady: isReady)
    }

    /// Whether one of such requests is queued whose holder may take another slot.
    func hasReady(_ key: Key, tier: Int) -> Bool { line(key, tier: tier).map { flows.first(line: $0) != nil } ?? false }

    /// The line for such requests, if any is queued.
    private func line(_ key: Key, tier: Int) -> Int? {
        let candidates = key.stickyServer.map { stickyLines[$0] ?? [] } ?? sharedLines
        return candidates.first { lines[$0].key == key && (key.stickyServer != nil || lines[$0].tier == tier) }
    }

    /// Inserts an entry by its order, after the last one that arrived before it.
    private mutating func place(_ entry: Entry, in line: Int, isReady: Bool) {
        var before = lines[line].last
        while before >= 0, entries[before].order > entry.order { before = entries[before].previous }
        var entry = entry
        entry.line = line
        entry.previous = before
        entry.next = before >= 0 ? entries[before].next : lines[line].first
        let place = take(entry)
        if entry.previous >= 0 { entries[entry.previous].next = place } else { lines[line].first = place }
        if entry.next >= 0 { entries[entry.next].previous = place } else { lines[line].last = place }
        lines[line].count += 1
        if entry.isResubmitted { lines[line].resubmitted += 1 }
        places[entry.ticket] = place
        flows.insert(
            place, line: line, group: lines[line].key.group, holder: entry.holder, order: entry.order, isReady: isReady)
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
        if let server = key.stickyServer { stickyLines[server, default: []].append(index) } else { sharedLines.append(index) }
        return index
    }

    private mutating func take(_ entry: Entry) -> Int {
        guard freePlace >= 0 else {
            entries.append(entry)
            return entries.count - 1
        }
        let place = freePlace
        freePlace = entries[place].next
        entries[place] = entry
        return place
    }

    // MARK: Removing

    /// The key of the line that it was in; nil: the ticket is not queued here.
    @discardableResult mutating func remove(_ ticket: Ticket) -> Key? {
        guard let place = places[ticket] else { return nil }
        let key = lines[entries[place].line].key
        unlink(place)
        return key
    }

    /// Removes the line's first, whatever its holder has. The line must not be empty.
    mutating func removeFirst(line: Int) -> Entry {
        let place = lines[line].first
        let entry = entries[place]
        unlink(place)
        return entry
    }

    /// Removes the one that is next (`next`); nil when there is none.
    mutating func removeNext(line: Int) -> Entry? {
        guard let place = flows.first(line: line) else { return nil }
        let entry = entries[place]
        unlink(place)
        return entry
    }

    /// The first of a line, whatever its holder has; nil when the line is empty.
    private func first(line: Int) -> Entry? { lines[line].first >= 0 ? entries[lines[line].first] : nil }

    /// The first of a line whose holder may take another slot; nil when there is none.
    func next(line: Int) -> Entry? { flows.first(line: line).map { entries[$0] } }

    func order(line: Int) -> UInt64 { flows.first(line: line).map { entries[$0].order } ?? .max }

    /// The entry of a line that has waited longest; nil when it is empty.
    func longest(line: Int) -> Entry? {
        guard var longest = first(line: line), lines[line].resubmitted > 0 else { return first(line: line) }
        var place = longest.next
        while place >= 0 {
            if entries[place].arrived < longest.arrived { longest = entries[place] }
            place = entries[place].next
        }
        return longest
    }

    private mutating func unlink(_ place: Int) {
        let entry = entries[place]
        let line = entry.line
        flows.remove(place)
        if entry.previous >= 0 { entries[entry.previous].next = entry.next } else { lines[line].first = entry.next }
        if entry.next >= 0 { entries[entry.next].previous = entry.previous } else { lines[line].last = entry.previous }
        lines[line].count -= 1
        if entry.isResubmitted { lines[line].resubmitted -= 1 }
        places[entry.ticket] = nil
        entries[place].next = freePlace
        entries[place].stickKey = []
        freePlace = place
        count -= 1
        countByClass[lines[line].key.queueClass.index] -= 1
        if lines[line].key.isRepeat { repeats -= 1 }
        if lines[line].count == 0 { retire(line) }
    }

    private mutating func retire(_ line: Int) {
        if let server = lines[line].key.stickyServer {
            stickyLines[server]?.removeAll { $0 == line }
            if stickyLines[server]?.isEmpty == true { stickyLines[server] = nil }
        } else {
            sharedLines.removeAll { $0 == line }
        }
        emptyLines.append(line)
    }

    // MARK: Shares

    private static func group(_ queueClass: QueueClass, isUnverified: Bool) -> Int { 2 * queueClass.index + (isUnverified ? 1 : 0) }

    /// Requests of a class whose holder may take another slot.
    func ready(_ queueClass: QueueClass, isUnverified: Bool) -> Int {
        flows.readyCount(group: PendingQueue.group(queueClass, isUnverified: isUnverified))
    }

    var hasReadyUnverified: Bool { QueueClass.allCases.contains { ready($0, isUnverified: true) > 0 } }

    /// A holder may take another slot now, or may not. False where none of its requests is queued.
    @discardableResult mutating func setReady(_ holder: SlotHolder?, _ isReady: Bool) -> Bool {
        guard count > 0, let holder else { return false }
        return flows.setReady(holder, isReady)
    }

    /// After the holders' share itself has changed.
    mutating func reviewHolders(isFull: (SlotHolder) -> Bool) {
        if count > 0 { flows.review(isFull: isFull) }
    }

    // MARK: Moving

    mutating func setTier(_ tier: Int, line: Int) { lines[line].tier = tier }

    /// Moves it to the sharedLines line of its kind, by its order.
    mutating func releaseToShared(_ ticket: Ticket, tier: Int) {
        guard let place = places[ticket] else { return }
        let (entry, isReady) = (entries[place], flows.isReady(place))
        guard var key = remove(ticket) else { return }
        key.stickyServer = nil
        self.place(entry, in: lineIndex(key, tier: tier), isReady: isReady)
    }

    /// Assigns all to lines again, after the set of limits by endpoint has changed.
    mutating func regroup(limitedKinds: [SlotKind]) {
        var all: [(entry: Entry, key: Key, tier: Int, isReady: Bool)] = []
        for line in sharedLines + stickyLines.values.flatMap({ $0 }) {
            var key = lines[line].key
            let tier = lines[line].tier
            while lines[line].count > 0 {
                let isReady = flows.isReady(lines[line].first)
                let entry = removeFirst(line: line)
                key.kind = limitedKinds.contains(entry.kind) ? entry.kind : nil
                all.append((entry, key, tier, isReady))
            }
        }
        all.sort { $0.entry.order < $1.entry.order }
        for one in all { place(one.entry, in: lineIndex(one.key, tier: one.tier), isReady: one.isReady) }
    }
}
