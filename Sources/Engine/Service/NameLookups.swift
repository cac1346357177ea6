import Balancing
import Model
import Network
import Settings

/// Which addresses do the servers' names have? Looked up on a separate thread; results arrive as messages. On the control loop.
final class NameLookups {
    /// One server's name that is being looked up.
    struct Lookup: Sendable, Hashable {
        let pool: String
        let server: ServerID
        /// As it was asked for: when the result comes, the pool may be another one of that name.
        let address: UpstreamAddress
    }

    private let names: BackgroundThread
    private let mailbox: Mailbox<ControlMessage>
    private let pools: PoolRegistry
    /// Names that take long are not looked up a second time meanwhile.
    private var running: Set<Lookup> = []

    init(on names: BackgroundThread, pools: PoolRegistry, mailbox: Mailbox<ControlMessage>) {
        self.names = names
        self.pools = pools
        self.mailbox = mailbox
    }

    var isIdle: Bool { running.isEmpty }

    func start(onlyMissing: Bool) {
        for pool in pools.all {
            for server in pool.servers where server.index != nil && server.settings.address.literal == nil {
                if onlyMissing, pool.target(server.id)?.address != nil { continue }
                let lookup = Lookup(pool: pool.name, server: server.id, address: server.settings.address)
                guard running.insert(lookup).inserted else { continue }
                names.perform { [mailbox] in
                    mailbox.post(.resolved(lookup, NameResolver.resolve(lookup.address.host, port: lookup.address.port)))
                }
            }
        }
    }

    /// - Returns: the server whose address changed, with its pool; nil: none.
    func finished(_ lookup: Lookup, _ address: SocketAddress?, now: MonotonicTime) -> (pool: PoolCoordinator, isFirstAddress: Bool)? {
        running.remove(lookup)
        guard let pool = pools[lookup.pool], pool.server(lookup.server)?.settings.address == lookup.address else { return nil }
        let known = pool.target(lookup.server)?.address
        // A name that no longer resolves keeps the address that worked.
        guard address != nil || known == nil else { return nil }
        pool.resolved(lookup.server, to: address)
        if address == nil {
            pool.handle(.check(lookup.server, .unresolved), now: now)
        } else if known == nil {
            pool.handle(.check(lookup.server, .resolved), now: now)
        }
        return address == known ? nil : (pool, known == nil)
    }
}
