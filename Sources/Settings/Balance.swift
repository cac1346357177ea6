extension PoolSettings {
    /// How one of a tier's servers with a free slot is chosen (`balance`).
    package enum Balance: Sendable, Equatable {
        case roundRobin, leastConnections, random, first
        case hash(StickKey)

        /// Every one that can be configured, in the documentation's order.
        package static let all: [Balance] = [
            .roundRobin, .leastConnections, .random, .first, .hash(.certname), .hash(.environment), .hash(.source),
        ]

        /// The configuration's name for it.
        package var word: String {
            switch self {
            case .roundRobin: "round-robin"
            case .leastConnections: "least-connections"
            case .random: "random"
            case .first: "first"
            case .hash(let key): "hash \(key.rawValue)"
            }
        }

        /// HAProxy's name for it, as `show stat` has it.
        package var haproxyWord: String {
            switch self {
            case .roundRobin: "roundrobin"
            case .leastConnections: "leastconn"
            case .random: "random"
            case .first: "first"
            case .hash(.source): "source"
            case .hash: "hash"
            }
        }
    }
}
