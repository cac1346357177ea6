import Admin
import Balancing
import Model
import Network
import Settings

/// Messages of other threads to the control loop.
enum ControlMessage: Sendable {
    /// A reload's files have been read.
    case loaded(Reloader.Read, ConfigurationFingerprint?, isAutomatic: Bool)
    /// The configuration file has changed; nil: it cannot be read.
    case configurationRead(ConfigurationFingerprint?)
    case resolved(NameLookups.Lookup, SocketAddress?)
    /// A member of `peers`.
    case peerResolved(UpstreamAddress, SocketAddress?)
    case notice(PoolCoordinator, PoolCoordinator.PoolNotice)
    /// A worker's part of a query.
    case sessions(inquiry: UInt64, worker: Int, SessionList)
    /// The new content of a file, read; nil: it is no valid PEM.
    case staged(inquiry: UInt64, StagedMaterial?)
    case rebuilt(inquiry: UInt64, StagedMaterial, Result<TLSMaterials, MaterialProblems>)
    case workerEnded(Int)
    /// A run of the operator's command has ended; fault: why it failed.
    case announcementEnded(AnycastState, fault: String?)
    /// The instance that was to take over has ended.
    case successorEnded
    case reload
    case drain
    case stop
}

/// The result of loading the configuration.
package enum ConfigurationOutcome: Sendable {
    case loaded(ProxySettings, warnings: [String])
    /// Every mistake, one line each.
    case failed([String])
}
