import FoundationEssentials

/// One change as the operator's program gets it; docs/outputs.md has the contract. Every key is always present, null where it has no value.
package struct ChangeEvent: Sendable, Equatable {
    package enum Name: String, Sendable, CaseIterable {
        case serverUp = "server_up"
        case serverDown = "server_down"
        case serverEjected = "server_ejected"
        case serverReturned = "server_returned"
        case serverAdmin = "server_admin"
        case poolUp = "pool_up"
        case poolDown = "pool_down"
        case poolPanic = "pool_panic"
        case certificateChanged = "certificate_changed"
        case certificateExpires = "certificate_expires"
        case reloadDone = "reload_done"
        case reloadRefused = "reload_refused"
        case anycastAnnounced = "anycast_announced"
        case anycastUnfit = "anycast_unfit"
        case anycastWithdrawn = "anycast_withdrawn"
        case started
        case stopping
    }

    /// What caused the change.
    package enum Cause: String, Sendable {
        /// A health check.
        case check
        /// The server's own agent.
        case agent
        case `operator`
        /// Failed requests, or the end of the ejection that followed them.
        case requests
        /// Files that changed on disk.
        case files
    }

    package var name: Name
    /// Nanoseconds since 1970.
    package var time: Int64
    package var site: String?
    package var pool: String?
    package var server: String?
    /// For people; one line.
    package var reason: String?
    package var by: Cause?
    /// `ready`, `drain` or `maint`.
    package var state: String?
    /// Usable servers after the change.
    package var activeLeft: Int?
    package var backupsLeft: Int?
    /// Requests running on the server, and requests queued in its pool.
    package var running: Int?
    package var queued: Int?
    package var files: [String]?
    package var days: Int?

    package init(_ name: Name, time: Int64) {
        self.name = name
        self.time = time
    }

    /// One line of JSON with its end, keys sorted.
    package var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only strings and integers: encoding cannot fail.
        guard let data = try? encoder.encode(self) else { return [] }
        return Array(data) + [0x0A]
    }
}

extension ChangeEvent: Encodable {
    private enum Key: String, CodingKey {
        case time, event, site, pool, server, reason, by, state, running, queued, files, days
        case activeLeft = "active_left"
        case backupsLeft = "backups_left"
    }

    package func encode(to encoder: any Encoder) throws {
        var map = encoder.container(keyedBy: Key.self)
        let date = Date(timeIntervalSince1970: Double(time / 1_000_000) / 1000)
        try map.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)), forKey: .time)
        try map.encode(name.rawValue, forKey: .event)
        try map.encode(site, forKey: .site)
        try map.encode(pool, forKey: .pool)
        try map.encode(server, forKey: .server)
        try map.encode(reason, forKey: .reason)
        try map.encode(by?.rawValue, forKey: .by)
        try map.encode(state, forKey: .state)
        try map.encode(activeLeft, forKey: .activeLeft)
        try map.encode(backupsLeft, forKey: .backupsLeft)
        try map.encode(running, forKey: .running)
        try map.encode(queued, forKey: .queued)
        try map.encode(files, forKey: .files)
        try map.encode(days, forKey: .days)
    }
}
