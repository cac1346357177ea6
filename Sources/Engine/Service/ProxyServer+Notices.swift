import Balancing
import Logging
import Model

/// What pools tell of themselves: one line a change, and what follows from it.
extension ProxyServer {
    func noticed(_ pool: PoolCoordinator, _ notice: PoolCoordinator.PoolNotice) {
        stateFileIsStale = true
        switch notice {
        case .health(let server, let change): healthChanged(pool, server, change)
        case .server(let server, let change): serverChanged(pool, server, change)
        case .pool(let change): poolChanged(pool, change)
        case .checkSoon(let server): checker.checkSoon(pool, server)
        }
    }

    private func healthChanged(_ pool: PoolCoordinator, _ server: ServerID, _ change: HealthChange) {
        guard let state = pool.server(server) else { return }
        let line = change.line(pool: pool.name, server: state.name)
        notifyHookOfHealth(pool, state, change)
        history.note(
            line, pool: pool.name, server: server, isUp: state.isUp, failedCheck: change.kind == .failing || change.kind == .down,
            now: .now)
        switch change.kind {
        case .down:
            log.warning("\(line)")
            if change.isGone { for worker in workers { worker.mailbox.post(.serverDown(server, of: pool)) } }
        case .up: log.notice("\(line)")
        case .failing, .passing, .slow: log.info("\(line)")
        }
    }

    private func serverChanged(_ pool: PoolCoordinator, _ server: ServerID, _ change: ServerChange) {
        guard let state = pool.server(server) else { return }
        let line = change.line(pool: pool.name, server: state.name)
        notifyHookOfServer(pool, state, change)
        history.note(line, pool: pool.name, server: server, isUp: state.isUp, failedCheck: false, now: .now)
        switch change.kind {
        case .ejected, .agentDown: log.warning("\(line)")
        case .returned, .admin, .agentUp, .forced: log.notice("\(line)")
        case .weight, .maxconn: log.info("\(line)")
        }
    }

    private func poolChanged(_ pool: PoolCoordinator, _ change: PoolChange) {
        notifyHookOfPool(pool, change)
        let words =
            switch change {
            case .down: "has no usable server."
            case .panic: "has no server that passes its checks: those that take connections are used all the same."
            case .up: "has a usable server."
            }
        history.note("Pool \(pool.name) \(words)", pool: pool.name, isUp: change != .down, now: .now)
        if change == .up { log.notice("Pool \(pool.name) \(words)") } else { log.error("Pool \(pool.name) \(words)") }
    }
}
