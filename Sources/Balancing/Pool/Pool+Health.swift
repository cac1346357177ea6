import Model
import Settings

/// Is this server healthy? Checks, the agent check, operator overrides, passive checks, and slow start after a recovery.
extension Pool {
    // MARK: Checks

    mutating func check(_ id: ServerID, _ outcome: CheckOutcome, now: MonotonicTime, actions: inout [PoolAction]) {
        guard let place = place(of: id), servers[place].index != nil else { return }
        apply(outcome, place, now: now, actions: &actions)
        if case .passed = outcome { changeBreaker(place, now: now, actions: &actions) { $0.checkPassed() } }
    }

    private mutating func apply(_ outcome: CheckOutcome, _ place: Int, now: MonotonicTime, actions: inout [PoolAction]) {
        let id = servers[place].id
        if isBusy(servers[place], outcome, now: now) {
            if !servers[place].isSlow { actions.append(.healthChanged(id, healthChange(.slow, outcome, place: place))) }
            servers[place].isSlow = true
            return
        }
        servers[place].isSlow = false
        let failedSoftly = servers[place].health.failsSoftly
        let kind: HealthChange.Kind
        let change = servers[place].health.record(outcome)
        // How it fails decides whether it may be used where no other is left.
        if change != .up, change != .down, failedSoftly != servers[place].health.failsSoftly { serversChanged(now: now, actions: &actions) }
        switch change {
        case .none: return
        case .failing: kind = .failing
        case .passing: kind = .passing
        case .down: kind = .down
        case .up: kind = .up
        }
        if kind == .up { beginSlowStart(place, now: now) }
        if kind == .up || kind == .down {
            var after: [PoolAction] = []
            rebuildUsable(actions: &after)
            actions.append(.healthChanged(id, healthChange(kind, outcome, place: place)))
            actions += after
            serveAll(now: now, actions: &actions)
        } else {
            actions.append(.healthChanged(id, healthChange(kind, outcome, place: place)))
        }
    }

    /// A check's time ran out, but requests were served meanwhile: busy, not dead.
    private func isBusy(_ server: borrowing ServerState, _ outcome: CheckOutcome, now: MonotonicTime) -> Bool {
        guard case .failed(let failure) = outcome, failure.cause.isTimeout, server.health.isUp else { return false }
        return server.lastServed > .zero && now - server.lastServed <= failure.duration
    }

    private func healthChange(_ kind: HealthChange.Kind, _ outcome: CheckOutcome, place: Int) -> HealthChange {
        let state = servers[place]
        return HealthChange(
            kind: kind, outcome: outcome, progress: state.health.progress.current, progressOf: state.health.progress.of,
            isUp: state.health.isUp, activeLeft: left.active, backupsLeft: left.backups, inUse: state.inUse, queued: queue.count)
    }

    // MARK: Overrides

    mutating func admin(_ id: ServerID, _ state: AdminState, byAgent: Bool, now: MonotonicTime, actions: inout [PoolAction]) {
        guard let place = place(of: id), servers[place].admin != state else { return }
        if servers[place].admin == .maint, state == .ready { beginSlowStart(place, now: now) }
        servers[place].admin = state
        change(place, .admin(state, byAgent: byAgent), now: now, actions: &actions)
    }

    /// The agent check's reply, or an operator's override in its place.
    mutating func adjust(_ id: ServerID, _ reply: AgentReply, byAgent: Bool, now: MonotonicTime, actions: inout [PoolAction]) {
        guard let place = place(of: id), servers[place].index != nil else { return }
        if let admin = reply.admin { self.admin(id, admin, byAgent: byAgent, now: now, actions: &actions) }
        if reply.weight != nil || reply.weightPercent != nil {
            weigh(
                place, reply.weight.map { min(max($0, 0), 256) }, percent: min(max(reply.weightPercent ?? 100, 0), 25_600), byAgent, now,
                &actions)
        }
        if let maxconn = reply.maxconn, maxconn != servers[place].agent.maxconn {
            servers[place].agent.maxconn = maxconn
            servers[place].adoptLimits()
            change(place, .maxconn(maxconn, byAgent: byAgent), now: now, actions: &actions)
        }
        guard let health = reply.health, (health == .down) != servers[place].agent.isDown else { return }
        servers[place].agent.isDown = health == .down
        if health == .up { beginSlowStart(place, now: now) }
        change(place, health == .down ? .agentDown(reply.description) : .agentUp, now: now, actions: &actions)
    }

    mutating func force(_ id: ServerID, isUp: Bool, now: MonotonicTime, actions: inout [PoolAction]) {
        guard let place = place(of: id), servers[place].health.check != nil, servers[place].health.isUp != isUp else { return }
        servers[place].health.force(isUp: isUp)
        if servers[place].health.isUp { beginSlowStart(place, now: now) }
        change(place, .forced(isUp: isUp), now: now, actions: &actions)
    }

