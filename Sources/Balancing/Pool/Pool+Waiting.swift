import Model
import Settings

/// Which requests are queued, for which servers, and which is next?
extension Pool {
    // MARK: Queueing

    mutating func wait(
        _ request: PoolRequest, _ entry: PendingQueue.Entry, _ key: PendingQueue.Key, tier: Int, now: MonotonicTime
    ) -> Submission {
        guard request.mayQueue, queue.count < settings.queue.size else { return .refused(.queueFull) }
        if request.acceptsRetryAfter, wouldTimeOut(request.queueClass, now: now) { return .refused(.overloaded) }
        reviewClasses(now: now)
        queue.append(entry, key: key, tier: tier, isReady: !slots.isFull(entry.holder), now: now)
        reviewClasses(now: now)
        if let server = key.stickyServer, let place = place(of: server) {
            servers[place].waitingForThisServer += 1
            rank(place)
        }
        peakQueued = max(peakQueued, queue.count)
        return .queued
    }

    /// By the measured rate, a place at the end of its class's line would be served too late. What ended while none of the class was queued
    /// shows the demand, not the capacity: a herd after quiet times is queued. Requests over their share delay no others.
    private func wouldTimeOut(_ queueClass: QueueClass, now: MonotonicTime) -> Bool {
        let before = ready(queueClass)
        guard before > 0, activeClasses[queueClass.index], now - waitsSince[queueClass.index] >= CompletionRate.span else { return false }
        let rate = capacity(queueClass, now: now)
        guard rate > 0 else { return false }
        return Double(before + 1) / rate > Double(settings.queue.timeout.inMilliseconds) / 1000
    }

    /// Repeats have a share of the live requests, so that a failing server does not make the rest work twice; three are always allowed.
    var mayRepeat: Bool {
        guard settings.retry.budget > 0 else { return false }
        return repeatsInUse < max(3, (inUse + queue.count) * settings.retry.budget / 100)
    }

    // MARK: Serving

    /// A slot of this server may be free: assigns it.
    mutating func serve(_ place: Int, now: MonotonicTime, actions: inout [PoolAction]) {
        if queue.count > 0 { reviewClasses(now: now) }
        while queue.count > 0, servers[place].inUse < servers[place].slotLimit, let line = nextLine(for: place) {
            grant(line: line, place, now: now, actions: &actions)
        }
    }

    /// The line that this server may serve and whose turn it is.
    private func nextLine(for place: Int) -> Int? {
        let server = servers[place]
        var best: Int?
        if isFit(server) || server.isUsable {
            for line in queue.stickyLines[server.id] ?? [] {
                guard server.hasFreeSlot(queue.lines[line].key.kind), mayBeServed(line) else { continue }
                if best.map({ precedes(line, $0) }) ?? true { best = line }
            }
        }
        guard server.isUsable else { return best }
        for line in queue.sharedLines where queue.lines[line].tier >= server.tier {
            let key = queue.lines[line].key
            guard server.hasFreeSlot(key.kind), !key.tried.contains(server.id), isOpen(server.tier, to: key), mayBeServed(line) else {
                continue
            }
            if best.map({ precedes(line, $0) }) ?? true { best = line }
        }
        return best
    }

    /// It has a request within its share, and within the budget of repeats.
    private func mayBeServed(_ line: Int) -> Bool {
        let key = queue.lines[line].key
        if key.isRepeat, !mayRepeat { return false }
        return queue.next(line: line) != nil && !(key.isUnverified && slots.isUnverifiedFull)
    }

