import Peers

/// A `peers` section: who shares sticks with us, and how far they are.
package struct PeersReport: Sendable {
    package var name = ""
    package var local = ""
    package var localAddress = ""
    /// All that the others knew at the start is known here.
    package var isUpToDate = false
    /// Without this instance.
    package var members: [PeerReport] = []
    /// The tables, with the number of the last change made here.
    package var tables: [(name: String, update: UInt32)] = []

    package init() {}
}

package struct PeerReport: Sendable {
    package var name = ""
    package var address = ""
    package var isConnected = false
    /// HAProxy's word: NONE, ESTA, CLOS, TRYA, PROTO, …
    package var lastStatus = "NONE"
    /// Seconds; nil: not connected.
    package var sinceHandshake: Int64?
    /// Seconds until it is called again; nil: there is a connection.
    package var untilCall: Int64?
    package var connections: UInt64 = 0
    package var protocolErrors: UInt64 = 0
    package var collisions: UInt64 = 0
    package var silences: UInt64 = 0
    package var counters = PeerCounters()
    /// Updates that it has not acknowledged.
    package var lag = 0
    package var tables: [PeerTableStatus] = []
    package var sentServers: [(name: [UInt8], number: Int)] = []
    package var receivedServers: [[UInt8]] = []

    package init() {}
}
