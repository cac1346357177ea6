/// One of our tables on one connection: what was defined, sent, acknowledged.
struct SharedTable: Sendable {
    let table: PeerTable
    var form: PeerKeyForm
    /// The update up to which everything was sent, or can not be written in this form.
    var sent: UInt32
    /// The last one that was written.
    var written: UInt32
    /// As the peer acknowledged it.
    var acknowledged: UInt32
    /// The peer's number of its own table of this name; nil: not defined yet.
    var remoteID: UInt64?
    var remoteData: UInt64 = 0
    /// The peer's last update, and which of them was acknowledged.
    var received: UInt32 = 0
    var confirmed: UInt32 = 0

    init(_ table: PeerTable, resumingAfter acknowledged: UInt32) {
        self.table = table
        form = PeerKeyForm(table.keys)
        (sent, written, self.acknowledged) = (acknowledged, acknowledged, acknowledged)
    }

    /// Numbers wrap; those that are ahead by less than half of all are later.
    static func isLater(_ one: UInt32, than other: UInt32) -> Bool { Int32(bitPattern: one &- other) > 0 }

    var lag: Int { SharedTable.isLater(written, than: acknowledged) ? Int(written &- acknowledged) : 0 }
}

/// What `show peers`, metrics and the page show of a connection's table.
package struct PeerTableStatus: Sendable {
    package var name = ""
    package var localID = 0
    package var remoteID: UInt64 = 0
    package var remoteData: UInt64 = 0
    package var lastAcknowledged: UInt32 = 0
    package var lastPushed: UInt32 = 0
    package var lastReceived: UInt32 = 0
    package var update: UInt32 = 0
    /// Updates that the peer has not acknowledged.
    package var lag = 0

    package init() {}
}

/// Counted over a connection's life.
package struct PeerCounters: Sendable, Equatable {
    package var updatesSent: UInt64 = 0
    package var updatesReceived: UInt64 = 0
    package var heartbeatsSent: UInt64 = 0
    package var heartbeatsReceived: UInt64 = 0
    package var confirmations: UInt64 = 0

    package init() {}

    package static func += (sum: inout PeerCounters, other: PeerCounters) {
        sum.updatesSent += other.updatesSent
        sum.updatesReceived += other.updatesReceived
        sum.heartbeatsSent += other.heartbeatsSent
        sum.heartbeatsReceived += other.heartbeatsReceived
        sum.confirmations += other.confirmations
    }
}
