import Model

/// Which server did this key go to last? Holds at most `size` keys; beyond that the least recently used is evicted. Constant time, but that the
/// arrays double now and then as the table fills for the first time (some milliseconds at 100,000 entries), and `resize`.
///
/// Entries are in one array, linked twice: by bucket of their hash, and from the youngest to the oldest. Places are used again, with
/// their key's memory. Memory: about 50 bytes an entry and 32 for its key's head, and the key, so 120 for a certname of 30 bytes.
/// Invariants: of two entries the younger was used no earlier; every entry is in its hash's bucket; there are at least as many
/// buckets as entries.
package struct StickTable: Sendable {
    /// Longer keys are never stored: certnames and addresses are shorter.
    package static let longestKey = 255

    private struct Entry: Sendable {
        var key: [UInt8]
        var used: MonotonicTime
        var server: ServerID
        /// Of this instance's last change of it, in the journal; 0: none, as of one that a peer taught.
        var change: UInt32 = 0
        var hash: UInt32
        /// In the bucket, or of the free places.
        var next: Int32
        var younger: Int32
        var older: Int32
    }

    private static let none: Int32 = -1
    /// In `older`: the place is free.
    private static let free: Int32 = -2
    /// How far the right place of an entry is looked for that was used before others.
    private static let longestWalk = 4096

    package private(set) var count = 0
    private var size: Int
    private var expire: Duration
    private var entries: [Entry] = []
    /// The first entry of each; a power of two of them.
    private var buckets: [Int32] = [none]
    private var youngest = none
    private var oldest = none
    private var firstFree = none
    /// The latest time seen: workers read the clock on their own, so `now` may lie a little before it.
    private var latest = MonotonicTime.zero
    /// Where the last entry was linked that was used before others: the next one is likely to be near.
    private var hint = none
    private var journal = StickJournal()
    /// Whether changes are kept in the journal, for peers.
    package private(set) var isShared = false

    /// - Parameters:
    ///   - size: 0 holds nothing.
    ///   - expire: how long after its last use an entry is forgotten.
    package init(size: Int, expire: Duration) {
        self.size = min(max(size, 0), Int(Int32.max))
        self.expire = expire
    }

    /// nil where there is none or it has expired. A hit is a use: the entry becomes the youngest.
    package mutating func find(_ key: [UInt8], now: MonotonicTime) -> ServerID? {
        advance(to: now)
        guard let place = place(of: key, hash: StickTable.hash(key)) else { return nil }
        if isExpired(place) {
            drop(place)
            return nil
        }
        use(place, at: latest)
        return entries[Int(place)].server
    }

    /// Writes or overwrites, which is a use.
    /// - Parameter age: how long ago that use was. A use that is already known to be later wins; constant time where none is, as when
    ///   entries are restored from the oldest on.
    /// - Parameter isLearned: from a peer, and so not for peers
    package mutating func store(
        _ key: [UInt8], _ server: ServerID, age: Duration = .zero, isLearned: Bool = false, now: MonotonicTime
    ) {
        guard size > 0, key.count <= StickTable.longestKey, age <= .zero || age < expire else { return }
        advance(to: now)
        let used = latest - max(age, .zero)
        let hash = StickTable.hash(key)
        if let place = place(of: key, hash: hash) {
            guard used >= entries[Int(place)].used else { return }
            entries[Int(place)].server = server
            use(place, at: used)
            return note(place, isLearned: isLearned)
        }
        if count == size {
            guard used >= entries[Int(oldest)].used else { return }
            drop(oldest)
        }
        let place = takePlace(key)
        insert(place, server, hash, used: used)
        note(place, isLearned: isLearned)
    }

    private mutating func note(_ place: Int32, isLearned: Bool) {
        guard isShared, !isLearned else {
            entries[Int(place)].change = 0
            return
        }
        entries[Int(place)].change = journal.note(place, known: entries[Int(place)].change)
        journal.compact(count: count) { entries[Int($0)].change }
    }

    /// Whether changes are for peers from now on.
    package mutating func share(_ isShared: Bool) {
        self.isShared = isShared
        if !isShared { journal.removeAll() }
    }

    package mutating func removeAll() {
        (count, entries, buckets) = (0, [], [StickTable.none])
        (youngest, oldest, firstFree, hint) = (StickTable.none, StickTable.none, StickTable.none, StickTable.none)
        journal.removeAll()
    }

    package mutating func remove(_ key: [UInt8]) {
        if let place = place(of: key, hash: StickTable.hash(key)) { drop(place) }
    }

    /// Drops what has expired, the oldest first, at most `limit` entries.
    package mutating func expire(now: MonotonicTime, limit: Int) {
        advance(to: now)
        var left = limit
        while left > 0, oldest != StickTable.none, isExpired(oldest) {
            drop(oldest)
            left -= 1
        }
    }

    /// New settings. Entries are kept, `expire` counts for them too, and the oldest go where there is less room.
    package mutating func resize(size newSize: Int, expire newExpire: Duration) {
        var resized = StickTable(size: newSize, expire: newExpire)
        expire = newExpire
        if resized.size >= entries.count {
            size = resized.size
            return
        }
        while count > resized.size { drop(oldest) }
        // Moved into less memory.
        var place = oldest
        var places: [Int32: Int32] = [:]
        while place != StickTable.none {
            let entry = entries[Int(place)]
            let new = resized.append(entry.key)
            resized.insert(new, entry.server, entry.hash, used: entry.used)
            resized.entries[Int(new)].change = entry.change
            if entry.change != 0 { places[place] = new }
            place = entry.younger
        }
        journal.move(places)
        (resized.latest, resized.journal, resized.isShared) = (latest, journal, isShared)
        self = resized
    }

    /// Calls `visit` with key, server and the time left, from the youngest, until it returns true. The expired are left out.
    package func forEach(now: MonotonicTime, _ visit: ([UInt8], ServerID, Duration) -> Bool) {
        var place = youngest
        while place != StickTable.none {
            let entry = entries[Int(place)]
            let left = expire - (max(now, latest) - entry.used)
            if left <= .zero || visit(entry.key, entry.server, left) { return }
            place = entry.older
        }
    }
}

