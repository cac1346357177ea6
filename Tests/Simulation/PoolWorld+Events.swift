import Balancing
import Model
import Settings

/// What happens: each event goes to the model, then to the pool, whose answer is judged.
extension PoolWorld {
    mutating func submit() throws(Violation) {
        var request = PoolRequest(ticket: Ticket(worker: UInt16(random.next(4)), serial: nextSerial))
        nextSerial += 1
        request.kind = SlotKind(random.pick(SeededGenerator.endpoints)!)
        request.queueClass = random.pick(QueueClass.allCases)!
        if random.chance(90) { request.holder = random.pick(PoolWorld.holders)! }
        if random.chance(75) { request.stickKey = random.pick(PoolWorld.certnames)! }
        request.hash = HashRing.hash(request.stickKey)
        request.mayQueue = random.chance(95)
        request.acceptsRetryAfter = random.chance(20)
        if random.chance(25) {
            // None: every server was tried, and it begins again.
            for _ in 0..<random.next(4) { request.tried.insert(model.servers[random.next(model.servers.count)].id) }
            request.attempt = random.chance(60) ? .repeat : .redispatch
            if !failed.isEmpty { request.place = failed.remove(at: random.next(failed.count)) }
        }
        let at = clock()
        let answers = expectations(request, at)
        let answer = pool.submit(request, now: at)
        note("submit \(request) -> \(answer)")
        try judge(answer, to: request, among: answers, at)
        if request.place == nil { nextOrder += 1 }
    }

    mutating func release(_ index: Int) throws(Violation) {
        guard !held.isEmpty else { return }
        held.swapAt(index, held.count - 1)
        let assignment = held.removeLast()
        let verdict: Verdict = random.chance(weather.failures) ? random.one(of: .connectFailed, .responseFailed, .none) : .served
        let at = clock()
        guard let place = model.place(assignment.server) else { throw Violation("a server with a slot is gone") }
        try model.servers[place].give(assignment.kind)
        model.inUse -= 1
        if assignment.isRepeat { model.repeatsInUse -= 1 }
        if let place = model.holders.firstIndex(where: { $0 == assignment.holder }) { model.holders.remove(at: place) }
        if verdict == .served { model.servers[place].lastServed = at }
        model.servers[place].breaker.record(verdict, isTrial: assignment.isTrial, now: at)
        if verdict != .served { remember(assignment.place) }
        let isDue = model.servers[place].outlier.record(verdict, assignment.queueClass, model.settings.outlier)
        let server = model.servers[place]
        let isEjected = isDue && server.index != nil && server.isUp && mayEject(server.id)
        // A circuit breaker that closes and an ejection by the same result: the queue is reviewed once, after both.
        if !isEjected { review() }
        if server.index == nil { model.dropGone() }
        tell(.release(assignment, verdict), at)
        if server.index != nil, model.settings.check != nil, verdict == .connectFailed || verdict == .responseFailed {
            expected.append(.checkSoon(server.id))
        }
        if isEjected { try eject(place, at) }
        try judgeActions(at)
    }

    /// Some failed tries' places, to come again with.
    private mutating func remember(_ place: QueuePlace) {
        if failed.count < 8 { failed.append(place) } else { failed[random.next(8)] = place }
    }

    /// Its connection stands, which counts for a trial alone.
    mutating func connected() throws(Violation) {
        guard let assignment = held.filter(\.isTrial).first ?? random.pick(held), let place = model.place(assignment.server) else { return }
        let at = clock()
        model.servers[place].breaker.connected()
        review()
        tell(.connected(assignment.server), at)
        try judgeActions(at)
    }

    /// At most `at_most` of them, and never the last usable one.
    private func mayEject(_ id: ServerID) -> Bool {
        guard let outlier = model.settings.outlier else { return false }
        let ejected = model.servers.count { $0.outlier.ejectedUntil != nil }
        let isLast = !model.servers.contains { $0.isUsable && $0.id != id }
        return !isLast && (ejected + 1) * 100 <= outlier.atMost * model.settings.servers.count
    }

    private mutating func eject(_ place: Int, _ at: MonotonicTime) throws(Violation) {
        expected.append(.ejected(model.servers[place].id))
        for case .serverChanged(model.servers[place].id, let change) in actions {
            guard case .ejected(let time, _) = change.kind, let outlier = model.settings.outlier else { continue }
            try model.servers[place].outlier.eject(time, outlier, now: at)
        }
        review()
        counts.ejections += 1
    }

