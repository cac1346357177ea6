import Model
import Puppet

package struct ServerSettings: Sendable, Equatable {
    package var name: String
    package var address: UpstreamAddress
    /// nil: this instance's site.
    package var site: SiteName?
    package var backup: Bool
    /// 0 to 256.
    package var weight: Int
    package var maxconn: MaxconnSettings
    package var slowstart: Duration?
    package var agentCheck: AgentCheckSettings?
    package var tls: ServerOverride<UpstreamTLSSettings>
    package var check: ServerOverride<CheckSettings>
    /// Not a server but an instance of its site, which chooses one (`locality.via: instances`). It speaks HTTP/2.
    package var isInstance: Bool
    package init(
        name: String, address: UpstreamAddress, site: SiteName? = nil, backup: Bool = false, weight: Int = 1,
        maxconn: MaxconnSettings = MaxconnSettings(), slowstart: Duration? = nil, agentCheck: AgentCheckSettings? = nil,
        tls: ServerOverride<UpstreamTLSSettings> = .asPool, check: ServerOverride<CheckSettings> = .asPool, isInstance: Bool = false
    ) {
        self.name = name
        self.address = address
        self.site = site
        self.backup = backup
        self.weight = weight
        self.maxconn = maxconn
        self.slowstart = slowstart
        self.agentCheck = agentCheck
        self.tls = tls
        self.check = check
        self.isInstance = isInstance
    }
}

/// What one server has of its own in the place of its pool's setting.
package enum ServerOverride<Value: Sendable & Equatable>: Sendable, Equatable {
    case asPool
    /// `none`: switched off for this server.
    case off
    /// Whole: what the server leaves out has been filled in from the pool.
    case own(Value)

    package var own: Value? {
        if case .own(let value) = self { value } else { nil }
    }

    package func value(pool: Value?) -> Value? {
        switch self {
        case .asPool: pool
        case .off: nil
        case .own(let value): value
        }
    }
}

/// `HOST:PORT`, the host a name or an address.
package struct UpstreamAddress: Sendable, Hashable {
    /// Without brackets.
    package var host: String
    package var port: UInt16
    /// Where the host is an address, not a name.
    package var literal: IPAddress? { IPAddress(host) }
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

/// How many requests a server takes at once: in all, and by endpoint.
package struct MaxconnSettings: Sendable, Equatable {
    /// nil: unlimited.
    package var all: Int?
    package var byEndpoint: [PuppetEndpoint: Int]
    /// `byEndpoint` for counting by `SlotKind`, sorted by it.
    package var limits: [(kind: SlotKind, limit: Int)] {
        byEndpoint.map { (SlotKind($0.key), $0.value) }.sorted { $0.kind.value < $1.kind.value }
    }
    package init(all: Int? = nil, byEndpoint: [PuppetEndpoint: Int] = [:]) {
        self.all = all
        self.byEndpoint = byEndpoint
    }
}

package struct AgentCheckSettings: Sendable, Equatable {
    package var port: UInt16
    package var inter: Duration
    package init(port: UInt16, inter: Duration = .seconds(2)) {
        self.port = port
        self.inter = inter
    }
}

/// An active health check: `check: {}` gives these defaults.
package struct CheckSettings: Sendable, Equatable {
    /// Method and target, such as `GET /status/v1/simple`.
    package var method: String
    package var target: String
    package var expectedStatus: Int
    /// A substring of the body, of its first `expectedBodyBound` bytes.
    package var expectedBody: String?
    package var inter: Duration
    package var fastinter: Duration
    package var downinter: Duration
    package var timeout: Duration
    package var rise: Int
    package var fall: Int
    /// nil: that of the server's address.
    package var port: UInt16?
    /// nil: TLS where requests to the server have it.
    package var tls: Bool?
    /// The Host field, `HOST` or `HOST:PORT`; nil: as agents send it.
    package var host: String?
    package static let expectedBodyBound = 16 << 10
    package init(
        method: String = "GET", target: String = "/status/v1/simple", expectedStatus: Int = 200, expectedBody: String? = nil,
        inter: Duration = .seconds(2), fastinter: Duration? = nil, downinter: Duration? = nil, timeout: Duration? = nil,
        rise: Int = 2, fall: Int = 3, port: UInt16? = nil, tls: Bool? = nil, host: String? = nil
    ) {
        self.method = method
        self.target = target
        self.expectedStatus = expectedStatus
        self.expectedBody = expectedBody
        self.inter = inter
        self.fastinter = fastinter ?? inter
        self.downinter = downinter ?? inter
        self.timeout = timeout ?? inter
        self.rise = rise
        self.fall = fall
        self.port = port
        self.tls = tls
        self.host = host
    }
}
