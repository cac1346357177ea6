import Balancing
import Model
import Network
import Settings

/// Which pools are there? They live outside the snapshot, by name, so that slots, queues and health survive a reload. On the control loop.
final class PoolRegistry {
    private var pools: [String: PoolCoordinator] = [:]
    /// Pools that a reload removed, as long as a request that began before it may be queued in them.
    private var retired: [RetiredPool] = []
    private let directory: WorkerDirectory
    private let loop: EventLoop<ControlMessage>
    private let checker: HealthChecker

    init(_ directory: WorkerDirectory, checker: HealthChecker, loop: EventLoop<ControlMessage>) {
        self.directory = directory
        self.checker = checker
        self.loop = loop
    }

    subscript(name: String) -> PoolCoordinator? { pools[name] }
    var all: [PoolCoordinator] { Array(pools.values) }

    /// Makes the pools that are new. The others are changed by `reconfigure`, once nothing can fail any more.
    func makeMissing(_ settings: ProxySettings) {
        for pool in settings.pools where pools[pool.name] == nil {
            pools[pool.name] = PoolCoordinator(
                settings: pool, site: settings.site, sites: settings.sites,
                dispatch: { [directory] ticket, outcome, coordinator in
                    directory.post(.queueOutcome(serial: ticket.serial, outcome, from: coordinator), to: ticket.worker)
                },
                notice: { [mailbox = loop.mailbox] in mailbox.post(.notice($0, $1)) })
        }
    }

    /// After a reload: servers as the settings have them; pools that they no longer have retire.
    func reconfigure(_ settings: ProxySettings, _ materials: TLSMaterials) {
        for pool in settings.pools {
            pools[pool.name]!.reconfigure(
                pool, site: settings.site, sites: settings.sites, now: MonotonicTime(nanoseconds: loop.now)
            ) { UpstreamTarget($0, pool: pool, materials: materials, known: $1) }
        }
        let names = Set(settings.pools.map(\.name))
        retired += pools.values.filter { !names.contains($0.name) }.map { RetiredPool(pool: $0) }
        pools = pools.filter { names.contains($0.key) }
        checker.adopt(settings.pools.map { pools[$0.name]! })
    }

    /// New targets for one pool's servers, outside a reload: each keeps its address, which may have been set at run time.
    func refresh(
        _ pool: PoolCoordinator, _ settings: PoolSettings, _ materials: TLSMaterials, _ snapshot: Snapshot,
        newcomers: AdminState = .ready
    ) {
        pool.reconfigure(
            settings, site: snapshot.settings.site, sites: snapshot.settings.sites, newcomers: newcomers,
            now: MonotonicTime(nanoseconds: loop.now)
        ) { server, address in
            let target = UpstreamTarget(server, pool: settings, materials: materials, known: address)
            return address == nil ? target : target.resolved(to: address)
        }
    }

    /// Checks follow the servers of these pools.
    func adoptChecks(_ snapshot: Snapshot) { checker.adopt(snapshot.settings.pools.compactMap { pools[$0.name] }) }

    /// Deadlines of queues, ejections and the like.
    func tick() {
        let now = MonotonicTime(nanoseconds: loop.now)
        retired.removeAll { $0.pool == nil }
        for pool in all + retired.compactMap(\.pool) {
            if let deadline = pool.nextDeadline, deadline <= now { pool.handle(.tick, now: now) }
        }
    }

    func clearPeaks() { for pool in all { pool.handle(.clearPeaks, now: MonotonicTime(nanoseconds: loop.now)) } }

    /// The server of that name that the settings have now, or that was added at run time.
    func server(pool name: String, _ server: String) -> (pool: PoolCoordinator, state: ServerState)? {
        guard let pool = pools[name], let state = pool.servers.last(where: { $0.index != nil && $0.name == server }) else { return nil }
        return (pool, state)
    }
}
