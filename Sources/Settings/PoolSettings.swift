import Model
import Puppet

package struct PoolSettings: Sendable, Equatable {
    package enum Identity: String, Sendable, CaseIterable { case headers, none }
    package enum Backups: String, Sendable, CaseIterable { case all, first }
    package enum Load: String, Sendable, CaseIterable { case none, jruby }
    /// What is spoken to the servers. HTTP/2 is chosen by ALPN where there is TLS, else with prior knowledge.
    package enum WireProtocol: String, Sendable, CaseIterable {
        case http1 = "http/1.1"
        case http2 = "h2"
    }
    /// How requests leave this instance's site.
    package enum Via: String, Sendable, CaseIterable { case servers, instances }
    /// When requests may leave a site that still has a usable server.
    package enum Spill: Sendable, Equatable {
        case never
        case averageQueue(above: Int)
    }

    package var name: String
    package var tls: UpstreamTLSSettings?
    package var wireProtocol: WireProtocol
    package var balance: Balance
    /// Percent of the average load.
    package var hashBalanceFactor: Int?
    package var stick: StickSettings?
    package var identity: Identity
    package var enforceCertname: Bool
    package var queue: QueueSettings
    /// Of `limits`, the same for all pools.
    package var shares: ShareSettings
    package var overflow: OverflowSettings?
    package var spill: Spill
    package var via: Via
    /// With `via: instances`: the servers of a site are used where none of its instances can be.
    package var direct: Bool
    package var backups: Backups
    package var retry: RetrySettings
    package var outlier: OutlierSettings?
    /// Percent of the enabled servers: when no tier has a usable server, but at least so many only fail what the check asks or were
    /// ejected, they are used all the same. 0: never.
    package var panic: Int
    package var load: Load
    package var timeouts: PoolTimeouts
    /// TCP keep-alive towards the servers.
    package var keepalive: Bool
    package var check: CheckSettings?
    package var servers: [ServerSettings]

    /// How to speak to one server; nil: plain HTTP.
    package func tls(of server: ServerSettings) -> UpstreamTLSSettings? { server.tls.value(pool: tls) }
    /// How one server is checked; nil: not at all.
    package func check(of server: ServerSettings) -> CheckSettings? { server.check.value(pool: check) }
    /// Each way to speak TLS to one of the servers, once.
    package var upstreamTLS: [UpstreamTLSSettings] {
        var found: [UpstreamTLSSettings] = []
        for tls in [tls].compactMap({ $0 }) + servers.compactMap({ $0.tls.own }) where !found.contains(tls) { found.append(tls) }
        return found
    }

    package init(
        name: String, tls: UpstreamTLSSettings? = nil, wireProtocol: WireProtocol = .http1, balance: Balance = .leastConnections,
        hashBalanceFactor: Int? = nil, stick: StickSettings? = nil, identity: Identity = .headers, enforceCertname: Bool = true,
        queue: QueueSettings = QueueSettings(), shares: ShareSettings = ShareSettings(), overflow: OverflowSettings? = nil,
        spill: Spill = .never, via: Via = .servers, direct: Bool = true, backups: Backups = .all, retry: RetrySettings = RetrySettings(),
        outlier: OutlierSettings? = nil, panic: Int = 50, load: Load = .none, timeouts: PoolTimeouts = PoolTimeouts(),
        keepalive: Bool = false, check: CheckSettings? = nil, servers: [ServerSettings] = []
    ) {
        self.name = name
        self.tls = tls
        self.wireProtocol = wireProtocol
        self.balance = balance
        self.hashBalanceFactor = hashBalanceFactor
        self.stick = stick
        self.identity = identity
        self.enforceCertname = enforceCertname
        self.queue = queue
        self.shares = shares
        self.overflow = overflow
        self.spill = spill
        self.via = via
        self.direct = direct
        self.backups = backups
        self.retry = retry
        self.outlier = outlier
        self.panic = panic
        self.load = load
        self.timeouts = timeouts
        self.keepalive = keepalive
        self.check = check
        self.servers = servers
    }
}

/// What a stick or a hash goes by.
package enum StickKey: String, Sendable, CaseIterable { case certname, environment, source }

