import Admin
import Balancing
import Model
import Network

/// What has happened to servers and pools since the start, for reports. Belongs to the control loop.
struct ChangeHistory {
    struct Entry {
        var checksFailed: UInt64 = 0
        var timesDown: UInt64 = 0
        var isUp = true
        private var isInMaintenance = false
        /// Seconds of the monotonic clock.
        private(set) var changedAt: Int64
        private var secondsDown: Int64 = 0
        var lastChange = ""
        /// Newest first.
        private(set) var recent: [EventReport] = []

        init(now: Moment) { changedAt = now.steady }

        mutating func turned(isUp: Bool, now: Moment) {
            guard isUp != self.isUp else { return }
            if !isUp { timesDown += 1 }
            change(now) { $0.isUp = isUp }
        }

        /// By an operator or the server's agent. As in HAProxy, maint counts as down, in times (`chkdown`) and in seconds.
        mutating func set(_ state: AdminState, now: Moment) {
            if state == .maint, isUp, !isInMaintenance { timesDown += 1 }
            change(now) { $0.isInMaintenance = state == .maint }
        }

        private mutating func change(_ now: Moment, _ body: (inout Entry) -> Void) {
            secondsDown = secondsDown(now: now)
            changedAt = now.steady
            body(&self)
        }

        mutating func note(_ line: String, now: Moment) {
            lastChange = line
            recent.insert(EventReport(time: now.wall, text: line), at: 0)
            if recent.count > 16 { recent.removeLast() }
        }

        func secondsSinceChange(now: Moment) -> Int64 { now.steady - changedAt }

        func secondsDown(now: Moment) -> Int64 { secondsDown + (isUp && !isInMaintenance ? 0 : now.steady - changedAt) }
    }

    struct ServerKey: Hashable {
        let pool: String
        let server: ServerID
    }

    private(set) var servers: [ServerKey: Entry] = [:]
    private(set) var pools: [String: Entry] = [:]
    /// Newest first, at most 256.
    private(set) var events: [EventReport] = []
    private let startedAt: Moment

    init(startedAt: Moment) { self.startedAt = startedAt }

    mutating func note(_ line: String, now: Moment) {
        events.insert(EventReport(time: now.wall, text: line), at: 0)
        if events.count > 256 { events.removeLast() }
    }

    mutating func note(_ line: String, pool: String, server: ServerID, isUp: Bool, failedCheck: Bool, now: Moment) {
        note(line, now: now)
        let key = ServerKey(pool: pool, server: server)
        servers[key, default: Entry(now: startedAt)].turned(isUp: isUp, now: now)
        servers[key]?.note(line, now: now)
        if failedCheck { servers[key]?.checksFailed += 1 }
    }

    mutating func set(_ state: AdminState, pool: String, server: ServerID, now: Moment) {
        servers[ServerKey(pool: pool, server: server), default: Entry(now: startedAt)].set(state, now: now)
    }

    mutating func note(_ line: String, pool: String, isUp: Bool, now: Moment) {
        note(line, now: now)
        pools[pool, default: Entry(now: startedAt)].turned(isUp: isUp, now: now)
    }

    func entry(pool: String, server: ServerID) -> Entry { servers[ServerKey(pool: pool, server: server)] ?? Entry(now: startedAt) }
    func entry(pool: String) -> Entry { pools[pool] ?? Entry(now: startedAt) }

    /// Forgets servers that no longer exist.
    mutating func keep(_ isThere: (String, ServerID) -> Bool) { servers = servers.filter { isThere($0.key.pool, $0.key.server) } }
}
