import Model

/// What failed: a request that was rejected or cut here, one that a server responded to with an error, or a handshake.
package enum FailureKind: Sendable, Equatable {
    case request(Reason)
    /// 4xx or 5xx to what agents need for a run: catalogs, nodes, facts, reports, files.
    case serverError
    case handshake(HandshakeRefusal)

    /// The word of docs/outputs.md.
    package var rawValue: String {
        switch self {
        case .request(let reason): reason.rawValue
        case .serverError: "server_error"
        case .handshake(let refusal): refusal.rawValue
        }
    }
}
