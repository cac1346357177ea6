import Model
import Settings

/// Which server takes this request: now, later, or none? One value for the whole process; the Engine keeps it behind one lock.
///
/// A request goes to the first tier that has a usable server which it was not tried on, there to the server that `balance` picks
/// among those with a free slot. Where all are full it waits in the pool's one queue, first come first served, for any of them.
/// Invariants: a slot is taken by each assignment and given back by one release; nobody waits while a server of its tier has a slot
/// free; every queued ticket ends by one action or a cancel; a request waits only while some usable server could take it.
/// Not here yet: hashing, sticks, overflow, spill, ejection, slow start, limits by endpoint. Settings that ask for them are ignored,
/// and `balance` other than round-robin is least-connections.
/// Costs: a decision is linear in the tier's usable servers, a release in the queue's lines (one, plus those of waiting retries).
package struct Pool: Sendable {
    package private(set) var settings: PoolSettings
    /// By ascending ID. Servers that a reload removed stay here until their last slot is given back; their `index` is nil.
    package internal(set) var servers: [ServerState] = []
    /// Places in `servers` by tier: of those that are usable.
    var usable: [[Int]] = []
    /// How many tiers the settings make.
    var tierCount = 0
    /// The first tier with a usable server: where fresh requests go.
    var firstTier: Int?
    var queue = PendingQueue()
    private var nextID: UInt32 = 0
    private var choices: UInt64 = 0

    package init(settings: PoolSettings, site: SiteName?, sites: [SiteSettings]) {
        self.settings = settings
        adoptServers(site: site, sites: sites)
        rebuildUsable()
    }

    // MARK: Requests and events

    package mutating func submit(_ request: PoolRequest, now: MonotonicTime) -> Submission {
        guard let tier = tier(without: request.tried) else { return .refused(.noServer) }
        // Where fresh requests wait, there is no slot for another: no need to look.
        if !(request.tried.isEmpty && queue.hasFresh), let assignment = choose(tier: tier, without: request.tried) {
            return .assigned(assignment)
        }
        guard queue.count < settings.queue.size else { return .refused(.queueFull) }
        queue.append(request.ticket, tried: request.tried, tier: tier, now: now)
        return .queued
    }

    /// Appends to `actions`; takes nothing out of it.
    package mutating func handle(_ event: PoolEvent, now: MonotonicTime, actions: inout [PoolAction]) {
        switch event {
        case .release(let server):
            release(server, actions: &actions)
        case .cancel(let ticket):
            queue.remove(ticket)
        case .check(let server, let outcome):
            check(server, outcome, actions: &actions)
        case .admin(let server, let state):
            guard let place = place(of: server), servers[place].admin != state else { return }
            servers[place].admin = state
            serversChanged(actions: &actions)
        case .expire:
            expire(now: now, actions: &actions)
        case .reconfigure(let newSettings, let site, let sites):
            settings = newSettings
            adoptServers(site: site, sites: sites)
            serversChanged(actions: &actions)
        }
    }

    // MARK: What is known

    /// nil: never was, or removed by a reload and without a request since.
    package func server(_ id: ServerID) -> ServerState? {
        place(of: id).map { servers[$0] }
    }

    /// Whether a fresh request would be taken or queued.
    package var isUsable: Bool { firstTier != nil }

    package var queued: Int { queue.count }

    /// Queued requests divided by the usable servers of the tier at hand, rounded up; twice the queue where there is none.
    package var averageQueue: Int {
        guard let firstTier else { return queue.count * 2 }
        let takers = usable[firstTier].count
        return (queue.count + takers - 1) / takers
    }

    /// When `PoolEvent.expire` is due; nil while nobody waits. The queue's timeout in force now counts, for those who wait already too.
    package var nextDeadline: MonotonicTime? {
        var earliest: MonotonicTime?
        for line in queue.lines.indices {
            guard let arrived = queue.first(line: line)?.arrived else { continue }
            if let known = earliest, known <= arrived { continue }
            earliest = arrived
        }
        return earliest.map { $0 + settings.queue.timeout }
    }

    // MARK: Choosing

    private func tier(without tried: TriedServers) -> Int? {
        if tried.isEmpty { return firstTier }
        for tier in usable.indices {
            for place in usable[tier] where !tried.contains(servers[place].id) { return tier }
        }
        return nil
    }

    private mutating func choose(tier: Int, without tried: TriedServers) -> Assignment? {
        let place =
            switch settings.balance {
            case .roundRobin: RoundRobin.choose(from: usable[tier], without: tried, servers: &servers)
            case .leastConnections, .random, .hash: LeastConnections.choose(from: usable[tier], without: tried, servers: servers)
            }
        return place.flatMap { takeSlot($0) }
    }

    private mutating func takeSlot(_ place: Int) -> Assignment? {
        guard let index = servers[place].index else { return nil }
        choices += 1
        servers[place].inUse += 1
        servers[place].lastChosen = choices
        return Assignment(server: servers[place].id, serverIndex: index, tier: servers[place].tier)
    }

    // MARK: Slots given back

    private mutating func release(_ server: ServerID, actions: inout [PoolAction]) {
        guard let place = place(of: server) else {
            assertionFailure("a slot was given back that nobody held")
            return
        }
        assert(servers[place].inUse > 0, "a slot was given back twice")
        servers[place].inUse = max(0, servers[place].inUse - 1)
        guard servers[place].index != nil else {
            if servers[place].inUse == 0 {
                servers.remove(at: place)
                rebuildUsable()
            }
            return
        }
        guard queue.count > 0, servers[place].isUsable else { return }
        while servers[place].hasFreeSlot, let line = earliestLine(for: place), let assignment = takeSlot(place) {
            actions.append(.assigned(queue.removeFirst(line: line), assignment))
        }
    }

    /// The line that this server may serve and whose first ticket came first.
    private func earliestLine(for place: Int) -> Int? {
        var best: Int?
        var bestOrder = UInt64.max
        for line in queue.lines.indices {
            guard let first = queue.first(line: line), first.order < bestOrder else { continue }
            guard queue.lines[line].tier == servers[place].tier, !queue.lines[line].tried.contains(servers[place].id) else { continue }
            best = line
            bestOrder = first.order
        }
        return best
    }

    private mutating func expire(now: MonotonicTime, actions: inout [PoolAction]) {
        for line in queue.lines.indices {
            while let arrived = queue.first(line: line)?.arrived, arrived + settings.queue.timeout <= now {
                actions.append(.refused(queue.removeFirst(line: line), .queueTimeout))
            }
        }
    }

    // MARK: Servers come and go

    private mutating func check(_ server: ServerID, _ outcome: CheckOutcome, actions: inout [PoolAction]) {
        guard let place = place(of: server), servers[place].index != nil else { return }
        let kind: HealthChange.Kind
        let change = servers[place].health.record(outcome)
        switch change {
        case .none: return
        case .failing: kind = .failing
        case .passing: kind = .passing
        case .down: kind = .down
        case .up: kind = .up
        }
        if kind == .up || kind == .down { rebuildUsable() }
        actions.append(.healthChanged(server, healthChange(kind, outcome, place: place)))
        if kind == .up || kind == .down { serveQueue(actions: &actions) }
    }

    private func healthChange(_ kind: HealthChange.Kind, _ outcome: CheckOutcome, place: Int) -> HealthChange {
        let state = servers[place]
        var active = 0
        var backups = 0
        for tier in usable {
            for member in tier {
                if servers[member].settings.backup { backups += 1 } else { active += 1 }
            }
        }
        return HealthChange(
            kind: kind, outcome: outcome, progress: state.health.progress.current, progressOf: state.health.progress.of,
            isUp: state.health.isUp, activeLeft: active, backupsLeft: backups, inUse: state.inUse, queued: queue.count)
    }

    private mutating func serversChanged(actions: inout [PoolAction]) {
        rebuildUsable()
        serveQueue(actions: &actions)
    }

    /// After a change of usable servers or limits: moves each line to the tier that it waits for now, refuses those whom nothing can
    /// take any more, and hands out every free slot in the order of arrival.
    private mutating func serveQueue(actions: inout [PoolAction]) {
        guard queue.count > 0 else { return }
        var open: [Int] = []
        for line in queue.lines.indices where queue.lines[line].count > 0 {
            if let tier = tier(without: queue.lines[line].tried) {
                queue.setTier(tier, line: line)
                open.append(line)
            } else {
                while queue.lines[line].count > 0 { actions.append(.refused(queue.removeFirst(line: line), .noServer)) }
            }
        }
        while let candidate = earliest(of: open) {
            let line = queue.lines[open[candidate]]
            if let assignment = choose(tier: line.tier, without: line.tried) {
                actions.append(.assigned(queue.removeFirst(line: open[candidate]), assignment))
            } else {
                open.remove(at: candidate)
            }
        }
    }

    /// The place in `lines` of the line whose first ticket came first; nil when all are empty.
    private func earliest(of lines: [Int]) -> Int? {
        var best: Int?
        var bestOrder = UInt64.max
        for (position, line) in lines.enumerated() {
            guard let first = queue.first(line: line), first.order < bestOrder else { continue }
            best = position
            bestOrder = first.order
        }
        return best
    }

    mutating func newServerID() -> ServerID {
        defer { nextID += 1 }
        return ServerID(nextID)
    }
}
