import Admin
import Model
import Network

/// Messages of other threads to a worker.
enum WorkerMessage: Sendable {
    case adopt(Snapshot, [ListeningSocket])
    case queueOutcome(serial: UInt64, PoolCoordinator.QueueOutcome, from: PoolCoordinator)
    /// Its checks say that this server is gone.
    case serverDown(ServerID, of: PoolCoordinator)
    /// An operator wants nothing connected to this server.
    case shutdown(ServerID, of: PoolCoordinator)
    /// An operator wants no new connections at this listener, by name.
    case pause(listener: String)
    /// One that was paused takes connections again.
    case unpause(ListeningSocket)
    /// `reply` is called with its part.
    case sessions(SessionQuery, reply: @Sendable (SessionList) -> Void)
    /// The process holds more memory than it needs.
    case releaseSpareBuffers
    /// Says that it turns.
    case pulse(Pulse)
    /// Accept nothing new, end what runs, then stop. Replaced: another instance serves on, so the service is not to be called unready.
    case drain(isReplaced: Bool)
    case stop
}

/// A bound socket on its way to the worker that accepts on it.
struct ListeningSocket: Sendable {
    /// In the snapshot's list of listeners.
    let listener: Int
    /// Owned by the last holder of this value.
    let descriptor: Int32
    /// Other workers wait at the same socket.
    let isShared: Bool
}
