import Model
import Settings

/// Who waits, for whom, and who is next?
extension Pool {
    // MARK: Coming

    mutating func wait(
        _ request: PoolRequest, _ waiter: PendingQueue.Waiter, _ key: PendingQueue.Key, tier: Int, now: MonotonicTime
    ) -> Submission {
        guard request.mayQueue, queue.count < settings.queue.size else { return .refused(.queueFull) }
        if request.mayComeBack, wouldTimeOut(request.queueClass, now: now) { return .refused(.overloaded) }
        if queue.countByClass[request.queueClass.index] == 0 {
            waitsSince[request.queueClass.index] = now
            shares.begins(request.queueClass, others: QueueClass.allCases.filter { queue.countByClass[$0.index] > 0 })
        }
        queue.append(waiter, key: key, tier: tier, now: now)
        if let home = key.home, let place = place(of: home) {
            servers[place].stuck += 1
            rank(place)
        }
        peakQueued = max(peakQueued, queue.count)
        return .queued
    }

    /// By what is measured, a place at the end of its class's line comes too late. What ended while none of the class waited tells what was
    /// asked for, not what could be done: a herd after quiet times waits.
    private func wouldTimeOut(_ queueClass: QueueClass, now: MonotonicTime) -> Bool {
        guard queued(queueClass) > 0, now - waitsSince[queueClass.index] >= CompletionRate.span else { return false }
        let rate = capacity(queueClass, now: now)
        guard rate > 0 else { return false }
        return Double(queued(queueClass) + 1) / rate > Double(settings.queue.timeout.inMilliseconds) / 1000
    }

    /// Repeats have a share of the live requests, so that a failing server does not make the rest work twice; three may always be.
    var mayRepeat: Bool {
        guard settings.retry.budget > 0 else { return false }
        return repeatsInUse < max(3, (inUse + queue.count) * settings.retry.budget / 100)
    }

    // MARK: Being served

    /// A slot of this server may have come free: hands it out.
    mutating func serve(_ place: Int, now: MonotonicTime, actions: inout [PoolAction]) {
        while queue.count > 0, servers[place].inUse < servers[place].slotLimit, let line = nextLine(for: place) {
            grant(line: line, place, now: now, actions: &actions)
        }
    }

    /// The line that this server may serve and whose turn it is.
    private func nextLine(for place: Int) -> Int? {
        let server = servers[place]
        var best: Int?
        if isFit(server) || server.isUsable {
            for line in queue.homes[server.id] ?? [] {
                let key = queue.lines[line].key
                guard server.hasFreeSlot(key.kind), !key.isRepeat || mayRepeat else { continue }
                if best.map({ precedes(line, $0) }) ?? true { best = line }
            }
        }
        guard server.isUsable else { return best }
        for line in queue.shared where queue.lines[line].tier >= server.tier {
            let key = queue.lines[line].key
            guard server.hasFreeSlot(key.kind), !key.tried.contains(server.id), !key.isRepeat || mayRepeat else { continue }
            if best.map({ precedes(line, $0) }) ?? true { best = line }
        }
        return best
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
        let waiter = queue.removeFirst(line: line)
        shares.takesTurn(key.queueClass)
        if key.home != nil { servers[place].stuck -= 1 }
        actions.append(
            .assigned(waiter.ticket, take(place, for: waiter, key, at: waiter.place(now: now), isSticky: key.home != nil, now: now)))
    }

    // MARK: After changes

    /// Usable servers or limits have changed: those who wait for a server that is none any more wait for any, each line waits for the
    /// tier that is its now, those whom none of the usable servers can take are refused, and every free slot is handed out. Where no
    /// server is usable, all wait for one to come back.
    mutating func serveAll(now: MonotonicTime, actions: inout [PoolAction]) {
        guard queue.count > 0 else { return }
        leaveLostHomes()
        for line in queue.shared {
            let mayWait = !queue.lines[line].key.isRepeat || settings.retry.budget > 0
            if mayWait, let tier = firstTier == nil ? 0 : waitingTier(of: line) {
                queue.setTier(tier, line: line)
            } else {
                // Retired with its last.
                while queue.lines[line].count > 0 { actions.append(.refused(queue.removeFirst(line: line).ticket, .noServer)) }
            }
        }
        handOut(now: now, actions: &actions)
    }

