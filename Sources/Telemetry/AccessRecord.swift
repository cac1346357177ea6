import Model

/// Everything that an access-log line reports of one request. Reused from request to request, never copied: `reset` keeps the
/// room of its arrays.
/// An empty array and nil mean "no value": null in JSON, `-` or -1 in httplog.
package struct AccessRecord: Sendable, ~Copyable {
    package enum TLSVersion: UInt8, Sendable { case tls12, tls13 }
    package enum HTTP: UInt8, Sendable { case http10, http11, http2 }
    package enum EnvironmentSource: UInt8, Sendable { case query, body, path }

    // MARK: Who asked where

    /// When the request's first byte came: nanoseconds since 1970, UTC.
    package var startedAt: Int64 = 0
    package var id: [UInt8] = []
    package var site: [UInt8] = []
    package var agent = AccessClient.unknown

    // MARK: What was asked

    /// nil where no request line could be read: httplog then says `<BADREQ>`.
    package var http: HTTP?
    package var method: [UInt8] = []
    package var target: [UInt8] = []
    /// A word of `PuppetEndpoint`.
    package var endpoint: [UInt8] = []
    /// The request's own (the path's, v4: the body's).
    package var certname: [UInt8] = []
    package var environment: [UInt8] = []
    package var environmentSource: EnvironmentSource?
    package var isCA = false
    package var transaction: [UInt8] = []
    /// From X-Puppet-Version.
    package var agentVersion: [UInt8] = []

    // MARK: Where it went

    /// `routes.NAME`, `environments.PATTERN`, `environments.default`, `sites.NAME.ca`.
    package var route: [UInt8] = []
    package var pool: [UInt8] = []
    /// The pool that was decided, where it overflowed to another. Not logged.
    package var overflowedFrom: [UInt8] = []
    package var server: [UInt8] = []
    package var tier: Int?
    package var isSticky = false
    package var retries = 0
    /// The instances that it passed, in order, this one among them: names with commas between. Empty: this one alone.
    package var via: [UInt8] = []
    /// Tries before the last one. Counted for their servers, not logged.
    package var failedTries: [FailedTry] = []

    package struct FailedTry: Sendable {
        package let server: [UInt8]
        /// `connectFailed` or `badResponse`; nil: its checks found it gone.
        package let reason: Reason?

        package init(server: [UInt8], reason: Reason?) {
            self.server = server
            self.reason = reason
        }
    }

    // MARK: How it ended

    /// nil if no response was begun.
    package var status: Int?
    /// nil: the server's response was delivered whole.
    package var reason: Reason?
    /// Bytes of HTTP from the client and to the client: heads and bodies.
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    package var termination = Termination.normal
    /// X-Puppet-Compiler-Name of the response.
    package var compiler: [UInt8] = []
    /// What exactly was wrong, where `reason` says `bad_request` or `wrong_certname`.
    package var cause: [UInt8] = []
    /// The first line of the server's error text (`ErrorText`).
    package var errorText: [UInt8] = []

    // MARK: How long it took, in nanoseconds; nil: not reached

    /// From the first byte of the head to its last (HAProxy's TR).
    package var headTime: Int64?
    /// In the pool's queue (Tw).
    package var queueTime: Int64?
    /// Until a connection was ready, its TLS handshake included; 0 on a reused one (Tc).
    package var connectTime: Int64?
    /// From the request's last byte sent to the response's head (Tr).
    package var responseTime: Int64?
    /// From the first byte of the head to the last byte of the response (Ta).
    package var totalTime: Int64?

    // MARK: Load when it ended, for httplog alone

    /// Connections of the process (%ac) and of the listener (%fc).
    package var processConnections = 0
    package var listenerConnections = 0
    /// Requests on the pool (%bc) and on the server (%sc).
    package var poolRequests = 0
    package var serverRequests = 0
    /// Requests that were ahead in the pool's queue (%bq).
    package var queueAhead = 0

    package init() {}

    /// As new, but for the room of the arrays that are filled byte by byte. Those that are whole values elsewhere (names) are let go.
    package mutating func reset() {
        startedAt = 0
        id.empty()
        if !site.isEmpty { site = [] }
        agent = .unknown
        http = nil
        method.empty()
        target.empty()
        endpoint = []
        if !certname.isEmpty { certname = [] }
        if !environment.isEmpty { environment = [] }
        environmentSource = nil
        isCA = false
        if !transaction.isEmpty { transaction = [] }
        agentVersion.empty()
        if !route.isEmpty { route = [] }
        if !pool.isEmpty { pool = [] }
        if !overflowedFrom.isEmpty { overflowedFrom = [] }
        if !server.isEmpty { server = [] }
        tier = nil
        isSticky = false
        retries = 0
        if !failedTries.isEmpty { failedTries = [] }
        if !via.isEmpty { via = [] }
        resetEnd()
    }

    private mutating func resetEnd() {
        status = nil
        reason = nil
        bytesIn = 0
        bytesOut = 0
        termination = .normal
        compiler.empty()
        if !cause.isEmpty { cause = [] }
        if !errorText.isEmpty { errorText = [] }
        headTime = nil
        queueTime = nil
        connectTime = nil
        responseTime = nil
        totalTime = nil
        processConnections = 0
        listenerConnections = 0
        poolRequests = 0
        serverRequests = 0
        queueAhead = 0
    }
}

extension AccessRecord {
    package var listener: [UInt8] { agent.listener }
    package var source: [UInt8] { agent.source }
    package var sourcePort: UInt16 { agent.sourcePort }
    /// The verified certificate's name.
    package var client: [UInt8] { agent.certname }
    /// The verified certificate's serial number in hexadecimal.
    package var serial: [UInt8] { agent.serial }
    /// nil: plain HTTP.
    package var tls: TLSVersion? { agent.tls }
}
