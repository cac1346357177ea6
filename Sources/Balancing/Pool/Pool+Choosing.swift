import Model
import Settings

/// Which of the servers? Stick and tier; `Balancer` chooses within a tier.
extension Pool {
    /// What a request has in common with those of its line.
    func key(of request: PoolRequest) -> PendingQueue.Key {
        PendingQueue.Key(
            queueClass: request.queueClass, kind: limited(request.kind), tried: request.tried, isRepeat: request.attempt == .repeat,
            isUnverified: request.holder.map { !$0.isVerified } ?? false, staysHere: request.staysHere)
    }

    /// The kind where some server limits it; nil for others.
    func limited(_ kind: SlotKind) -> SlotKind? { balancer.limitedKinds.contains(kind) ? kind : nil }

    // MARK: Sticks

    /// The server that the request's stick names, where that can take it. A stick to one that is down, drained, ejected or gone breaks.
    mutating func stickyServer(for request: PoolRequest, now: MonotonicTime) -> Int? {
        guard !request.stickKey.isEmpty, let server = sticks?.find(request.stickKey, now: now), !request.tried.contains(server) else {
            return nil
        }
        guard let place = place(of: server), isFit(servers[place]) || servers[place].isUsable else {
            sticks?.remove(request.stickKey)
            return nil
        }
        return hasInstances ? stickyPlace(place, request) : place
    }

    /// The queue of a server belongs to its site's instance: a stick to one of another site is a stick to that site, whose instance has the
    /// same stick; and one of this site counts on the owner alone.
    private func stickyPlace(_ place: Int, _ request: PoolRequest) -> Int? {
        let isLocal = tierIsLocal[servers[place].tier]
        if request.staysHere { return isLocal ? place : nil }
        let local = tierIsLocal.firstIndex(of: true) ?? 0
        let instance = servers.indices.first { candidate in
            let server = servers[candidate]
            guard server.settings.isInstance, server.isUsable, server.breaker == .closed, !request.tried.contains(server.id) else {
                return false
            }
            return isLocal ? server.tier < local : server.settings.site == servers[place].settings.site
        }
        guard let instance else { return place }
        return isLocal ? nil : instance
    }

    /// nil: its sticky server has no free slot and it cannot wait for one, so it goes to another server.
    mutating func submit(
        _ request: PoolRequest, _ entry: PendingQueue.Entry, _ key: PendingQueue.Key, toStickyServer place: Int, isHeld: Bool,
        now: MonotonicTime
    ) -> Submission? {
        var key = key
        key.stickyServer = servers[place].id
        if !isHeld, !queue.hasReady(key, tier: 0), servers[place].hasFreeSlot(key.kind) {
            return .assigned(take(place, for: entry, key, at: entry.place, isSticky: true, now: now))
        }
        guard let stick = settings.stick, stick.wait > .zero, request.mayQueue, queue.count < settings.queue.size else { return nil }
        return wait(request, entry, key, tier: servers[place].tier, now: now)
    }

    // MARK: Tiers

    /// The tier that a request goes to: the first with a usable server on which it was not tried and whose circuit breaker is closed, or,
    /// where there is none, the first with a usable one; while its queue is above `locality.spill`, the next site's whose queue is not.
    /// Backups take no overflow of active servers.
    func tier(for key: PendingQueue.Key) -> Int? {
        guard let first = nearestTier(for: key) else { return nil }
        guard case .averageQueue(let limit) = settings.spill, first < activeTierCount, queue.count > 0, !key.staysHere else { return first }
        return (first..<activeTierCount).first { isReachable($0, key.tried) && averageQueue(tier: $0) <= limit } ?? first
    }

    func nearestTier(for key: PendingQueue.Key) -> Int? {
        guard let firstTier else { return nil }
        let tiers = firstTier..<max(firstTier, usable.count)
        return tiers.first { isOpen($0, to: key) && isReachable($0, key.tried) }
            ?? tiers.first { isOpen($0, to: key) && hasUntried($0, key.tried) }
    }

    /// Requests of other instances go to servers of this site alone.
    func isOpen(_ tier: Int, to key: PendingQueue.Key) -> Bool { !key.staysHere || tierIsLocal[tier] }

    /// It has a usable server with a closed circuit breaker that was not tried.
    private func isReachable(_ tier: Int, _ tried: TriedServers) -> Bool {
        // More servers than can have been tried: one of them was not.
        if reachableCount[tier] == 0 || tried.isEmpty || reachableCount[tier] > TriedServers.capacity { return reachableCount[tier] > 0 }
        return usable[tier].contains { servers[$0].breaker == .closed && !tried.contains(servers[$0].id) }
    }

    func hasUntried(_ tier: Int, _ tried: TriedServers) -> Bool {
        if usable[tier].isEmpty || tried.isEmpty || usable[tier].count > TriedServers.capacity { return !usable[tier].isEmpty }
        return usable[tier].contains { !tried.contains(servers[$0].id) }
    }

    private func averageQueue(tier: Int) -> Int {
        var waiting = 0
        for line in queue.sharedLines where queue.lines[line].tier == tier { waiting += queue.lines[line].count }
        return (waiting + usable[tier].count - 1) / usable[tier].count
    }

    // MARK: Balance

    /// A server with a free slot of the first tier that has one, up to `tier`.
    mutating func choose(upTo tier: Int, _ key: PendingQueue.Key, hash: UInt64) -> Int? {
        guard let firstTier, firstTier <= tier else { return nil }
        for candidate in firstTier...tier where !usable[candidate].isEmpty && isOpen(candidate, to: key) {
            if let place = balancer.choose(tier: candidate, key, hash: hash, servers: servers, usable: usable[candidate]) { return place }
        }
        return nil
    }
}