    /// Where a line has spilled to it stays, as long as there is someone to wait for.
    private func waitingTier(of line: Int) -> Int? {
        let tried = queue.lines[line].key.tried
        guard let first = nearestTier(for: tried) else { return nil }
        let tier = queue.lines[line].tier
        guard tier > first, tier < usable.count, hasUntried(tier, tried) else { return first }
        return tier
    }

    private mutating func leaveLostHomes() {
        for (home, lines) in queue.homes {
            let place = place(of: home)
            // Without a budget no repeat waits for anything: it leaves, to be refused.
            for line in lines where queue.lines[line].key.isRepeat && settings.retry.budget == 0 {
                leaveHome(line: line, place, while: { _ in true })
            }
            if let place, settings.stick != nil, isFit(servers[place]) || servers[place].isUsable { continue }
            for line in lines { leaveHome(line: line, place, while: { _ in true }) }
        }
    }

    /// Those in a line for a server of their own wait for any, as long as `isDue` says so of the one that has waited longest.
    private mutating func leaveHome(line: Int, _ place: Int?, while isDue: (PendingQueue.Waiter) -> Bool) {
        guard let home = queue.lines[line].key.home else { return }
        // The last one to leave gives the line back, for whatever comes next.
        while queue.lines[line].key.home == home, let longest = queue.longest(line: line), isDue(longest) {
            queue.leaveHome(longest.ticket, tier: nearestTier(for: queue.lines[line].key.tried) ?? 0)
            if let place { servers[place].stuck -= 1 }
        }
        if let place { rank(place) }
    }

    mutating func handOut(now: MonotonicTime, actions: inout [PoolAction]) {
        var open = queue.shared
        for (home, lines) in queue.homes {
            guard let place = place(of: home) else { continue }
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
        guard !key.isRepeat || mayRepeat, let first = queue.first(line: line) else { return nil }
        guard let home = key.home else {
            return choose(upTo: queue.lines[line].tier, key, hash: first.hash)
        }
        return place(of: home).flatMap { servers[$0].hasFreeSlot(key.kind) ? $0 : nil }
    }

    // MARK: Time

    /// When `PoolEvent.tick` is due; nil while nothing depends on it. The settings in force now count, for those who wait already too.
    package var nextDeadline: MonotonicTime? {
        if !restless.isEmpty { return .zero }
        var earliest: MonotonicTime?
        for line in queue.shared { note(&earliest, line, settings.queue.timeout) }
        // While nobody else can take them they stay where they are.
        let patience = firstTier == nil ? settings.queue.timeout : min(settings.queue.timeout, settings.stick?.wait ?? .zero)
        for lines in queue.homes.values { for line in lines { note(&earliest, line, patience) } }
        return earliest
    }

    private func note(_ earliest: inout MonotonicTime?, _ line: Int, _ patience: Duration) {
        guard let longest = queue.longest(line: line) else { return }
        earliest = min(earliest ?? .init(nanoseconds: .max), longest.arrived + patience)
    }

    /// Ends waits whose time is over.
    mutating func expire(now: MonotonicTime, actions: inout [PoolAction]) {
        for line in queue.shared + queue.homes.values.flatMap({ $0 }) {
            let home = queue.lines[line].key.home
            while queue.lines[line].count > 0, let longest = queue.longest(line: line), longest.arrived + settings.queue.timeout <= now {
                queue.remove(longest.ticket)
                actions.append(.refused(longest.ticket, .queueTimeout))
                if let home { leftHome(home) }
            }
        }
        guard let stick = settings.stick, !queue.homes.isEmpty, firstTier != nil else { return }
        for (home, lines) in queue.homes {
            let place = place(of: home)
            // Who has nowhere else to go stays.
            for line in lines where nearestTier(for: queue.lines[line].key.tried) != nil {
                leaveHome(line: line, place, while: { $0.arrived + stick.wait <= now })
            }
        }
        serveAll(now: now, actions: &actions)
    }

    /// One that waited for this server is gone.
    mutating func leftHome(_ home: ServerID) {
        guard let place = place(of: home) else { return }
        servers[place].stuck -= 1
        rank(place)
    }
}
