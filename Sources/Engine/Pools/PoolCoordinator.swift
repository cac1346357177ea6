import Balancing
import Logging
import Model
import Network
import Settings
import Synchronization

/// A pool for all threads: one value behind one lock. Lock, mutate, take the actions out, unlock, act.
///
/// Lives outside the snapshot, by name, so that slots, queue and health survive a reload. No I/O happens under the lock, and no other
/// lock is taken there. Assignments that come out of the queue reach the worker that owns the ticket through its mailbox.
final class PoolCoordinator: Sendable {
    let name: String
    private let state: Mutex<State>
    private let dispatch: @Sendable (Ticket, QueueOutcome, PoolCoordinator) -> Void
    private let notice: @Sendable (PoolCoordinator, PoolNotice) -> Void

    private struct State {
        var pool: Pool
        var targets: [ServerID: UpstreamTarget] = [:]
        var actions: [PoolAction] = []
    }

    /// What the control loop is notified of.
    enum PoolNotice: Sendable {
        case health(ServerID, HealthChange)
        case server(ServerID, ServerChange)
        case pool(PoolChange)
        case checkSoon(ServerID)
    }

    /// How the wait of a queued ticket ends.
    enum QueueOutcome: Sendable {
        case assigned(Assignment, UpstreamTarget)
        case refused(Reason)
    }

    /// - Parameters:
    ///   - dispatch: takes an outcome to the ticket's worker; called on any thread, without the lock
    ///   - notice: notifies the control loop of changes; likewise
    init(
        settings: PoolSettings, site: SiteName?, sites: [SiteSettings],
        dispatch: @escaping @Sendable (Ticket, QueueOutcome, PoolCoordinator) -> Void,
        notice: @escaping @Sendable (PoolCoordinator, PoolNotice) -> Void
    ) {
        name = settings.name
        self.dispatch = dispatch
        self.notice = notice
        state = Mutex(State(pool: Pool(settings: settings, site: site, sites: sites, seed: UInt64.random(in: .min ... .max))))
    }

    // MARK: Requests

    func submit(_ request: PoolRequest, now: MonotonicTime) -> (submission: Submission, target: UpstreamTarget?) {
        state.withLock { state in
            let submission = state.pool.submit(request, now: now)
            guard case .assigned(let assignment) = submission else { return (submission, nil) }
            return (submission, state.targets[assignment.server])
        }
    }

    func release(_ assignment: Assignment, _ verdict: Verdict, now: MonotonicTime) { handle(.release(assignment, verdict), now: now) }

    func handle(_ event: PoolEvent, now: MonotonicTime) {
        let done = state.withLock { state in
            state.pool.handle(event, now: now, actions: &state.actions)
            return Self.takeActions(&state)
        }
        for (action, target) in done { perform(action, target, now) }
    }

    private static func takeActions(_ state: inout State) -> [(PoolAction, UpstreamTarget?)] {
        if state.actions.isEmpty { return [] }
        let taken = state.actions.map { action -> (PoolAction, UpstreamTarget?) in
            guard case .assigned(_, let assignment) = action else { return (action, nil) }
            return (action, state.targets[assignment.server])
        }
        state.actions.removeAll(keepingCapacity: true)
        return taken
    }

    private func perform(_ action: PoolAction, _ target: UpstreamTarget?, _ now: MonotonicTime) {
        switch action {
        case .assigned(let ticket, let assignment):
            guard let target else {
                // A server always has a target; should it not, no request waits for it.
                release(assignment, .none, now: now)
                return dispatch(ticket, .refused(.noServer), self)
            }
            dispatch(ticket, .assigned(assignment, target), self)
        case .refused(let ticket, let reason):
            dispatch(ticket, .refused(reason), self)
        case .healthChanged(let server, let change): notice(self, .health(server, change))
        case .serverChanged(let server, let change): notice(self, .server(server, change))
        case .poolChanged(let change): notice(self, .pool(change))
        case .checkSoon(let server): notice(self, .checkSoon(server))
        }
    }

