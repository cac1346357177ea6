import Balancing
import Hooks
import Model
import Network
import TLS

/// Events for the hook (docs/outputs.md).
extension ProxyServer {
    func notifyHook(_ name: ChangeEvent.Name, _ fill: (inout ChangeEvent) -> Void = { _ in }) {
        var event = event(name)
        fill(&event)
        hook.notify(event)
    }

    private func event(_ name: ChangeEvent.Name, _ pool: PoolCoordinator? = nil, _ server: ServerState? = nil) -> ChangeEvent {
        var event = ChangeEvent(name, time: WallClock.nanoseconds())
        event.site = snapshot?.settings.site?.value
        event.pool = pool?.name
        event.server = server?.name
        return event
    }

    // MARK: Servers and pools

    func notifyHookOfHealth(_ pool: PoolCoordinator, _ server: ServerState, _ change: HealthChange) {
        guard change.kind == .up || change.kind == .down else { return }
        var event = event(change.kind == .up ? .serverUp : .serverDown, pool, server)
        (event.by, event.reason) = (.check, change.reason)
        (event.activeLeft, event.backupsLeft) = (change.activeLeft, change.backupsLeft)
        (event.running, event.queued) = (change.inUse, change.queued)
        notifyHookOfUpOrDown(event, pool, server)
    }

    func notifyHookOfServer(_ pool: PoolCoordinator, _ server: ServerState, _ change: ServerChange) {
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
            return notifyHookOfUpOrDown(event, pool, server)
        case .agentUp:
            event.by = .agent
            return notifyHookOfUpOrDown(event, pool, server)
        case .forced:
            event.by = .operator
            return notifyHookOfUpOrDown(event, pool, server)
        case .weight, .maxconn: return
        }
        hook.notify(event)
    }

    /// Checks, agent and operator all have an influence: the hook gets the resulting state when that changes.
    private func notifyHookOfUpOrDown(_ event: ChangeEvent, _ pool: PoolCoordinator, _ server: ServerState) {
        guard notified.shouldNotify(pool: pool.name, server.id, isUp: server.isUp) else { return }
        var event = event
        event.name = server.isUp ? .serverUp : .serverDown
        hook.notify(event)
    }

    func notifyHookOfPool(_ pool: PoolCoordinator, _ change: PoolChange) {
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

    func notifyHookOfReload(_ changedFiles: [String], isAutomatic: Bool) {
        notified.keep(materials.expiries) { pools[$0]?.server($1) != nil }
        if !changedFiles.isEmpty { notifyHook(.certificateChanged) { $0.files = changedFiles } }
        notifyHook(.reloadDone) { $0.by = isAutomatic ? .files : .operator }
        notifyHookOfExpiries(alsoLogs: false)
    }

    func notifyHookOfRefusedReload(_ lines: [String], isAutomatic: Bool) {
        notifyHook(.reloadRefused) { event in
            event.by = isAutomatic ? .files : .operator
            event.reason = lines.first.map { lines.count > 1 ? "\($0) (and \(lines.count - 1) more)" : $0 }
        }
    }

    /// What has expired or soon will, once a day.
    func notifyHookOfExpiries(alsoLogs: Bool) {
        let now = WallClock.nanoseconds() / 1_000_000_000
        for expiry in materials.expiries {
            guard let warning = expiry.warning(at: now), notified.shouldNotify(expiry, daysLeft: expiry.daysLeft(at: now)) else { continue }
            if alsoLogs { log.warning("\(warning)") }
            notifyHook(.certificateExpires) { event in
                event.reason = warning
                event.files = [expiry.file]
                event.days = expiry.daysLeft(at: now)
            }
        }
    }
}