    /// Between classes by shares, within one by arrival.
    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let one = queue.lines[left].key.queueClass
        let other = queue.lines[right].key.queueClass
        if one != other, shares.isBefore(one, other) || shares.isBefore(other, one) { return shares.isBefore(one, other) }
        return queue.order(line: left) < queue.order(line: right)
    }

    private mutating func grant(line: Int, _ place: Int, now: MonotonicTime, actions: inout [PoolAction]) {
        let key = queue.lines[line].key
        guard let entry = queue.removeNext(line: line) else { return }
        shares.takesTurn(key.queueClass)
        if key.stickyServer != nil { servers[place].waitingForThisServer -= 1 }
        actions.append(
            .assigned(entry.ticket, take(place, for: entry, key, at: entry.place(now: now), isSticky: key.stickyServer != nil, now: now)))
    }

    // MARK: After changes

    /// Called when the set of usable servers or their limits changed. Tickets bound to a vanished sticky server join the shared lines, every
    /// line is assigned to its current tier, tickets that no usable server may take are refused, and free slots are handed out. Where no
    /// server is usable, all stay queued until one recovers.
    mutating func serveAll(now: MonotonicTime, actions: inout [PoolAction]) {
        guard queue.count > 0 else { return }
        releaseVanishedStickyLines()
        for line in queue.sharedLines {
            let mayWait = !queue.lines[line].key.isRepeat || settings.retry.budget > 0
            // The instance that sent a request here knows other servers for it.
            let mayStay = firstTier == nil && !queue.lines[line].key.staysHere
            if mayWait, let tier = mayStay ? 0 : waitingTier(of: line) {
                queue.setTier(tier, line: line)
            } else {
                // Retired with its last.
                while queue.lines[line].count > 0 { actions.append(.refused(queue.removeFirst(line: line).ticket, .noServer)) }
            }
        }
        handOut(now: now, actions: &actions)
    }

    /// A line stays in the tier that it has spilled to, as long as that has a server for it.
    private func waitingTier(of line: Int) -> Int? {
        let key = queue.lines[line].key
        guard let first = nearestTier(for: key) else { return nil }
        let tier = queue.lines[line].tier
        guard tier > first, tier < usable.count, hasUntried(tier, key.tried), isOpen(tier, to: key) else { return first }
        return tier
    }

    private mutating func releaseVanishedStickyLines() {
        for (server, lines) in queue.stickyLines {
            let place = place(of: server)
            // Without a budget no repeat is queued: it is released, to be refused.
            for line in lines where queue.lines[line].key.isRepeat && settings.retry.budget == 0 {
                releaseToShared(line: line, place, while: { _ in true })
            }
            if let place, settings.stick != nil, isFit(servers[place]) || servers[place].isUsable { continue }
            for line in lines { releaseToShared(line: line, place, while: { _ in true }) }
        }
    }

    /// The requests of a sticky server's line may go to any server, as long as `isDue` holds for the one that has waited longest.
    private mutating func releaseToShared(line: Int, _ place: Int?, while isDue: (PendingQueue.Entry) -> Bool) {
        guard let server = queue.lines[line].key.stickyServer else { return }
        // The last one frees the line, which may then be another's.
        while queue.lines[line].key.stickyServer == server, let longest = queue.longest(line: line), isDue(longest) {
            queue.releaseToShared(longest.ticket, tier: nearestTier(for: queue.lines[line].key) ?? 0)
            if let place { servers[place].waitingForThisServer -= 1 }
        }
        if let place { rank(place) }
    }

    mutating func handOut(now: MonotonicTime, actions: inout [PoolAction]) {
        reviewClasses(now: now)
        var open = queue.sharedLines
        for (server, lines) in queue.stickyLines {
            guard let place = place(of: server) else { continue }
            open += lines.filter { servers[place].hasFreeSlot(queue.lines[$0].key.kind) }
        }
        while let position = open.indices.min(by: { precedes(open[$0], open[$1]) }) {
            let line = open[position]
            if let place = slot(for: line) { grant(line: line, place, now: now, actions: &actions) } else { open.remove(at: position) }
            if position < open.count, open[position] == line, queue.lines[line].count == 0 { open.remove(at: position) }
        }
    }

    private mutating func slot(for line: Int) -> Int? {
        let key = queue.lines[line].key
        guard mayBeServed(line), let next = queue.next(line: line) else { return nil }
        guard let server = key.stickyServer else {
            return choose(upTo: queue.lines[line].tier, key, hash: next.hash)
        }
        return place(of: server).flatMap { servers[$0].hasFreeSlot(key.kind) ? $0 : nil }
    }

    // MARK: Time

    /// When `PoolEvent.tick` is due; nil while nothing depends on it. The current settings count for queued requests too.
    package var nextDeadline: MonotonicTime? {
        if !needsTick.isEmpty { return .zero }
        var earliest: MonotonicTime?
        for line in queue.sharedLines { note(&earliest, line, settings.queue.timeout) }
        // While no other server can take them they stay where they are.
        let patience = firstTier == nil ? settings.queue.timeout : min(settings.queue.timeout, settings.stick?.wait ?? .zero)
        for lines in queue.stickyLines.values { for line in lines { note(&earliest, line, patience) } }
        return earliest
    }

    private func note(_ earliest: inout MonotonicTime?, _ line: Int, _ patience: Duration) {
        guard let longest = queue.longest(line: line) else { return }
        earliest = min(earliest ?? .init(nanoseconds: .max), longest.arrived + patience)
    }

    /// Ends waits that have timed out.
    mutating func expire(now: MonotonicTime, actions: inout [PoolAction]) {
        for line in queue.sharedLines + queue.stickyLines.values.flatMap({ $0 }) {
            let stickyServer = queue.lines[line].key.stickyServer
            while queue.lines[line].count > 0, let longest = queue.longest(line: line), longest.arrived + settings.queue.timeout <= now {
                queue.remove(longest.ticket)
                actions.append(.refused(longest.ticket, .queueTimeout))
                if let stickyServer { leftStickyLine(of: stickyServer) }
            }
        }
        guard let stick = settings.stick, !queue.stickyLines.isEmpty, firstTier != nil else { return }
        for (server, lines) in queue.stickyLines {
            let place = place(of: server)
            // Where no other server is usable they stay.
            for line in lines where nearestTier(for: queue.lines[line].key) != nil {
                releaseToShared(line: line, place, while: { $0.arrived + stick.wait <= now })
            }
        }
        serveAll(now: now, actions: &actions)
    }

    /// A request that waited for this server has left the queue.
    mutating func leftStickyLine(of server: ServerID) {
        guard let place = place(of: server) else { return }
        servers[place].waitingForThisServer -= 1
        rank(place)
    }
}
