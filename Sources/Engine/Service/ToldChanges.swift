import Model
import TLS

/// What hooks have been told, so that they are told of changes alone.
struct ToldChanges {
    private struct Server: Hashable {
        let pool: String
        let id: ServerID
    }

    private var down: Set<Server> = []
    /// Days left of what expires, when it was told last.
    private var days: [Expiry: Int] = [:]

    /// Whether that is news. A server that nobody has spoken of counts as up.
    mutating func isNews(pool: String, _ server: ServerID, isUp: Bool) -> Bool {
        let entry = Server(pool: pool, id: server)
        return isUp ? down.remove(entry) != nil : down.insert(entry).inserted
    }

    /// Whether that is news: once a day for each.
    mutating func isNews(_ expiry: Expiry, daysLeft: Int) -> Bool { days.updateValue(daysLeft, forKey: expiry) != daysLeft }

    /// Forgets what is no more.
    mutating func keep(_ expiries: [Expiry], isServer: (String, ServerID) -> Bool) {
        down = down.filter { isServer($0.pool, $0.id) }
        let kept = Set(expiries)
        days = days.filter { kept.contains($0.key) }
    }
}
