/// One row of the comparison: the servers, the rules, the steps, and the expected result. Both proxies' configurations are made
/// from it, so that they cannot differ.
struct Scenario: Sendable {
    struct Server: Sendable {
        let name: String
        /// 0 to 256.
        let weight: Int
        /// nil: unlimited.
        let maxconn: Int?
        let isBackup: Bool

        init(_ name: String, weight: Int = 50, maxconn: Int? = 12, isBackup: Bool = false) {
            self.name = name
            self.weight = weight
            self.maxconn = maxconn
            self.isBackup = isBackup
        }
    }

    enum Balance: Sendable {
        case leastConnections, roundRobin, first

        var haproxy: String {
            switch self {
            case .leastConnections: "leastconn"
            case .roundRobin: "roundrobin"
            case .first: "first"
            }
        }

        var puppetfront: String {
            switch self {
            case .leastConnections: "least-connections"
            case .roundRobin: "round-robin"
            case .first: "first"
            }
        }
    }

    /// `overflow: { to, when: avg_queue > above }`
    struct Overflow: Sendable {
        let to: String
        let above: Int
    }

    struct Pool: Sendable {
        let name: String
        let balance: Balance
        /// `option allbackups`; false: one backup at a time.
        let usesAllBackups: Bool
        /// In milliseconds.
        let queueTimeout: Int
        let overflow: Overflow?
        let servers: [Server]

        init(
            _ name: String, balance: Balance = .leastConnections, usesAllBackups: Bool = true, queueTimeout: Int = 580_000,
            overflow: Overflow? = nil, _ servers: Server...
        ) {
            self.name = name
            self.balance = balance
            self.usesAllBackups = usesAllBackups
            self.queueTimeout = queueTimeout
            self.overflow = overflow
            self.servers = servers
        }
    }

    enum Rule: Sendable {
        /// avg_queue of `pool` is greater than `above`.
        case crowded(pool: String, above: Int, to: String)
        /// Addresses or CIDR blocks.
        case source([String], to: String)
    }

    let name: String
    let pools: [Pool]
    /// The first that matches counts; what none takes goes to the first pool.
    var rules: [Rule] = []
    let steps: [Step]
    /// The numbers of the requests that each pool's servers got in all, in ascending order; pools without any are left out.
    let served: [String: [Int]]
}
