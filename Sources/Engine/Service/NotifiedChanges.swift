import Model
import TLS

/// What the hook has been notified of, so that it gets changes only.
struct NotifiedChanges {
    private struct Server: Hashable {
        let pool: String
        let id: ServerID
    }

    private var down: Set<Server> = []
    /// Days left of each expiry, at its last notification.
    private var days: [Expiry: Int] = [:]

    /// A server without an earlier notification counts as up.
    mutating func shouldNotify(pool: String, _ server: ServerID, isUp: Bool) -> Bool {
        let entry = Server(pool: pool, id: server)
        return isUp ? down.remove(entry) != nil : down.insert(entry).inserted
    }

    /// Once a day for each.
    mutating func shouldNotify(_ expiry: Expiry, daysLeft: Int) -> Bool { days.updateValue(daysLeft, forKey: expiry) != daysLeft }

    /// Forgets expiries and servers that no longer exist.
    mutating func keep(_ expiries: [Expiry], isServer: (String, ServerID) -> Bool) {
        down = down.filter { isServer($0.pool, $0.id) }
        let kept = Set(expiries)
        days = days.filter { kept.contains($0.key) }
    }
}
