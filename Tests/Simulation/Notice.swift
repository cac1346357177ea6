import Balancing
import Model

/// What a pool reports besides the ends of waits, as far as the model knows it in advance.
enum Notice: Equatable {
    case up(ServerID)
    case down(ServerID)
    case ejected(ServerID)
    case returned(ServerID)
    case admin(ServerID, AdminState)
    case agent(ServerID)
    case checkSoon(ServerID)
    case pool(PoolChange)

    /// nil: the end of a wait, or a step of a server's health that changes nothing yet.
    init?(_ action: PoolAction) {
        switch action {
        case .assigned, .refused: return nil
        case .healthChanged(let server, let change):
            switch change.kind {
            case .up: self = .up(server)
            case .down: self = .down(server)
            case .failing, .passing, .slow: return nil
            }
        case .serverChanged(let server, let change):
            switch change.kind {
            case .ejected: self = .ejected(server)
            case .returned: self = .returned(server)
            case .admin(let state, _): self = .admin(server, state)
            case .agentDown, .agentUp, .weight, .maxconn, .forced: self = .agent(server)
            }
        case .poolChanged(let change): self = .pool(change)
        case .checkSoon(let server): self = .checkSoon(server)
        }
    }
}