    mutating func cancel() throws(Violation) {
        // Sometimes one that does not wait (any more).
        let waiting = random.chance(80) ? random.pick(model.waiting)?.ticket : nil
        let ticket = waiting ?? Ticket(worker: 0, serial: nextSerial / 2)
        if let index = model.waiting.firstIndex(where: { $0.ticket == ticket }) { leave(index) }
        let at = clock()
        tell(.cancel(ticket), at)
        try judgeActions(at)
    }

    mutating func tick() throws(Violation) {
        let at = clock()
        tell(.tick, at)
        try syncSlowStart(at, isTick: true)
        for place in model.servers.indices { model.servers[place].breaker.timePasses(now: at) }
        try judgeActions(at, isTick: true)
        for server in model.servers { try require(server.outlier.ejectedUntil.map { $0 > at } ?? true, "ejected for too long") }
        for index in model.waiting.indices where leavesStickyServer(index, at) { model.releaseToShared(index) }
        for waiter in model.waiting {
            try require(waiter.arrived + model.settings.queue.timeout > at, "\(waiter.ticket) waits beyond its deadline")
        }
        model.sticks.expire(now: at)
    }

    /// It has waited long enough for its own server, and there are others.
    func leavesStickyServer(_ index: Int, _ at: MonotonicTime) -> Bool {
        let waiter = model.waiting[index]
        guard waiter.stickyServer != nil, let stick = model.settings.stick, waiter.arrived + stick.wait <= at else { return false }
        return model.nearestTier(waiter.tried) != nil
    }

    mutating func check() throws(Violation) {
        let place = random.next(model.servers.count)
        let outcome = checkOutcome()
        let at = clock()
        let server = model.servers[place]
        if server.index != nil, case .passed = outcome { model.servers[place].breaker.checkPassed() }
        if server.index != nil, !server.isBusy(outcome, now: at) {
            model.servers[place].health.record(outcome)
            let isUp = model.servers[place].health.isUp
            if isUp != server.health.isUp {
                expected.append(isUp ? .up(server.id) : .down(server.id))
                if isUp { model.servers[place].beginSlowStart(now: at) }
            }
            review()
        }
        tell(.check(server.id, outcome), at)
        try judgeActions(at)
    }

    private mutating func checkOutcome() -> CheckOutcome {
        let duration = random.milliseconds(5)
        guard random.chance(weather.failedChecks) else {
            return random.chance(20) ? .resolved : .passed(status: 200, duration: duration)
        }
        if random.chance(10) { return .unresolved }
        let cause = random.pick(CheckFailure.Cause.allCases)!
        let code = cause == .layer7Status || cause == .layer7Response && random.chance(50) ? 500 : nil
        return .failed(CheckFailure(cause, code: code, duration: duration))
    }

    mutating func admin() throws(Violation) {
        let place = random.next(model.servers.count)
        let state: AdminState = random.one(of: .ready, .ready, .ready, .drain, .maint)
        let at = clock()
        setAdmin(place, state, at)
        tell(.admin(model.servers[place].id, state), at)
        try judgeActions(at)
    }

    private mutating func setAdmin(_ place: Int, _ state: AdminState, _ at: MonotonicTime) {
        let old = model.servers[place].admin
        guard old != state else { return }
        expected.append(.admin(model.servers[place].id, state))
        model.servers[place].admin = state
        if old == .maint, state == .ready { model.servers[place].beginSlowStart(now: at) }
        review()
    }

