import Admin
import Model
import Network
import Settings

/// The bound sockets of one listener: one a worker, or (from systemd) one that all workers share. The descriptors belong to who holds it.
struct BoundListener {
    let name: String
    let wanted: ListenAddress
    let actual: SocketAddress
    var isShared = false
    /// Kept over reloads and takeovers, as servers keep theirs.
    var state = ListenerReport.State.open
    /// None once it is stopped.
    var descriptors: [Int32] = []

    func serves(_ listener: ListenerSettings) -> Bool { listener.hasSocket(boundTo: wanted, for: name) }

    /// Each has its accept queue, so none is closed while the listener is wanted: where there are more than workers, some serve several.
    func descriptors(forWorker worker: Int, of workers: Int) -> [Int32] {
        if isShared { return descriptors }
        return stride(from: worker, to: descriptors.count, by: workers).map { descriptors[$0] }
    }
}
