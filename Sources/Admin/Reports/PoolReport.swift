import Balancing
import Model
import Settings
import Telemetry

package struct PoolReport: Sendable {
    package var name = ""
    package var settings = PoolSettings(name: "")
    package var servers: [ServerReport] = []
    package var isUsable = false
    package var isPanicking = false
    package var inUse = 0
    package var maximumInUse = 0
    package var queued = 0
    package var queuedByClass: [QueueClass: Int] = [:]
    /// Of the oldest queued request; classes without any are left out.
    package var longestWaits: [QueueClass: Duration] = [:]
    /// Of `queuedByClass`: requests of holders (certnames, or sources of unverified clients) that hold their share of the slots.
    package var overHolderShare: [QueueClass: Int] = [:]
    /// Of the rest: requests of unverified clients, which hold their share together.
    package var overUnverifiedShare: [QueueClass: Int] = [:]
    package var unverifiedInUse = 0
    /// nil: without limit.
    package var unverifiedLimit: Int?
    /// Slots for one holder; nil: without limit.
    package var holderLimit: Int?
    package var maximumQueued = 0
    package var averageQueue = 0
    package var sticks = 0
    /// Seconds since it became usable or ceased to be.
    package var sinceChange: Int64 = 0
    package var timesDown: UInt64 = 0
    package var secondsDown: Int64 = 0
    /// Catalogs that end in a second, measured; 0: not known.
    package var capacity = 0.0
    package var traffic = TrafficCounters()
    package var requestTimes: [String: LatencyHistogram] = [:]
    package var queueTimes = LatencyHistogram()
    package var responses: [Response: UInt64] = [:]
    /// Requests that went on to another pool.
    package var overflowed: [String: UInt64] = [:]
    /// Of the last hour, the oldest minute first.
    package var history: [PoolHistory.Sample] = []

    package struct Response: Hashable, Sendable {
        package var listener: String
        package var endpoint: String
        /// The status; 0: no response was begun.
        package var code: Int
        package init(listener: String, endpoint: String, code: Int) {
            self.listener = listener
            self.endpoint = endpoint
            self.code = code
        }
    }

    package init() {}
}

package struct ServerReport: Sendable {
    /// As the pool sees it: weights, slots, health, ejection, agent, JRubies.
    package var state: ServerState
    /// `HOST:PORT` as configured, and what it has been resolved to.
    package var address = ""
    package var resolved: String?
    package var traffic = TrafficCounters()
    package var maximumInUse = 0
    package var checksFailed: UInt64 = 0
    package var timesDown: UInt64 = 0
    package var secondsDown: Int64 = 0
    /// Seconds since it last went up or down.
    package var sinceChange: Int64 = 0
    package var lastChange = ""
    package var idleConnections = 0
    /// As HTTP/2: established now, and so far.
    package var http2Connections = 0
    package var totalHTTP2Connections = 0
    /// The last changes of its health, the youngest first, at most 16.
    package var history: [EventReport] = []

    package init(state: ServerState) { self.state = state }

    /// Its address now, else the configured one: the host without brackets, and the port.
    var place: (host: String, port: String) {
        let text = resolved ?? address
        guard let colon = text.lastIndex(of: ":") else { return (text, "") }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        return (String(isBracketed ? host.dropFirst().dropLast() : host), String(text[text.index(after: colon)...]))
    }
}