    /// One word at a time, by the agent or by an operator in its place.
    mutating func adjust() throws(Violation) {
        let place = random.next(model.servers.count)
        guard model.servers[place].index != nil else { return }
        let isAgent = model.servers[place].entry.agentCheck != nil
        let id = model.servers[place].id
        let at = clock()
        let old = model.servers[place]
        var reply = AgentReply()
        switch random.next(5) {
        case 0:
            reply.weightPercent = random.one(of: 0, 1, 50, 100, 100, 200)
            (model.servers[place].agentWeight, model.servers[place].agentPercent) = (nil, reply.weightPercent!)
        case 1:
            reply.weight = random.one(of: 0, 1, 10, 256)
            (model.servers[place].agentWeight, model.servers[place].agentPercent) = (reply.weight, 100)
        case 2:
            reply.maxconn = random.one(of: 0, 1, 2, 5)
            model.servers[place].agentMaxconn = reply.maxconn
        case 3:
            reply.health = random.chance(70) ? .up : .down
            model.servers[place].isDownByAgent = reply.health == .down
        default:
            reply.admin = random.one(of: .ready, .ready, .drain, .maint)
            setAdmin(place, reply.admin!, at)
        }
        let new = model.servers[place]
        if old.agentWeight != new.agentWeight || old.agentPercent != new.agentPercent || old.agentMaxconn != new.agentMaxconn
            || old.isDownByAgent != new.isDownByAgent
        {
            expected.append(.agent(id))
            if old.isDownByAgent, !new.isDownByAgent { model.servers[place].beginSlowStart(now: at) }
            review()
        }
        tell(isAgent ? .agent(id, reply) : .adjust(id, reply), at)
        try judgeActions(at)
    }

    /// The runtime socket's words.
    mutating func operate() throws(Violation) {
        let place = random.next(model.servers.count)
        let server = model.servers[place]
        let at = clock()
        let key = random.pick(PoolWorld.certnames)!
        switch random.next(5) {
        case 0:
            let isUp = random.chance(60)
            if server.health.check != nil, server.health.isUp != isUp {
                model.servers[place].health.force(isUp: isUp)
                expected.append(.agent(server.id))
                if model.servers[place].health.isUp { model.servers[place].beginSlowStart(now: at) }
                review()
            }
            tell(.health(server.id, isUp: isUp), at)
        case 1:
            let age = random.chance(50) ? random.milliseconds(20) : .zero
            model.sticks.store(key, server.id, age: age, now: at)
            tell(.stick(key, server.id, age: age), at)
        case 2:
            model.sticks.remove(key)
            tell(.unstick(key), at)
        case 3:
            if random.chance(90) { return }
            model.sticks = StickModel(model.settings.stick)
            tell(.unstick(nil), at)
        default: tell(.clearPeaks, at)
        }
        try judgeActions(at)
    }

    mutating func load() throws(Violation) {
        guard model.settings.load == .jruby else { return }
        let place = random.next(model.servers.count)
        let jrubies = 1 + random.next(4)
        let load = random.chance(80) ? JRubyLoad(jrubies: jrubies, free: random.next(jrubies + 1), waiting: random.next(3)) : nil
        model.servers[place].externalRequests = load.map { max(0, $0.jrubies - $0.free + $0.waiting - model.servers[place].inUse) } ?? 0
        let at = clock()
        tell(.load(model.servers[place].id, load), at)
        try judgeActions(at)
    }

    mutating func reconfigure() throws(Violation) {
        var settings = model.settings
        if random.chance(60) {
            random.vary(&settings)
            // Counts of passes and failures mean something only beside the same rise and fall.
            if settings.check != nil, let known = checkSettings { settings.check = known }
            checkSettings = settings.check ?? checkSettings
        }
        settings.servers.removeAll { _ in random.chance(20) }
        for index in settings.servers.indices where random.chance(30) {
            let changed = random.server(settings.servers[index].name)
            settings.servers[index] = changed
        }
        while settings.servers.isEmpty || random.chance(40) && settings.servers.count < serverCount {
            settings.servers.append(random.server("s\(nextName % (serverCount + 3))x\(nextName)"))
            nextName += 1
        }
        settings.servers.shuffle(using: &random)
        let site = random.site()
        let at = clock()
        tell(.reconfigure(settings, site: site, sites: SeededGenerator.sites), at)
        let servers = pool.servers
        try model.adopt(settings, site: site) { index in servers.first { $0.index == index }?.id }
        review()
        try judgeActions(at)
    }

    // MARK: Telling

    private mutating func tell(_ event: PoolEvent, _ at: MonotonicTime) {
        actions.removeAll(keepingCapacity: true)
        pool.handle(event, now: at, actions: &actions)
        note("\(event) -> \(actions)")
    }

    /// After a change of the model's servers.
    mutating func review() {
        guard let change = model.review() else { return }
        expected.append(.pool(change))
        if change == .panic { counts.panics += 1 }
    }

    mutating func leave(_ index: Int) {
        let waiter = model.waiting.remove(at: index)
        if let stickyServer = waiter.stickyServer, let place = model.place(stickyServer) { model.servers[place].waitingForThisServer -= 1 }
    }
}
