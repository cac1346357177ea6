import Balancing
import Hooks
import Model
import Network
import TLS

/// Which events does the hook get (docs/outputs.md)? On the control loop.
final class HookNotifier {
    private let hook: ChangeHook
    private var notified = NotifiedChanges()
    private var site: String?

    init(_ hook: ChangeHook) { self.hook = hook }

    /// From a new configuration.
    func adopt(_ program: String?, site: String?) {
        self.site = site
        hook.adopt(program)
    }

    func finish() { hook.finish() }
    var dropped: Int { hook.dropped.load(ordering: .relaxed) }

    func notify(_ name: ChangeEvent.Name, _ fill: (inout ChangeEvent) -> Void = { _ in }) {
        var event = event(name)
        fill(&event)
        hook.notify(event)
    }

    private func event(_ name: ChangeEvent.Name, _ pool: PoolCoordinator? = nil, _ server: ServerState? = nil) -> ChangeEvent {
        var event = ChangeEvent(name, time: WallClock.nanoseconds())
        event.site = site
        event.pool = pool?.name
        event.server = server?.name
        return event
    }

    // MARK: Servers and pools

    /// Restored as down: no event, and a later event when it is up.
    func assumeDown(pool: String, _ server: ServerID) { _ = notified.shouldNotify(pool: pool, server, isUp: false) }

    func notifyHealth(_ pool: PoolCoordinator, _ server: ServerState, _ change: HealthChange) {
        guard change.kind == .up || change.kind == .down else { return }
        var event = event(change.kind == .up ? .serverUp : .serverDown, pool, server)
        (event.by, event.reason) = (.check, change.reason)
        (event.activeLeft, event.backupsLeft) = (change.activeLeft, change.backupsLeft)
        (event.running, event.queued) = (change.inUse, change.queued)
        notifyUpOrDown(event, pool, server)
    }

    func notifyServer(_ pool: PoolCoordinator, _ server: ServerState, _ change: ServerChange) {
        var event = event(.serverReturned, pool, server)
        (event.activeLeft, event.backupsLeft) = (change.activeLeft, change.backupsLeft)
        (event.running, event.queued) = (change.inUse, change.queued)
        switch change.kind {
        case .ejected(let time, let failures):
            (event.name, event.by) = (.serverEjected, .requests)
            event.reason = "\(failures) failed requests in a row; left out for \(time.components.seconds)s"
        case .returned: event.by = .requests
        case .admin(let state, let byAgent):
            (event.name, event.state, event.by) = (.serverAdmin, state.rawValue, byAgent ? .agent : .operator)
        case .agentDown(let words):
            (event.by, event.reason) = (.agent, words)
            return notifyUpOrDown(event, pool, server)
        case .agentUp:
            event.by = .agent
            return notifyUpOrDown(event, pool, server)
        case .forced:
            event.by = .operator
            return notifyUpOrDown(event, pool, server)
        case .weight, .maxconn: return
        }
        hook.notify(event)
    }

    /// Checks, agent and operator all have an influence: the hook gets the resulting state when that changes.
    private func notifyUpOrDown(_ event: ChangeEvent, _ pool: PoolCoordinator, _ server: ServerState) {
        guard notified.shouldNotify(pool: pool.name, server.id, isUp: server.isUp) else { return }
        var event = event
        event.name = server.isUp ? .serverUp : .serverDown
        hook.notify(event)
    }

    func notifyPool(_ pool: PoolCoordinator, _ change: PoolChange) {
        let name: ChangeEvent.Name =
            switch change {
            case .up: .poolUp
            case .down: .poolDown
            case .panic: .poolPanic
            }
        var event = event(name, pool)
        event.queued = pool.queued
        hook.notify(event)
    }

    // MARK: Files

    func notifyReload(_ changedFiles: [String], isAutomatic: Bool) {
        if !changedFiles.isEmpty { notify(.certificateChanged) { $0.files = changedFiles } }
        notify(.reloadDone) { $0.by = isAutomatic ? .files : .operator }
    }

    func notifyRefusedReload(_ lines: [String], isAutomatic: Bool) {
        notify(.reloadRefused) { event in
            event.by = isAutomatic ? .files : .operator
            event.reason = lines.first.map { lines.count > 1 ? "\($0) (and \(lines.count - 1) more)" : $0 }
        }
    }

    /// What has expired or soon will, once a day.
    /// - Returns: the warnings of those that were due.
    func notifyExpiries(_ expiries: [Expiry]) -> [String] {
        let now = WallClock.nanoseconds() / 1_000_000_000
        var warnings: [String] = []
        for expiry in expiries {
            guard let warning = expiry.warning(at: now), notified.shouldNotify(expiry, daysLeft: expiry.daysLeft(at: now)) else { continue }
            warnings.append(warning)
            notify(.certificateExpires) { event in
                event.reason = warning
                event.files = [expiry.file]
                event.days = expiry.daysLeft(at: now)
            }
        }
        return warnings
    }

    /// Forgets servers and expiries that no longer exist.
    func keep(_ expiries: [Expiry], isServer: (String, ServerID) -> Bool) { notified.keep(expiries, isServer: isServer) }
}
