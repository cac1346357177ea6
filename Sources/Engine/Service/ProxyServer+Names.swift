import Balancing
import Model
import Network

/// Names of servers → addresses, looked up on the names thread.
extension ProxyServer {
    func resolveNames(onlyMissing: Bool) {
        for pool in pools.values {
            for server in pool.servers where server.index != nil && server.settings.address.literal == nil {
                if onlyMissing, pool.target(server.id)?.address != nil { continue }
                let lookup = ServerLookup(pool: pool.name, server: server.id, address: server.settings.address)
                guard lookups.insert(lookup).inserted else { continue }
                if !isReady { unresolvedAtStart += 1 }
                names.perform { [mailbox = loop.mailbox] in
                    mailbox.post(.resolved(lookup, NameResolver.resolve(lookup.address.host, port: lookup.address.port)))
                }
            }
        }
    }

    func resolved(_ lookup: ServerLookup, _ address: SocketAddress?) {
        lookups.remove(lookup)
        if let pool = pools[lookup.pool], pool.server(lookup.server)?.settings.address == lookup.address {
            resolved(pool, lookup.server, address)
        }
        guard !isReady else { return }
        unresolvedAtStart -= 1
        if unresolvedAtStart <= 0 { becomeReady() }
    }

    private func resolved(_ pool: PoolCoordinator, _ server: ServerID, _ address: SocketAddress?) {
        let now = MonotonicTime(nanoseconds: loop.now)
        let known = pool.target(server)?.address
        // A name that stops to resolve keeps the address that worked.
        guard address != nil || known == nil else { return }
        pool.resolved(server, to: address)
        stateFileIsStale = stateFileIsStale || address != known
        if address == nil {
            pool.handle(.check(server, .unresolved), now: now)
        } else if known == nil {
            pool.handle(.check(server, .resolved), now: now)
            checker.askNow(pool, server)
        }
    }
}
