import Model
import Settings

/// Which server did a key go to last? `size` keys at most, the least recently used goes; forgotten `expire` after the last use.
struct StickModel {
    struct Entry: Equatable {
        var key: [UInt8]
        var server: ServerID
        var used: MonotonicTime
    }

    private var settings: StickSettings?
    /// The least recently used first.
    private(set) var entries: [Entry] = []
    private var latest = MonotonicTime.zero

    init(_ settings: StickSettings?) { self.settings = settings }

    /// A hit is a use.
    mutating func find(_ key: [UInt8], now: MonotonicTime) -> ServerID? {
        guard let settings else { return nil }
        latest = max(latest, now)
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
        var entry = entries.remove(at: index)
        guard latest - entry.used < settings.expire else { return nil }
        entry.used = latest
        entries.append(entry)
        return entry.server
    }

    /// A use that was known before and is later wins.
    mutating func store(_ key: [UInt8], _ server: ServerID, age: Duration = .zero, now: MonotonicTime) {
        guard let settings, settings.size > 0, !key.isEmpty, age < settings.expire else { return }
        latest = max(latest, now)
        let used = latest - age
        if let known = entries.first(where: { $0.key == key }), known.used > used { return }
        remove(key)
        if entries.count == settings.size {
            if entries[0].used > used { return }
            entries.removeFirst()
        }
        entries.insert(Entry(key: key, server: server, used: used), at: entries.firstIndex { $0.used > used } ?? entries.count)
    }

    mutating func remove(_ key: [UInt8]) { entries.removeAll { $0.key == key } }

    mutating func expire(now: MonotonicTime) {
        guard let settings else { return }
        latest = max(latest, now)
        entries.removeAll { latest - $0.used >= settings.expire }
    }

    mutating func adopt(_ new: StickSettings?) {
        settings = new
        guard let new else { return entries.removeAll() }
        entries.removeFirst(max(0, entries.count - new.size))
    }

    /// What is not forgotten, the youngest first.
    func live(now: MonotonicTime) -> [Entry] {
        guard let settings else { return [] }
        return entries.reversed().filter { max(latest, now) - $0.used < settings.expire }
    }
}
