import Balancing
import Logging
import Model

/// What pools tell of themselves: one line a change, and what follows from it.
extension ProxyServer {
    func noticed(_ pool: PoolCoordinator, _ notice: PoolCoordinator.PoolNotice) {
        switch notice {
        case .health(let server, let change): healthChanged(pool, server, change)
        case .server(let server, let change): serverChanged(pool, server, change)
        case .pool(let change): poolChanged(pool, change)
        case .checkSoon(let server): checker.checkSoon(pool, server)
        }
    }

    private func healthChanged(_ pool: PoolCoordinator, _ server: ServerID, _ change: HealthChange) {
        guard let name = pool.server(server)?.name else { return }
        let line = change.line(pool: pool.name, server: name)
        switch change.kind {
        case .down:
            log.warning("\(line)")
            if change.isGone { for worker in workers { worker.mailbox.post(.serverDown(server, of: pool)) } }
        case .up: log.notice("\(line)")
        case .failing, .passing, .slow: log.info("\(line)")
        }
    }

    private func serverChanged(_ pool: PoolCoordinator, _ server: ServerID, _ change: ServerChange) {
        guard let name = pool.server(server)?.name else { return }
        let line = change.line(pool: pool.name, server: name)
        switch change.kind {
        case .ejected, .agentDown: log.warning("\(line)")
        case .returned, .admin, .agentUp: log.notice("\(line)")
        case .weight, .maxconn: log.info("\(line)")
        }
    }

    private func poolChanged(_ pool: PoolCoordinator, _ change: PoolChange) {
        switch change {
        case .down: log.error("Pool \(pool.name) has no usable server.")
        case .panic: log.error("Pool \(pool.name) has no server that passes its checks: those that take connections are used all the same.")
        case .up: log.notice("Pool \(pool.name) has a usable server.")
        }
    }
}