    // MARK: Servers

    /// Takes new settings. `makeTarget` makes the way to a server; the address of one that stays is kept until it is looked up again.
    func reconfigure(
        _ settings: PoolSettings, site: SiteName?, sites: [SiteSettings], newcomers: AdminState = .ready, now: MonotonicTime,
        makeTarget: (ServerState, SocketAddress?) -> UpstreamTarget
    ) {
        let done = state.withLock { state in
            state.pool.handle(.reconfigure(settings, site: site, sites: sites, newcomers: newcomers), now: now, actions: &state.actions)
            // Before the actions are looked at: a new server may have been given to a request that waited.
            Self.adoptTargets(&state, makeTarget)
            return Self.takeActions(&state)
        }
        for (action, target) in done { perform(action, target, now) }
    }

    private static func adoptTargets(_ state: inout State, _ makeTarget: (ServerState, SocketAddress?) -> UpstreamTarget) {
        let known = state.targets
        state.targets.removeAll()
        for server in state.pool.servers {
            let old = known[server.id]
            if server.index == nil {
                state.targets[server.id] = old
            } else {
                let new = makeTarget(server, old?.address)
                // The same object where nothing has changed: idle connections are kept by it.
                state.targets[server.id] = old?.leadsTheSameWay(as: new) == true ? old : new
            }
        }
    }

    /// The state of the instance before this one: nothing is notified, and no request is queued yet.
    func restore(_ events: [PoolEvent], now: MonotonicTime) {
        state.withLock { state in
            for event in events { state.pool.handle(event, now: now, actions: &state.actions) }
            state.actions.removeAll()
        }
    }

    func resolved(_ server: ServerID, to address: SocketAddress?) {
        state.withLock { state in
            guard let target = state.targets[server], target.address != address else { return }
            state.targets[server] = target.resolved(to: address)
        }
    }

    func target(_ server: ServerID) -> UpstreamTarget? { state.withLock { $0.targets[server] } }
    func server(_ id: ServerID) -> ServerState? { state.withLock { $0.pool.server(id) } }
    var servers: [ServerState] { state.withLock { $0.pool.servers } }
    var settings: PoolSettings { state.withLock { $0.pool.settings } }
    func withState<Result>(_ body: (borrowing Pool, [ServerID: UpstreamTarget]) -> Result) -> Result where Result: Sendable {
        state.withLock { body($0.pool, $0.targets) }
    }

    /// The number of the last change of a stick; 0: none.
    var lastStickChange: UInt32 { state.withLock { $0.pool.sticks?.lastChange ?? 0 } }

    func stickChanges(after number: UInt32, limit: Int, now: MonotonicTime) -> StickCopies {
        state.withLock { state in
            let (sticks, last) = state.pool.stickChanges(after: number, limit: limit, now: now)
            return StickCopies(sticks: sticks, last: last, servers: sticks.isEmpty ? [] : state.pool.servers)
        }
    }

    func sticks(from cursor: StickTable.Cursor?, limit: Int, now: MonotonicTime) -> StickCopies {
        state.withLock { state in
            guard let (sticks, next) = state.pool.sticks?.copy(from: cursor, limit: limit, now: now) else { return StickCopies() }
            return StickCopies(sticks: sticks, next: next, servers: state.pool.servers)
        }
    }

    func retryAfter(_ certname: [UInt8], now: MonotonicTime) -> Int { state.withLock { $0.pool.retryAfter(certname, now: now) } }
    func inUse(by holder: SlotHolder) -> Int { state.withLock { $0.pool.inUse(by: holder) } }
    var averageQueue: Int { state.withLock { $0.pool.averageQueue } }
    var isUsable: Bool { state.withLock { $0.pool.isUsable } }
    var isUsableHere: Bool { state.withLock { $0.pool.isUsableHere } }
    var queued: Int { state.withLock { $0.pool.queued } }
    var nextDeadline: MonotonicTime? { state.withLock { $0.pool.nextDeadline } }
}
