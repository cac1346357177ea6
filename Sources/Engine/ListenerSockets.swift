import Admin
import CLinux
import Model
import Network
import Settings

/// The bound sockets of all listeners: one a worker for each address, kept over reloads so that no accept queue is dropped.
struct ListenerSockets: ~Copyable {
    private struct Bound {
        /// With port 0 an address stands for a port of its own each time, so the listener's name counts too.
        let name: String
        let wanted: ListenAddress

        func serves(_ listener: ListenerSettings) -> Bool {
            wanted == listener.address && (wanted.port != 0 || name == listener.name)
        }

        let actual: SocketAddress
        /// None once it is stopped.
        var descriptors: [Int32]
        /// Kept over reloads, as servers keep theirs.
        var state = ListenerReport.State.open
    }

    private var bound: [Bound] = []
    private let workers: Int

    init(workers: Int) { self.workers = workers }

    /// Binds what is new, and closes what is no longer wanted once all of that has worked. All problems are told.
    mutating func adopt(_ listeners: [ListenerSettings]) throws(MaterialProblems) {
        var problems: [String] = []
        var next: [Bound] = []
        var fresh: [Bound] = []
        for listener in listeners {
            if let known = bound.first(where: { $0.serves(listener) }) {
                next.append(known)
                continue
            }
            do {
                let made = try bind(listener)
                next.append(made)
                fresh.append(made)
            } catch {
                problems.append("listener \(listener.name): \(SocketAddress(listener.address).text): \(error.description)")
            }
        }
        guard problems.isEmpty else {
            for made in fresh { made.descriptors.forEach { _ = close($0) } }
            throw MaterialProblems(lines: problems)
        }
        for old in bound where !next.contains(where: { $0.descriptors == old.descriptors }) { old.descriptors.forEach { _ = close($0) } }
        bound = next
    }

    private func bind(_ listener: ListenerSettings) throws(SystemError) -> Bound {
        let wanted = SocketAddress(listener.address)
        let v6only = listener.address.v6only
        if wanted.port != 0 {
            // Without SO_REUSEPORT: fails where another process listens, with which the port would be shared silently.
            _ = try Socket.listen(wanted, v6only: v6only, sharesPort: false, defersAccept: false)
            return Bound(name: listener.name, wanted: listener.address, actual: wanted, descriptors: try bind(wanted, v6only))
        }
        // Every worker's socket asks for the port by its number: one that was given a port loses it when it is paused.
        let first = try Socket.listen(wanted, v6only: v6only, sharesPort: true, defersAccept: true)
        let actual = first.localAddress ?? wanted
        let descriptors = try bind(actual, v6only)
        _ = consume first
        return Bound(name: listener.name, wanted: listener.address, actual: actual, descriptors: descriptors)
    }

    private func bind(_ address: SocketAddress, _ v6only: Bool) throws(SystemError) -> [Int32] {
        var descriptors: [Int32] = []
        do {
            for _ in 0..<workers {
                descriptors.append(try Socket.listen(address, v6only: v6only, sharesPort: true, defersAccept: true).takeDescriptor())
            }
        } catch {
            descriptors.forEach { _ = close($0) }
            throw error
        }
        return descriptors
    }

    /// A copy of each listener's descriptor for one worker, which owns it.
    func sockets(forWorker worker: Int) -> [ListeningSocket] {
        bound.indices.compactMap { socket($0, forWorker: worker) }
    }

    /// nil while the listener is not open.
    func socket(_ listener: Int, forWorker worker: Int) -> ListeningSocket? {
        guard bound.indices.contains(listener), bound[listener].state == .open else { return nil }
        let copy = pf_duplicate(bound[listener].descriptors[worker])
        return copy >= 0 ? ListeningSocket(listener: listener, descriptor: copy) : nil
    }

    /// By listener; empty once all are closed.
    var states: [ListenerReport.State] { bound.map(\.state) }

    /// The workers stop and begin to listen; this is what later ones go by. `stopped` gives the port back.
    mutating func setState(_ listener: Int, _ state: ListenerReport.State) {
        guard bound.indices.contains(listener) else { return }
        bound[listener].state = state
        guard state == .stopped else { return }
        bound[listener].descriptors.forEach { _ = close($0) }
        bound[listener].descriptors = []
    }

    /// `NAME=ADDRESS:PORT` for each listener, with the real port.
    func readyWords(_ listeners: [ListenerSettings]) -> [String] {
        zip(listeners, addresses).map { "\($0.name)=\($1)" }
    }

    /// `ADDRESS:PORT` for each listener, with the real port.
    var addresses: [String] {
        bound.map { $0.actual.text }
    }

    mutating func closeAll() {
        for entry in bound { entry.descriptors.forEach { _ = close($0) } }
        bound.removeAll()
    }

    deinit { for entry in bound { entry.descriptors.forEach { _ = close($0) } } }
}

extension SocketAddress {
    init(_ wanted: ListenAddress) { self.init(high: wanted.address.high, low: wanted.address.low, port: wanted.port) }

    /// `ADDRESS:PORT`, an IPv6 address in brackets.
    var text: String {
        let address = IPAddress(high: high, low: low)
        return address.isV4 ? "\(address.description):\(port)" : "[\(address.description)]:\(port)"
    }
}