    private mutating func weigh(
        _ place: Int, _ weight: Int?, percent: Int, _ byAgent: Bool, _ now: MonotonicTime, _ actions: inout [PoolAction]
    ) {
        guard weight != servers[place].agent.weight || percent != servers[place].agent.weightPercent else { return }
        let ringWeight = servers[place].ringWeight
        servers[place].agent.weight = weight
        servers[place].agent.weightPercent = percent
        if servers[place].ringWeight != ringWeight { buildRings() }
        change(place, .weight((servers[place].effectiveWeight + 255) / 256, byAgent: byAgent), now: now, actions: &actions)
    }

    /// Reports a change that has been made, and acts on it.
    private mutating func change(_ place: Int, _ kind: ServerChange.Kind, now: MonotonicTime, actions: inout [PoolAction]) {
        var after: [PoolAction] = []
        rebuildUsable(actions: &after)
        let change = ServerChange(
            kind: kind, activeLeft: left.active, backupsLeft: left.backups, inUse: servers[place].inUse, queued: queue.count)
        actions.append(.serverChanged(servers[place].id, change))
        actions += after
        serveAll(now: now, actions: &actions)
    }

    // MARK: Load

    /// Requests from other clients, by the server's own count, weigh as ours until the next report.
    mutating func load(_ id: ServerID, _ load: JRubyLoad?) {
        guard let place = place(of: id) else { return }
        servers[place].load = load
        servers[place].externalRequests = load.map { max(0, $0.jrubies - $0.free + $0.waiting - servers[place].inUse) } ?? 0
        rank(place)
    }

    // MARK: Passive checks

    /// A request on this server has ended.
    mutating func recordPassiveCheck(
        _ place: Int, _ verdict: Verdict, _ queueClass: QueueClass, now: MonotonicTime, actions: inout [PoolAction]
    ) {
        let failures = servers[place].outlier.record(verdict, queueClass)
        guard failures > 0, servers[place].index != nil else { return }
        if servers[place].health.check != nil { actions.append(.checkSoon(servers[place].id)) }
        guard let outlier = settings.outlier, servers[place].outlier.isDue(failures, outlier), servers[place].isUp,
            mayEject(place, outlier)
        else { return }
        let time = servers[place].outlier.eject(outlier, now: now)
        change(place, .ejected(time, failures: failures), now: now, actions: &actions)
    }

    /// Never the last usable one: a response now and then is better than none.
    private func mayEject(_ place: Int, _ outlier: OutlierSettings) -> Bool {
        let ejected = needsTick.reduce(0) { $0 + (servers[$1].outlier.ejectedUntil == nil ? 0 : 1) }
        guard (ejected + 1) * 100 <= outlier.atMost * settings.servers.count else { return false }
        return usable.contains { $0.contains { $0 != place } }
    }

    // MARK: Time

    mutating func tick(now: MonotonicTime, actions: inout [PoolAction]) {
        advanceSlowStarts(now: now, actions: &actions)
        for id in needsTick.map({ servers[$0].id }) {
            guard let place = place(of: id) else { continue }
            changeBreaker(place, now: now, actions: &actions) { $0.timePasses(now: now) }
            if let until = servers[place].outlier.ejectedUntil, until <= now {
                servers[place].outlier.returnToService(now: now)
                change(place, .returned, now: now, actions: &actions)
            }
        }
        expire(now: now, actions: &actions)
        sticks?.expire(now: now, limit: 256)
    }

    /// A server that recovers starts with a hundredth of its weight and maxconn (HAProxy's slow start).
    private mutating func beginSlowStart(_ place: Int, now: MonotonicTime) {
        guard let time = servers[place].settings.slowstart, time > .zero else { return }
        servers[place].slowStartSince = now
        servers[place].slowStartPercent = 1
        servers[place].adoptLimits()
    }

    mutating func endSlowStart(_ place: Int) {
        servers[place].slowStartSince = nil
        servers[place].slowStartPercent = 100
        servers[place].adoptLimits()
    }

    /// All of them, then what they make room for: shares are of all slots together.
    private mutating func advanceSlowStarts(now: MonotonicTime, actions: inout [PoolAction]) {
        let grown = needsTick.filter { advanceSlowStart($0, now: now) }
        if grown.isEmpty { return }
        let makesRoom = reviewShares()
        for place in grown {
            updateNeedsTick(place)
            serve(place, now: now, actions: &actions)
        }
        if makesRoom { handOut(now: now, actions: &actions) }
    }

    /// Whether it has more of its weight and maxconn now.
    private mutating func advanceSlowStart(_ place: Int, now: MonotonicTime) -> Bool {
        guard let since = servers[place].slowStartSince, let time = servers[place].settings.slowstart else { return false }
        let percent = Int((now - since).inMilliseconds * 100 / max(1, time.inMilliseconds))
        guard percent > servers[place].slowStartPercent else { return false }
        let weight = servers[place].effectiveWeight
        if percent < 100 { servers[place].slowStartPercent = percent } else { endSlowStart(place) }
        servers[place].adoptLimits()
        if servers[place].isUsable { balancer.weightChanged(by: servers[place].effectiveWeight - weight, tier: servers[place].tier) }
        rank(place)
        return true
    }
}
