import Model
import Settings

/// Which servers are there, and which are usable?
extension Pool {
    /// Brings `servers` in line with the settings. Same name and address: the same server, which keeps its ID, slots, health and
    /// operator's state, and returns if it was being removed. Anything else is a new server with a new ID that starts up.
    mutating func adopt(_ newSettings: PoolSettings, site: SiteName?, sites: [SiteSettings], newcomers: AdminState) {
        settings = newSettings
        adoptSticks()
        for place in servers.indices { servers[place].index = nil }
        for (index, entry) in settings.servers.enumerated() {
            if let place = servers.firstIndex(where: {
                $0.index == nil && $0.settings.name == entry.name && $0.settings.address == entry.address
            }) {
                adopt(entry, place)
                servers[place].index = index
            } else {
                var state = ServerState(id: newServerID(), settings: entry, health: HealthTracker(check: settings.check(of: entry)))
                state.index = index
                state.admin = newcomers
                servers.append(state)
            }
        }
        servers.removeAll { $0.index == nil && $0.inUse == 0 }
        let tiers = Tiers.order(servers: settings.servers, site: site, sites: sites, backups: settings.backups)
        let hasOtherTiers = tierCount != tiers.count
        tierCount = tiers.count
        activeTierCount = tiers.prefix { !settings.servers[$0[0]].backup }.count
        var tierOfIndex = Array(repeating: 0, count: settings.servers.count)
        for (tier, members) in tiers.enumerated() {
            for index in members { tierOfIndex[index] = tier }
        }
        for place in servers.indices {
            guard let index = servers[place].index else { continue }
            // Each tier has a round of its own.
            if hasOtherTiers || servers[place].tier != tierOfIndex[index] { servers[place].turn.next = nil }
            servers[place].tier = tierOfIndex[index]
        }
        hasInstances = settings.servers.contains(where: \.isInstance)
        tierIsLocal = tiers.map { members in
            let first = settings.servers[members[0]]
            return !first.isInstance && (first.site ?? site) == site
        }
        for line in queue.sharedLines { queue.setTier(0, line: line) }
        buildRings()
    }

    private mutating func adopt(_ entry: ServerSettings, _ place: Int) {
        let hadAgent = servers[place].settings.agentCheck != nil
        servers[place].settings = entry
        servers[place].health.adopt(settings.check(of: entry))
        if hadAgent, entry.agentCheck == nil { servers[place].agent = AgentOverrides() }
        if settings.outlier == nil { servers[place].outlier = OutlierTracker() }
        if (entry.slowstart ?? .zero) == .zero { endSlowStart(place) }
        if settings.load == .none { load(servers[place].id, nil) }
        servers[place].adoptLimits()
    }

    private mutating func adoptSticks() {
        guard let stick = settings.stick else {
            sticks = nil
            return
        }
        if sticks == nil { sticks = StickTable(size: stick.size, expire: stick.expire) }
        sticks?.resize(size: stick.size, expire: stick.expire)
        sticks?.share(stick.peers != nil)
    }

    mutating func buildRings() { balancer.buildRings(settings.balance, servers, tiers: tierCount) }

    // MARK: Usable

    /// Whether it may be used at all: in the settings, ready, up and not ejected. With weight 0 it still serves its sticks, as HAProxy.
    package func isFit(_ server: borrowing ServerState) -> Bool {
        server.index != nil && server.admin == .ready && server.isUp && server.outlier.ejectedUntil == nil
    }

    /// Finds the usable servers of each tier again, in the file's order: after every change of health, operator's state or settings.
    mutating func rebuildUsable(actions: inout [PoolAction]) {
        let wasUsable = firstTier != nil
        let wasPanicking = isPanicking
        for place in servers.indices { servers[place].isUsable = isFit(servers[place]) && servers[place].effectiveWeight > 0 }
        isPanicking = !servers.contains { $0.isUsable } && panics()
        usable = Array(repeating: [], count: tierCount)
        for place in servers.indices where servers[place].isUsable { usable[servers[place].tier].append(place) }
        for tier in usable.indices { usable[tier].sort { servers[$0].index ?? 0 < servers[$1].index ?? 0 } }
        reachableCount = usable.map { $0.count { servers[$0].breaker == .closed } }
        firstTier = usable.firstIndex { !$0.isEmpty }
        needsTick = servers.indices.filter(dependsOnTime)
        rankAll()
        reviewShares()
        let isUsable = firstTier != nil
        if isUsable, isPanicking, !wasPanicking {
            actions.append(.poolChanged(.panic))
        } else if isUsable != wasUsable || wasPanicking && !isPanicking {
            actions.append(.poolChanged(isUsable ? .up : .down))
        }
    }

    /// The last resort. A wrong check must not take the whole pool out: where no tier has a usable server, those that accept connections
    /// and only fail what the check asks, or were ejected, are used if they are at least `panic` percent of the pool.
    private mutating func panics() -> Bool {
        let enabled = servers.indices.filter { servers[$0].index != nil && servers[$0].admin == .ready && servers[$0].effectiveWeight > 0 }
        let candidates = enabled.filter { !servers[$0].agent.isDown && (servers[$0].health.isUp || servers[$0].health.failsSoftly) }
        guard settings.panic > 0, !candidates.isEmpty, candidates.count * 100 >= settings.panic * enabled.count else { return false }
        for place in candidates { servers[place].isUsable = true }
        return true
    }

    /// After the set of usable servers has changed.
    mutating func serversChanged(now: MonotonicTime, actions: inout [PoolAction]) {
        rebuildUsable(actions: &actions)
        serveAll(now: now, actions: &actions)
    }

    // MARK: Ranks

    private mutating func rankAll() {
        let kinds = Set(settings.servers.flatMap { $0.maxconn.limits.map(\.kind) }).sorted { $0.value < $1.value }
        let changed = kinds != balancer.limitedKinds
        balancer.reset(settings, servers: servers, tiers: tierCount, limitedKinds: kinds)
        if changed { queue.regroup(limitedKinds: kinds) }
        for place in servers.indices where servers[place].index != nil { balancer.update(place, &servers[place]) }
    }

    /// After anything but `isUsable` has changed for a server.
    mutating func rank(_ place: Int) {
        if servers[place].index != nil { balancer.update(place, &servers[place]) }
    }

    // MARK: Finding

    /// IDs ascend in `servers`, so a binary search finds one.
    func place(of id: ServerID) -> Int? {
        var low = 0
        var high = servers.count
        while low < high {
            let middle = (low + high) / 2
            if servers[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < servers.count && servers[low].id == id ? low : nil
    }

    /// Usable servers: active ones and backups.
    var left: (active: Int, backups: Int) {
        var active = 0
        var backups = 0
        for tier in usable {
            for member in tier {
                if servers[member].settings.backup { backups += 1 } else { active += 1 }
            }
        }
        return (active, backups)
    }
}