/// What is copied for peers.
extension StickTable {
    package struct Shared: Sendable {
        package let key: [UInt8]
        package let server: ServerID
        package let left: Duration
        /// The change's number; 0 in `copy`.
        package let change: UInt32
    }

    /// Where to go on with `copy`. It holds although entries are used or removed meanwhile.
    package struct Cursor: Sendable {
        fileprivate let place: Int32
        fileprivate let used: MonotonicTime
    }

    /// The number of the last change; 0: none yet.
    package var lastChange: UInt32 { journal.last }

    /// At most `limit` sticks that this instance changed after a change's number, the oldest change first, and the number of the last one.
    package mutating func changes(after number: UInt32, limit: Int, now: MonotonicTime) -> (sticks: [Shared], last: UInt32) {
        advance(to: now)
        guard StickJournal.isLater(journal.last, than: number) else { return ([], number) }
        var found: [Shared] = []
        var last = journal.last
        journal.forEach(after: number) { place, change in
            // A place that was given up may be after the end of a table that was cleared.
            guard entries.indices.contains(Int(place)), entries[Int(place)].change == change, entries[Int(place)].older != StickTable.free
            else { return true }
            guard found.count < limit else {
                last = found.last?.change ?? number
                return false
            }
            let entry = entries[Int(place)]
            found.append(Shared(key: entry.key, server: entry.server, left: expire - (latest - entry.used), change: change))
            return true
        }
        return (found, last)
    }

    /// At most `limit` sticks from the oldest on, those that are used meanwhile perhaps twice; and where to go on, nil: these were the last.
    package func copy(from cursor: Cursor?, limit: Int, now: MonotonicTime) -> (sticks: [Shared], next: Cursor?) {
        var place = start(cursor)
        var found: [Shared] = []
        while place != StickTable.none {
            let entry = entries[Int(place)]
            guard found.count < limit else { return (found, Cursor(place: place, used: entry.used)) }
            let left = expire - (max(now, latest) - entry.used)
            if left > .zero { found.append(Shared(key: entry.key, server: entry.server, left: left, change: 0)) }
            place = entry.younger
        }
        return (found, nil)
    }

    private func start(_ cursor: Cursor?) -> Int32 {
        guard let cursor else { return oldest }
        if entries.indices.contains(Int(cursor.place)), entries[Int(cursor.place)].older != StickTable.free,
            entries[Int(cursor.place)].used == cursor.used
        {
            return cursor.place
        }
        // It was used or removed meanwhile: the next one in order.
        var place = oldest
        while place != StickTable.none, entries[Int(place)].used < cursor.used { place = entries[Int(place)].younger }
        return place
    }
}

extension StickTable {
    private mutating func advance(to now: MonotonicTime) { latest = max(latest, now) }

    private func isExpired(_ place: Int32) -> Bool { latest - entries[Int(place)].used >= expire }

