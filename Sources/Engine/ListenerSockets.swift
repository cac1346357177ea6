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
        let descriptors: [Int32]
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
        for old in bound where !next.contains(where: { $0.actual == old.actual }) { old.descriptors.forEach { _ = close($0) } }
        bound = next
    }

    private func bind(_ listener: ListenerSettings) throws(SystemError) -> Bound {
        let wanted = SocketAddress(listener.address)
        let v6only = listener.address.v6only
        if wanted.port != 0 {
            // Without SO_REUSEPORT: fails where another process listens, with which the port would be shared silently.
            _ = try Socket.listen(wanted, v6only: v6only, sharesPort: false, defersAccept: false)
        }
        var descriptors: [Int32] = []
        var actual = wanted
        do {
            for _ in 0..<workers {
                let socket = try Socket.listen(actual, v6only: v6only, sharesPort: true, defersAccept: true)
                if let bound = socket.localAddress { actual = bound }
                descriptors.append(socket.takeDescriptor())
            }
        } catch {
            descriptors.forEach { _ = close($0) }
            throw error
        }
        return Bound(name: listener.name, wanted: listener.address, actual: actual, descriptors: descriptors)
    }

    /// A copy of each listener's descriptor for one worker, which owns it.
    func sockets(forWorker worker: Int) -> [ListeningSocket] {
        bound.enumerated().compactMap { index, entry in
            let copy = pf_duplicate(entry.descriptors[worker])
            return copy >= 0 ? ListeningSocket(listener: index, descriptor: copy) : nil
        }
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
