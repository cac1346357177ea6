import Model
import Telemetry

/// A snapshot of everything that operators can query. The Engine fills it; commands, CSV, page and metrics are made of it alone.
package struct ServiceReport: Sendable {
    package var process = ProcessReport()
    package var listeners: [ListenerReport] = []
    /// In the file's order, the servers in theirs.
    package var pools: [PoolReport] = []
    /// The most used first, at most 1,000; the rest together as `other` (`NamedEnvironments`).
    package var environments: [EnvironmentReport] = []
    /// The youngest first, at most 10,000.
    package var certnames: [CertnameReport] = []
    /// The youngest first, at most 448 (`FailureList`).
    package var failures: [FailureReport] = []
    /// The youngest first, at most 256.
    package var events: [EventReport] = []
    package var certificates: [CertificateReport] = []
    /// The `peers` sections.
    package var peers: [PeersReport] = []
    package var refusals: [Reason: UInt64] = [:]
    package var handshakeRefusals: [HandshakeRefusal: UInt64] = [:]
    /// `routes.NAME` and the like, in the order they are tried, what each asks, and its pool.
    package var routes: [RouteReport] = []
    /// nil: this instance announces nothing.
    package var anycast: AnycastReport?
    /// This instance's first, then in the order in which requests leave it.
    package var sites: [SiteReport] = []

    package init() {}
}

package struct ProcessReport: Sendable {
    package var version = ""
    package var opensslVersion = ""
    package var nghttp2Version = ""
    package var site: String?
    package var processID: Int32 = 0
    package var node = ""
    package var workers = 0
    /// Seconds.
    package var uptime: Int64 = 0
    /// Seconds since 1970.
    package var startedAt: Int64 = 0
    package var now: Int64 = 0
    package var descriptorLimit = 0
    package var connectionLimit = 0
    package var connections = 0
    package var totalConnections: UInt64 = 0
    package var handshakes = 0
    package var handshakesWaiting = 0
    /// HTTP/2 connections that went over a limit, by the limit's word; every limit, in a fixed order.
    package var http2Abuse: [(limit: String, count: Int)] = []
    package var totalHandshakes: UInt64 = 0
    package var totalRequests: UInt64 = 0
    package var waiting = 0
    package var turnedAway: UInt64 = 0
    package var logLinesDropped: UInt64 = 0
    package var reloads: UInt64 = 0
    package var reloadsRefused: UInt64 = 0
    /// The configuration in force is not the file's.
    package var isConfigurationStale = false
    package var stateFileFailures: UInt64 = 0
    /// `state_file` is older than the state, since writing it has failed.
    package var isStateFileStale = false
    package var generation = 0
    /// What certificate, CA and CRL files hold that is not in force: one sentence each, the file first.
    package var heldBackFiles: [String] = []
    package var readiness = Readiness()
    package var residentBytes: UInt64 = 0

    package init() {}
}

/// What `/readyz` reports. Monitors poll it often and without login, so it must be cheap.
package struct Readiness: Sendable {
    package var isDraining = false
    /// At least one usable server for the default pool, and not draining.
    package var isReady = false
    /// Where there is no default pool: any.
    package var defaultPoolIsUsable = false
    /// Whether a CA pool is usable; nil: the site has none.
    package var caIsUsable: Bool?
    /// Why agents cannot come in, for certificates, CAs or CRLs; nil: they can.
    package var tlsFault: String?

    package init() {}
}

package struct ListenerReport: Sendable {
    package var name = ""
    package var address = ""
    package var isTLS = false
    /// open ⇄ paused (an operator's `disable frontend`); both → stopped (shut down, or the process drains).
    package enum State: Sendable { case open, paused, stopped }
    package var state = State.open
    package var isOpen: Bool { state == .open }
    package var connections = 0
    package var maximumConnections = 0
    package var connectionLimit = 0
    package var totalConnections: UInt64 = 0
    package var connectionRate = RateCounter()
    package var handshakesDone: UInt64 = 0
    package var handshakesFailed: UInt64 = 0
    package var handshakeTimes = LatencyHistogram()
    package var traffic = TrafficCounters()

    package init() {}
}

package struct EnvironmentReport: Sendable {
    package var name = ""
    /// Where the environments table sends it; nil: nowhere, or many names together.
    package var pool: String?
    package var traffic = TrafficCounters()

    package init() {}
}

/// A certname's last run.
package struct CertnameReport: Sendable {
    package var certname = ""
    package var environment = ""
    package var pool = ""
    package var server = ""
    /// Of its last catalog, else of its last request.
    package var status = 0
    package var reason: Reason?
    /// Of its last catalog: seconds since 1970; nil: none seen.
    package var lastCatalog: Int64?
    /// Milliseconds that it took, the queue included.
    package var catalogMilliseconds: Int64?
    package var lastReport: Int64?
    package var lastRequest: Int64 = 0
    package var requests: UInt64 = 0
    package var transaction = ""
    package var agentVersion = ""

    package init() {}
}

/// A request that was rejected, failed or cut, that a server responded to with an error, or a refused handshake.
package struct FailureReport: Sendable {
    /// Seconds since 1970.
    package var time: Int64 = 0
    package var id = ""
    package var reason: FailureKind = .serverError
    package var status: Int?
    package var listener = ""
    package var source = ""
    package var client = ""
    /// Of a refused certificate.
    package var serial = ""
    package var endpoint = ""
    package var certname = ""
    package var environment = ""
    package var pool = ""
    package var server = ""
    /// At most 200 bytes.
    package var target = ""
    /// What exactly was wrong.
    package var cause = ""
    /// The first line of the server's error text.
    package var errorText = ""

    package init() {}
}

/// A change of health, an ejection, a reload: the text of its log line.
package struct EventReport: Sendable {
    package var time: Int64
    package var text: String

    package init(time: Int64, text: String) {
        self.time = time
        self.text = text
    }
}

package struct CertificateReport: Sendable {
    package enum Kind: String, Sendable { case certificate, authority, revocationList }
    package var kind = Kind.certificate
    package var file = ""
    package var subject = ""
    package var issuer = ""
    package var serial = ""
    /// Seconds since 1970; for a CRL its next update.
    package var ends: Int64 = 0
    package var begins: Int64 = 0

    package init() {}
}

package struct RouteReport: Sendable {
    package var name = ""
    package var conditions = ""
    package var pool = ""
    package var requests: UInt64 = 0

    package init() {}
}