package struct StickSettings: Sendable, Equatable {
    /// `certname` or `source`.
    package var on: StickKey
    package var expire: Duration
    package var size: Int
    /// How long a request waits for its own server while others could take it.
    package var wait: Duration
    /// The name of a `peers` entry.
    package var peers: String?
    package init(
        on: StickKey, expire: Duration = .seconds(900), size: Int = 200 * 1024, wait: Duration = .seconds(10), peers: String? = nil
    ) {
        self.on = on
        self.expire = expire
        self.size = size
        self.wait = wait
        self.peers = peers
    }
}

package struct QueueSettings: Sendable, Equatable {
    /// What becomes of a new request while the pool has no usable server.
    package enum WithoutServer: String, Sendable, CaseIterable {
        /// 503 at once, as HAProxy.
        case reject
        /// It is queued until a server recovers, within `size` and `timeout`.
        case wait
    }

    package var size: Int
    package var timeout: Duration
    package var withoutServer: WithoutServer
    package init(size: Int = 20000, timeout: Duration = .seconds(580), withoutServer: WithoutServer = .reject) {
        self.size = size
        self.timeout = timeout
        self.withoutServer = withoutServer
    }
}

/// Percent of a pool's slots; 100: no limit.
package struct ShareSettings: Sendable, Equatable {
    /// What all clients without a verified certificate may hold together.
    package var unverified: Int
    /// What one certname may hold, or one source of clients without a verified certificate.
    package var holder: Int
    package init(unverified: Int = 100, holder: Int = 100) {
        self.unverified = unverified
        self.holder = holder
    }
}

package struct OverflowSettings: Sendable, Equatable {
    package var to: PoolIndex
    /// avg_queue greater than this.
    package var averageQueueAbove: Int
    package init(to: PoolIndex, averageQueueAbove: Int) {
        self.to = to
        self.averageQueueAbove = averageQueueAbove
    }
}

package struct RetrySettings: Sendable, Equatable {
    /// How often a request may be sent again after the first try.
    package var attempts: Int
    /// Percent of live requests.
    package var budget: Int
    package init(attempts: Int = 2, budget: Int = 20) {
        self.attempts = attempts
        self.budget = budget
    }
}

package struct OutlierSettings: Sendable, Equatable {
    package var failures: Int
    package var eject: Duration
    /// Percent of the pool.
    package var atMost: Int
    package init(failures: Int = 5, eject: Duration = .seconds(30), atMost: Int = 50) {
        self.failures = failures
        self.eject = eject
        self.atMost = atMost
    }
}

package struct PoolTimeouts: Sendable, Equatable {
    package var connect: Duration
    /// Inactivity, the wait for the first byte included.
    package var response: Duration
    /// How long an idle upstream connection is kept; below Jetty's 30 s.
    package var idle: Duration
    package init(connect: Duration = .seconds(5), response: Duration = .seconds(1000), idle: Duration = .seconds(20)) {
        self.connect = connect
        self.response = response
        self.idle = idle
    }
}

package struct UpstreamTLSSettings: Sendable, Equatable, Hashable {
    package enum Verify: String, Sendable, CaseIterable { case hostname, ca, none }
    /// The ClientHello's server_name. Jetty responds with 400 where it names one of two or more names of the certificate and Host is
    /// none of them, so nothing is sent unless asked for.
    package enum SNI: Sendable, Hashable {
        case none
        /// The host of the server's address, where that is a name.
        case host
        case name(String)
    }
    package var ca: String?
    package var crl: String?
    package var certificate: CertificateFiles?
    package var verify: Verify
    package var sni: SNI
    /// The host name or IP address that the server's certificate must name; nil: the address's host.
    package var verifyName: String?
    package var rules: TLSRules
    package init(
        ca: String? = nil, crl: String? = nil, certificate: CertificateFiles? = nil, verify: Verify = .hostname, sni: SNI = .none,
        verifyName: String? = nil, rules: TLSRules = TLSRules()
    ) {
        self.ca = ca
        self.crl = crl
        self.certificate = certificate
        self.verify = verify
        self.sni = sni
        self.verifyName = verifyName
        self.rules = rules
    }

    /// Without what differs from server to server of one set of credentials.
    package var credentials: UpstreamTLSSettings {
        var shared = self
        (shared.sni, shared.verifyName) = (.none, nil)
        return shared
    }

    /// The name to send as SNI to a server at that host; an IP address is never sent (RFC 6066 section 3).
    package func sentName(host: String) -> String? {
        switch sni {
        case .none: nil
        case .host: IPAddress(host) == nil ? host : nil
        case .name(let name): name
        }
    }
}
