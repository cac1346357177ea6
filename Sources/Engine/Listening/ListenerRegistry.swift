import Admin
import Model
import Network
import Settings

/// Which sockets and limits do the listeners have? Kept over reloads and takeovers. On the control loop.
final class ListenerRegistry {
    private var sockets = ListenerSockets(workers: 0)
    /// By the listener's name.
    private var limits: [String: ListenerLimit] = [:]

    // MARK: Sockets

    /// At the start.
    /// - Parameters:
    ///   - limits: operator overrides of the instance before this one
    ///   - mayListen: false in a takeover, until `listen`
    func open(
        _ listeners: [ListenerSettings], workers: Int, inherited: [BoundListener], limits: [String: ListenerLimit], mayListen: Bool
    ) throws(MaterialProblems) {
        self.limits = limits
        sockets = ListenerSockets(workers: workers, inherited: inherited, mayListen: mayListen)
        sockets.commit(try sockets.prepare(listeners))
    }

    func prepare(_ listeners: [ListenerSettings]) throws(MaterialProblems) -> ListenerSockets.Prepared { try sockets.prepare(listeners) }
    func discard(_ prepared: ListenerSockets.Prepared) { sockets.discard(prepared) }
    func commit(_ prepared: ListenerSockets.Prepared) { sockets.commit(prepared) }
    func listen() throws(SystemError) { try sockets.listen() }
    func closeAll() { sockets.closeAll() }

    /// Copies for one worker, which owns them.
    func sockets(forWorker worker: Int) -> [ListeningSocket] { sockets.sockets(forWorker: worker) }
    func sockets(_ listener: Int, forWorker worker: Int) -> [ListeningSocket] { sockets.sockets(listener, forWorker: worker) }

    /// `NAME=ADDRESS:PORT` for each listener, with the real port.
    func readyWords(_ listeners: [ListenerSettings]) -> [String] { sockets.readyWords(listeners) }

    // MARK: State and limits

    func setState(_ listener: Int, _ state: ListenerReport.State) { sockets.setState(listener, state) }

    func state(_ listener: Int) -> ListenerReport.State {
        let states = sockets.states
        return states.indices.contains(listener) ? states[listener] : .stopped
    }

    func address(_ listener: Int) -> String {
        let addresses = sockets.addresses
        return addresses.indices.contains(listener) ? addresses[listener] : ""
    }

    /// One for each listener, in order: a listener that stays by name keeps its own. Limits of others are forgotten.
    func adoptLimits(_ listeners: [ListenerSettings]) -> [ListenerLimit] {
        let kept = listeners.map { limits[$0.name] ?? ListenerLimit() }
        limits = Dictionary(uniqueKeysWithValues: zip(listeners.map(\.name), kept))
        return kept
    }

    /// An operator override; 0: none.
    func connectionLimit(_ name: String) -> Int { limits[name]?.maximum.load(ordering: .relaxed) ?? 0 }

    /// False: no such listener.
    func setConnectionLimit(_ name: String, _ limit: Int) -> Bool {
        guard let entry = limits[name] else { return false }
        entry.maximum.store(limit, ordering: .relaxed)
        return true
    }

    // MARK: Takeover

    /// What a new instance gets: entries of the manifest, and their descriptors in the same order.
    func handOver() -> (entries: [TakeoverManifest.Entry], descriptors: [Int32]) {
        let entries = sockets.bound.map { listener in
            TakeoverManifest.Entry.listener(
                .init(
                    name: listener.name, wanted: listener.wanted, isShared: listener.isShared, state: listener.state,
                    maxconn: connectionLimit(listener.name), count: listener.descriptors.count))
        }
        return (entries, sockets.bound.flatMap(\.descriptors))
    }
}
