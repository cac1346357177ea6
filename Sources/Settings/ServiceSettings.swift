import Model

package struct AdminSettings: Sendable {
    package enum Level: String, Sendable, CaseIterable { case user, `operator`, admin }
    package struct Socket: Sendable, Equatable {
        package var path: String
        /// Permission bits, such as 0o660.
        package var mode: UInt32
        package var level: Level
        package init(path: String, mode: UInt32 = 0o660, level: Level = .admin) {
            self.path = path
            self.mode = mode
            self.level = level
        }
    }
    package struct HTTP: Sendable {
        package var address: ListenAddress
        package var allowChanges: Bool
        package var tls: ListenerTLSSettings?
        package var http2: Bool
        package var tokenFile: String?
        /// Globs of the certnames that count as operators'; nil: every verified certificate does.
        package var operators: [String]?
        package init(
            address: ListenAddress, allowChanges: Bool = false, tls: ListenerTLSSettings? = nil, http2: Bool = true,
            tokenFile: String? = nil, operators: [String]? = nil
        ) {
            self.address = address
            self.allowChanges = allowChanges
            self.tls = tls
            self.http2 = http2
            self.tokenFile = tokenFile
            self.operators = operators
        }
    }
    package var socket: Socket?
    package var http: HTTP?
    package init(socket: Socket? = nil, http: HTTP? = nil) {
        self.socket = socket
        self.http = http
    }
}

package struct TimeoutSettings: Sendable, Equatable {
    /// Inactivity while an exchange runs.
    package var client: Duration
    package var handshake: Duration
    package var requestHead: Duration
    /// Between requests of a kept-alive connection.
    package var clientIdle: Duration
    /// Without progress of a request's body.
    package var body: Duration
    package var drain: Duration
    package init(
        client: Duration = .seconds(1000), handshake: Duration = .seconds(10), requestHead: Duration = .seconds(10),
        clientIdle: Duration = .seconds(60), body: Duration = .seconds(60), drain: Duration = .seconds(620)
    ) {
        self.client = client
        self.handshake = handshake
        self.requestHead = requestHead
        self.clientIdle = clientIdle
        self.body = body
        self.drain = drain
    }
}

package struct LimitSettings: Sendable, Equatable {
    package var connections: Int
    /// 0: unlimited.
    package var connectionsPerSource: Int
    package var handshakes: Int
    /// Bytes.
    package var head: Int
    package var target: Int
    package var bodyPrefix: Int
    /// Bytes of bodies that all requests hold together.
    package var heldBodies: Int
    /// Of each pool's slots.
    package var shares: ShareSettings
    /// Bytes a second that a client moves while it holds a server's slot; 0: no matter.
    package var minimumRate: Int
    /// A catalog with a longer body is refused: its environment may come last.
    package var bodyScan: Int
    /// 0: unlimited.
    package var perCertname: Int
    /// How many requests may wait in all pools together.
    package var queue: Int
    /// nil: one for each core.
    package var workerThreads: Int?
    package init(
        connections: Int = 20000, connectionsPerSource: Int = 0, handshakes: Int = 256, head: Int = 64 << 10, target: Int = 16 << 10,
        bodyPrefix: Int = 256 << 10, bodyScan: Int = 16 << 20, heldBodies: Int = 256 << 20, minimumRate: Int = 1 << 10,
        shares: ShareSettings = ShareSettings(unverified: 50, holder: 25), perCertname: Int = 0, queue: Int = 20000,
        workerThreads: Int? = nil
    ) {
        self.connections = connections
        self.connectionsPerSource = connectionsPerSource
        self.handshakes = handshakes
        self.head = head
        self.target = target
        self.bodyPrefix = bodyPrefix
        self.heldBodies = heldBodies
        self.minimumRate = minimumRate
        self.shares = shares
        self.bodyScan = bodyScan
        self.perCertname = perCertname
        self.queue = queue
        self.workerThreads = workerThreads
    }
}

package struct LogSettings: Sendable, Equatable {
    package enum Target: Sendable, Equatable {
        case stdout, none
        case file(String)
        case syslog(SyslogAddress)
    }
    package enum SyslogAddress: Sendable, Equatable {
        /// A Unix datagram socket.
        case socket(path: String)
        case udp(UpstreamAddress)
    }
    /// The header of each line that goes to syslog: RFC 5424's header, or the one that syslog(3) writes to /dev/log.
    package enum SyslogForm: String, Sendable, CaseIterable { case rfc5424, local }
    package enum Format: String, Sendable, CaseIterable { case json, httplog }
    package enum Level: String, Sendable, CaseIterable { case debug, info, notice, warning, error }
    package var accessTo: Target
    package var accessFormat: Format
    package var syslogForm: SyslogForm
    package var level: Level
    /// Whether the first line of servers' error texts is kept and logged.
    package var errorText: Bool
    package init(
        accessTo: Target = .stdout, accessFormat: Format = .json, syslogForm: SyslogForm = .rfc5424, level: Level = .info,
        errorText: Bool = true
    ) {
        self.accessTo = accessTo
        self.accessFormat = accessFormat
        self.syslogForm = syslogForm
        self.errorText = errorText
        self.level = level
    }
}
