import Balancing
import Model
import Network

/// Names of servers → addresses, looked up on the names thread.
extension ProxyServer {
    func resolveNames(onlyMissing: Bool) {
        for pool in pools.values {
            for server in pool.servers where server.index != nil && server.settings.address.literal == nil {
                if onlyMissing, pool.target(server.id)?.address != nil { continue }
                if !isReady { unresolvedAtStart += 1 }
                let address = server.settings.address
                names.perform { [mailbox = loop.mailbox, name = pool.name, id = server.id] in
                    mailbox.post(.resolved(pool: name, id, NameResolver.resolve(address.host, port: address.port)))
                }
            }
        }
    }

    func resolved(_ poolName: String, _ server: ServerID, _ address: SocketAddress?) {
        if let pool = pools[poolName] {
            let now = MonotonicTime(nanoseconds: loop.now)
            let known = pool.target(server)?.address
            // A name that stops to resolve keeps the address that worked.
            if address != nil || known == nil {
                pool.resolved(server, to: address)
                stateIsNews = stateIsNews || address != known
                if address == nil {
                    pool.handle(.check(server, .unresolved), now: now)
                } else if known == nil {
                    pool.handle(.check(server, .resolved), now: now)
                    checker.askNow(pool, server)
                }
            }
        }
        guard !isReady else { return }
        unresolvedAtStart -= 1
        if unresolvedAtStart <= 0 { becomeReady() }
    }
}
