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
        var server: ServerID
        var used: MonotonicTime
        var hash: UInt32
        /// In the bucket, or of the free places.
        var next: Int32
        var younger: Int32
        var older: Int32
    }

    private static let none: Int32 = -1

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
    package mutating func store(_ key: [UInt8], _ server: ServerID, age: Duration = .zero, now: MonotonicTime) {
        guard size > 0, key.count <= StickTable.longestKey, age <= .zero || age < expire else { return }
        advance(to: now)
        let used = latest - max(age, .zero)
        let hash = StickTable.hash(key)
        if let place = place(of: key, hash: hash) {
            guard used >= entries[Int(place)].used else { return }
            entries[Int(place)].server = server
            return use(place, at: used)
        }
        if count == size {
            guard used >= entries[Int(oldest)].used else { return }
            drop(oldest)
        }
        insert(takePlace(key), server, hash, used: used)
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
        while place != StickTable.none {
            let entry = entries[Int(place)]
            resized.insert(resized.append(entry.key), entry.server, entry.hash, used: entry.used)
            place = entry.younger
        }
        resized.latest = latest
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
        entries.append(Entry(key: key, server: ServerID(0), used: latest, hash: 0, next: -1, younger: -1, older: -1))
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

    /// Before the first entry, from the youngest on, that was used no later.
    private mutating func link(_ place: Int32, used: MonotonicTime) {
        var older = youngest
        var younger = StickTable.none
        while older != StickTable.none, entries[Int(older)].used > used { (younger, older) = (older, entries[Int(older)].older) }
        entries[Int(place)].used = used
        entries[Int(place)].younger = younger
        entries[Int(place)].older = older
        if older != StickTable.none { entries[Int(older)].younger = place } else { oldest = place }
        if younger != StickTable.none { entries[Int(younger)].older = place } else { youngest = place }
    }

    private mutating func unlink(_ place: Int32) {
        let younger = entries[Int(place)].younger
        let older = entries[Int(place)].older
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
