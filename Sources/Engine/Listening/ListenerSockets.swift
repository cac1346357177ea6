import Admin
import CLinux
import Model
import Network
import Settings

/// The bound sockets of all listeners, kept over reloads and handed over to a new instance, so that no accept queue is dropped.
struct ListenerSockets: ~Copyable {
    private(set) var bound: [BoundListener]
    private let workers: Int
    /// False in a takeover until the old instance has finished: sockets that this one binds in addition to the inherited ones would get
    /// connections that no process accepts yet, and that would be lost if the takeover failed.
    private var mayListen: Bool

    /// - Parameter inherited: sockets that are bound already. `commit` keeps those that are wanted.
    init(workers: Int, inherited: [BoundListener] = [], mayListen: Bool = true) {
        self.workers = workers
        self.mayListen = mayListen
        bound = inherited
    }

    /// From now on all open listeners listen.
    mutating func listen() throws(SystemError) {
        mayListen = true
        for listener in bound where listener.state == .open { for descriptor in listener.descriptors { try Socket.listen(on: descriptor) } }
    }

    /// Sockets for other settings, bound and not yet in force. `commit` or `discard` ends that.
    struct Prepared {
        fileprivate var next: [BoundListener] = []
        fileprivate var fresh: [Int32] = []
    }

    /// Binds what is new and changes nothing. Reports all problems.
    func prepare(_ listeners: [ListenerSettings]) throws(MaterialProblems) -> Prepared {
        var problems: [String] = []
        var prepared = Prepared()
        for listener in listeners {
            do {
                if let known = bound.first(where: { $0.serves(listener) }) {
                    let added = try missingSockets(of: known)
                    prepared.next.append(known)
                    prepared.next[prepared.next.count - 1].descriptors += added
                    prepared.fresh += added
                } else {
                    let made = try bind(listener)
                    prepared.next.append(made)
                    prepared.fresh += made.descriptors
                }
            } catch {
                problems.append("listener \(listener.name): \(SocketAddress(listener.address).text): \(error.description)")
            }
        }
        guard problems.isEmpty else {
            discard(prepared)
            throw MaterialProblems(lines: problems)
        }
        return prepared
    }

    func discard(_ prepared: Prepared) { for descriptor in prepared.fresh { _ = close(descriptor) } }

    /// Closes what is no longer wanted.
    mutating func commit(_ prepared: Prepared) {
        let kept = Set(prepared.next.flatMap(\.descriptors))
        for old in bound { for descriptor in old.descriptors where !kept.contains(descriptor) { _ = close(descriptor) } }
        bound = prepared.next
    }

    private func bind(_ listener: ListenerSettings) throws(SystemError) -> BoundListener {
        let wanted = SocketAddress(listener.address)
        let v6only = listener.address.v6only
        guard wanted.port == 0 else {
            // Without SO_REUSEPORT: fails where another process listens, with which the port would be shared silently.
            _ = try Socket.listen(wanted, v6only: v6only, sharesPort: false, defersAccept: false)
            return try bind(listener, to: wanted)
        }
        // Every worker's socket asks for the port by its number: one that was given a port loses it when it is paused.
        let first = try Socket.bind(wanted, v6only: v6only, sharesPort: true, defersAccept: true)
        let made = try bind(listener, to: first.localAddress ?? wanted)
        _ = consume first
        return made
    }

    private func bind(_ listener: ListenerSettings, to address: SocketAddress) throws(SystemError) -> BoundListener {
        var made = BoundListener(name: listener.name, wanted: listener.address, actual: address)
        made.descriptors = try missingSockets(of: made)
        return made
    }

    /// One more for each worker that has none of its own. Those of a paused listener do not listen.
    private func missingSockets(of listener: BoundListener) throws(SystemError) -> [Int32] {
        guard !listener.isShared, listener.state != .stopped else { return [] }
        var made: [Int32] = []
        do {
            while listener.descriptors.count + made.count < workers {
                let socket = try Socket.bind(listener.actual, v6only: listener.wanted.v6only, sharesPort: true, defersAccept: true)
                if mayListen, listener.state == .open { try socket.listen() }
                made.append(socket.takeDescriptor())
            }
        } catch {
            for descriptor in made { _ = close(descriptor) }
            throw error
        }
        return made
    }

    /// Copies of each listener's descriptors for one worker, which owns them.
    func sockets(forWorker worker: Int) -> [ListeningSocket] { bound.indices.flatMap { sockets($0, forWorker: worker) } }

    /// None while the listener is not open.
    func sockets(_ listener: Int, forWorker worker: Int) -> [ListeningSocket] {
        guard bound.indices.contains(listener), bound[listener].state == .open else { return [] }
        let entry = bound[listener]
        return entry.descriptors(forWorker: worker, of: workers).compactMap { descriptor in
            let copy = pf_duplicate(descriptor)
            return copy >= 0 ? ListeningSocket(listener: listener, descriptor: copy, isShared: entry.isShared) : nil
        }
    }

    /// By listener; empty once all are closed.
    var states: [ListenerReport.State] { bound.map(\.state) }

    /// Workers stop and start listening; this state is what later workers get. `stopped` releases the port.
    mutating func setState(_ listener: Int, _ state: ListenerReport.State) {
        guard bound.indices.contains(listener) else { return }
        bound[listener].state = state
        guard state == .stopped else { return }
        for descriptor in bound[listener].descriptors { _ = close(descriptor) }
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
        for entry in bound { for descriptor in entry.descriptors { _ = close(descriptor) } }
        bound.removeAll()
    }

    deinit { for entry in bound { for descriptor in entry.descriptors { _ = close(descriptor) } } }
}

extension SocketAddress {
    /// Of a listening socket that another process has bound; nil: it is none of IPv4 or IPv6.
    init?(boundBy descriptor: Int32) {
        let socket = Socket(FileDescriptor(owning: descriptor))
        let address = socket.localAddress
        _ = socket.takeDescriptor()
        guard let address else { return nil }
        self = address
    }

    init(_ wanted: ListenAddress) { self.init(high: wanted.address.high, low: wanted.address.low, port: wanted.port) }

    /// `ADDRESS:PORT`, an IPv6 address in brackets.
    var text: String {
        let address = IPAddress(high: high, low: low)
        return address.isV4 ? "\(address.description):\(port)" : "[\(address.description)]:\(port)"
    }
}
