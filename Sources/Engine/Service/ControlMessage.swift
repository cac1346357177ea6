import Admin
import Balancing
import Model
import Network
import Settings

/// What other threads tell the control loop.
enum ControlMessage: Sendable {
    /// A reload's files have been read.
    case loaded(ConfigurationOutcome, SnapshotBuilder.Materials?, isAutomatic: Bool)
    case resolved(ServerLookup, SocketAddress?)
    case notice(PoolCoordinator, PoolCoordinator.PoolNotice)
    /// A worker's part of what an operator asked.
    case sessions(inquiry: UInt64, worker: Int, SessionList)
    /// Of a file's new content, read; nil: it cannot be.
    case staged(inquiry: UInt64, StagedMaterial?)
    case rebuilt(inquiry: UInt64, StagedMaterial, Result<SnapshotBuilder.Materials, MaterialProblems>)
    case workerEnded(Int)
    /// The instance that was to take over has ended.
    case successorEnded
    case reload
    case drain
    case stop
}

/// What loading the configuration has come to.
package enum ConfigurationOutcome: Sendable {
    case loaded(ProxySettings, warnings: [String])
    /// Every mistake, one line each.
    case failed([String])
}
