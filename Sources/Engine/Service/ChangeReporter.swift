import Admin
import Balancing
import Logging
import Model
import Network

/// Reports what changes: one log line for each change, the history for reports, and an event for the hook. On the control loop.
final class ChangeReporter {
    let notifier: HookNotifier
    private var history: ChangeHistory
    private let log: Logger

    init(_ notifier: HookNotifier, startedAt: Moment, log: Logger) {
        self.notifier = notifier
        self.log = log
        history = ChangeHistory(startedAt: startedAt)
    }

    // MARK: History

    var events: [EventReport] { history.events }
    func entry(pool: String) -> ChangeHistory.Entry { history.entry(pool: pool) }
    func entry(pool: String, server: ServerID) -> ChangeHistory.Entry { history.entry(pool: pool, server: server) }

    /// A line of `show events` alone.
    func note(_ line: String) { history.note(line, now: .now) }

    /// Forgets servers that no longer exist.
    func keep(_ isServer: (String, ServerID) -> Bool) { history.keep(isServer) }

    /// What an operator has changed on the page.
    func operatorChanged(_ line: String) {
        log.notice("\(line)")
        note(line)
    }

    // MARK: Pools

    func healthChanged(_ pool: PoolCoordinator, _ server: ServerState, _ change: HealthChange) {
        let line = change.line(pool: pool.name, server: server.name)
        notifier.notifyHealth(pool, server, change)
        let isFailure = change.kind == .failing || change.kind == .down
        history.note(line, pool: pool.name, server: server.id, isUp: server.isUp, failedCheck: isFailure, now: .now)
        switch change.kind {
        case .down: log.warning("\(line)")
        case .up: log.notice("\(line)")
        case .failing, .passing, .slow: log.info("\(line)")
        }
    }

    func serverChanged(_ pool: PoolCoordinator, _ server: ServerState, _ change: ServerChange) {
        let line = change.line(pool: pool.name, server: server.name)
        notifier.notifyServer(pool, server, change)
        history.note(line, pool: pool.name, server: server.id, isUp: server.isUp, failedCheck: false, now: .now)
        if case .admin(let state, _) = change.kind { history.set(state, pool: pool.name, server: server.id, now: .now) }
        switch change.kind {
        case .ejected, .agentDown: log.warning("\(line)")
        case .returned, .admin, .agentUp, .forced: log.notice("\(line)")
        case .weight, .maxconn: log.info("\(line)")
        }
    }

    func poolChanged(_ pool: PoolCoordinator, _ change: PoolChange) {
        notifier.notifyPool(pool, change)
        let text =
            switch change {
            case .down: "has no usable server."
            case .panic: "has no server that passes its checks: those that take connections are used all the same."
            case .up: "has a usable server."
            }
        history.note("Pool \(pool.name) \(text)", pool: pool.name, isUp: change != .down, now: .now)
        if change == .up { log.notice("Pool \(pool.name) \(text)") } else { log.error("Pool \(pool.name) \(text)") }
    }
}