    /// Seeded by process, so that keys cannot be chosen to collide; instances need not agree here. Eight bytes at a time.
    private static func hash(_ key: [UInt8]) -> UInt32 {
        var hasher = Hasher()
        var word: UInt64 = 0
        for index in key.indices {
            word = word << 8 | UInt64(key[index])
            if index & 7 == 7 { hasher.combine(word) }
        }
        hasher.combine(word)
        hasher.combine(key.count)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private func bucket(_ hash: UInt32) -> Int { Int(hash) & (buckets.count - 1) }

    private func place(of key: [UInt8], hash: UInt32) -> Int32? {
        var place = buckets[bucket(hash)]
        while place != StickTable.none {
            let index = Int(place)
            if entries[index].hash == hash, entries[index].key == key { return place }
            place = entries[index].next
        }
        return nil
    }

    private mutating func insert(_ place: Int32, _ server: ServerID, _ hash: UInt32, used: MonotonicTime) {
        if count == buckets.count { growBuckets() }
        let index = Int(place)
        entries[index].server = server
        entries[index].hash = hash
        entries[index].next = buckets[bucket(hash)]
        buckets[bucket(hash)] = place
        count += 1
        link(place, used: used)
    }

    private mutating func takePlace(_ key: [UInt8]) -> Int32 {
        guard firstFree != StickTable.none else {
            // A copy of the bytes: the caller's array would have to be copied when the caller writes to it again.
            var owned: [UInt8] = []
            owned.append(contentsOf: key)
            return append(owned)
        }
        let place = firstFree
        firstFree = entries[Int(place)].next
        entries[Int(place)].key.removeAll(keepingCapacity: true)
        entries[Int(place)].key.append(contentsOf: key)
        return place
    }

    private mutating func append(_ key: [UInt8]) -> Int32 {
        entries.append(Entry(key: key, used: latest, server: ServerID(0), hash: 0, next: -1, younger: -1, older: -1))
        return Int32(entries.count - 1)
    }

    private mutating func use(_ place: Int32, at used: MonotonicTime) {
        guard place != youngest else {
            entries[Int(place)].used = used
            return
        }
        unlink(place)
        link(place, used: used)
    }

    /// Before the first entry that was used no later. Looked for near the last such place, and not too far: where that does not do, the entry
    /// counts as used when its neighbour was.
    private mutating func link(_ place: Int32, used: MonotonicTime) {
        var older = youngest
        var younger = StickTable.none
        var used = used
        if older != StickTable.none, entries[Int(older)].used > used {
            if hint != StickTable.none { (older, younger) = (hint, entries[Int(hint)].younger) }
            var steps = 0
            while older != StickTable.none, entries[Int(older)].used > used, steps < StickTable.longestWalk {
                (younger, older, steps) = (older, entries[Int(older)].older, steps + 1)
            }
            while younger != StickTable.none, entries[Int(younger)].used <= used, steps < StickTable.longestWalk {
                (older, younger, steps) = (younger, entries[Int(younger)].younger, steps + 1)
            }
            if older != StickTable.none { used = max(used, entries[Int(older)].used) }
            if younger != StickTable.none { used = min(used, entries[Int(younger)].used) }
            hint = place
        }
        entries[Int(place)].used = used
        entries[Int(place)].younger = younger
        entries[Int(place)].older = older
        if older != StickTable.none { entries[Int(older)].younger = place } else { oldest = place }
        if younger != StickTable.none { entries[Int(younger)].older = place } else { youngest = place }
    }

    private mutating func unlink(_ place: Int32) {
        let younger = entries[Int(place)].younger
        let older = entries[Int(place)].older
        if hint == place { hint = older != StickTable.none ? older : younger }
        if younger != StickTable.none { entries[Int(younger)].older = older } else { youngest = older }
        if older != StickTable.none { entries[Int(older)].younger = younger } else { oldest = younger }
    }

    private mutating func drop(_ place: Int32) {
        unlink(place)
        let hash = entries[Int(place)].hash
        let next = entries[Int(place)].next
        if buckets[bucket(hash)] == place {
            buckets[bucket(hash)] = next
        } else {
            var before = Int(buckets[bucket(hash)])
            while entries[before].next != place { before = Int(entries[before].next) }
            entries[before].next = next
        }
        entries[Int(place)].next = firstFree
        entries[Int(place)].older = StickTable.free
        entries[Int(place)].change = 0
        firstFree = place
        count -= 1
    }

    private mutating func growBuckets() {
        buckets = Array(repeating: StickTable.none, count: buckets.count * 2)
        var place = youngest
        while place != StickTable.none {
            let index = Int(place)
            let bucket = bucket(entries[index].hash)
            entries[index].next = buckets[bucket]
            buckets[bucket] = place
            place = entries[index].older
        }
    }
}
