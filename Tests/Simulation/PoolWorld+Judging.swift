import Balancing
import Model
import Settings

/// Is the pool's answer one that the contract allows?
extension PoolWorld {
    /// An answer to a submission that is right.
    enum Expectation {
        /// A slot of one of these; the one that the request sticks to.
        case assigned([Int], isSticky: Bool)
        /// It waits, for its own server or for a tier, as far as there is room to wait.
        case waits(stickyServer: ServerID?, tier: Int)
        case refused
    }

    /// Two where it depends on whether the live requests of the budget count the one that asks.
    mutating func expectations(_ request: PoolRequest, _ at: MonotonicTime) -> [Expectation] {
        let stickyServer = stickyServer(of: request, at)
        guard request.attempt == .repeat else { return [expectation(request, stickyServer, isHeld: false)] }
        if !model.mayRepeat(slack: 1) { return [expectation(request, stickyServer, isHeld: true)] }
        if model.mayRepeat(slack: -1) { return [expectation(request, stickyServer, isHeld: false)] }
        return [expectation(request, stickyServer, isHeld: true), expectation(request, stickyServer, isHeld: false)]
    }

    /// A usable stick wins over tiers, but not to a server that the request was tried on; a stick to one that is down, drained, ejected
    /// or gone breaks.
    private mutating func stickyServer(of request: PoolRequest, _ at: MonotonicTime) -> Int? {
        if request.attempt == .repeat, model.settings.retry.budget == 0 { return nil }
        guard !request.stickKey.isEmpty, let id = model.sticks.find(request.stickKey, now: at), !request.tried.contains(id) else {
            return nil
        }
        if let place = model.place(id), model.servers[place].isFit || model.servers[place].isUsable { return place }
        model.sticks.remove(request.stickKey)
        return nil
    }

    private func expectation(_ request: PoolRequest, _ stickyServer: Int?, isHeld: Bool) -> Expectation {
        if isHeld, model.settings.retry.budget == 0 { return .refused }
        if let stickyServer {
            if !isHeld, !model.isOverShare(request.holder), model.servers[stickyServer].hasRoom(for: request.kind) {
                return .assigned([stickyServer], isSticky: true)
            }
            if mayWait(request), model.settings.stick!.wait > .zero { return .waits(stickyServer: model.servers[stickyServer].id, tier: 0) }
        }
        guard let tier = model.tier(request.tried) else {
            let mayWait = request.attempt != .first || model.settings.queue.withoutServer == .wait
            return model.standing == .down && mayWait ? .waits(stickyServer: nil, tier: 0) : .refused
        }
        if isHeld { return .waits(stickyServer: nil, tier: tier) }
        let waiter = waiter(request, stickyServer: nil, tier: tier)
        let takers = model.servers.indices.filter { model.mayTake(model.servers[$0], waiter) }
        guard let nearest = takers.map({ model.servers[$0].tier }).min() else { return .waits(stickyServer: nil, tier: tier) }
        return .assigned(takers.filter { model.servers[$0].tier == nearest }, isSticky: false)
    }

    private func mayWait(_ request: PoolRequest) -> Bool { request.mayQueue && model.waiting.count < model.settings.queue.size }

    private func waiter(_ request: PoolRequest, stickyServer: ServerID?, tier: Int) -> PoolModel.Waiter {
        PoolModel.Waiter(
            ticket: request.ticket, kind: request.kind, queueClass: request.queueClass, tried: request.tried,
            isRepeat: request.attempt == .repeat, holder: request.holder, stickKey: request.stickKey,
            order: request.place?.order ?? nextOrder,
            arrived: latestArrival - (request.place?.waited ?? .zero), stickyServer: stickyServer, tier: tier)
    }

    // MARK: Submissions

    mutating func judge(
        _ answer: Submission, to request: PoolRequest, among expectations: [Expectation], _ at: MonotonicTime
    ) throws(Violation) {
        for expectation in expectations {
            switch (expectation, answer) {
            case (.assigned(let takers, let isSticky), .assigned(let assignment)):
                try judge(assignment, to: request, takers, isSticky: isSticky, at)
            case (.waits(let stickyServer, let tier), .queued):
                try require(mayWait(request), "queued beyond the queue's size")
                wait(request, stickyServer, tier, at)
            case (.waits, .refused(.queueFull)):
                try require(!mayWait(request), "queue_full, but there is room")
            case (.waits, .refused(.overloaded)):
                try require(request.acceptsRetryAfter && wouldTimeOut(request, at), "overloaded, but it is not")
            case (.refused, .refused(.noServer)): break
            default: continue
            }
            return
        }
        throw Violation("\(answer) where \(expectations) was right")
    }

    private func wouldTimeOut(_ request: PoolRequest, _ at: MonotonicTime) -> Bool {
        let capacity = pool.capacity(request.queueClass, now: at)
        let before = model.waiting.count { $0.queueClass == request.queueClass }
        return capacity > 0 && .milliseconds(Double(before + 1) / capacity * 1000) > model.settings.queue.timeout
    }

    private mutating func wait(_ request: PoolRequest, _ stickyServer: ServerID?, _ tier: Int, _ at: MonotonicTime) {
        latestArrival = max(latestArrival, at)
        let waiter = waiter(request, stickyServer: stickyServer, tier: tier)
        model.waiting.insert(waiter, at: model.waiting.firstIndex { $0.order > waiter.order } ?? model.waiting.count)
        if let stickyServer, let place = model.place(stickyServer) { model.servers[place].waitingForThisServer += 1 }
        if model.isOverShare(request.holder) { counts.overShare += 1 }
        if stickyServer == nil, tier != model.nearestTier(request.tried) { counts.spills += 1 }
    }

    private mutating func judge(
        _ assignment: Assignment, to request: PoolRequest, _ takers: [Int], isSticky: Bool, _ at: MonotonicTime
    ) throws(Violation) {
        guard let place = model.place(assignment.server), takers.contains(place) else {
            throw Violation("assigned to \(assignment), not to one of \(takers.map { model.servers[$0].entry.name })")
        }
        try require(assignment.isSticky == isSticky, "isSticky is wrong")
        if !isSticky, model.settings.balance == .leastConnections {
            let keys = takers.map { key(model.servers[$0]) }
            try require(key(model.servers[place]) <= keys.min()! * 1.000_001, "not the least loaded: \(keys)")
        }
        if !isSticky, model.settings.balance == .first {
            try require(takers.allSatisfy { model.servers[place].index! <= model.servers[$0].index! }, "not the first with a free slot")
        }
        if request.attempt == .repeat { try require(model.mayRepeat(slack: 1), "a repeat beyond the budget") }
        try require(assignment.place.waited == request.place?.waited ?? .zero, "it did not wait")
        try take(place, waiter(request, stickyServer: nil, tier: 0), assignment, at)
    }

    /// HAProxy's leastconn: 0 when idle, else (requests + 1) / weight, the queue counted.
    private func key(_ server: ServerModel) -> Double {
        let requests = server.inUse + server.waitingForThisServer + server.externalRequests
        return requests == 0 ? 0 : Double(requests + 1) / Double(pool.server(server.id)!.effectiveWeight)
    }

    private mutating func take(
        _ place: Int, _ waiter: PoolModel.Waiter, _ assignment: Assignment, _ at: MonotonicTime
    ) throws(Violation) {
        let server = model.servers[place]
        try require(assignment.serverIndex == server.index && assignment.tier == server.tier, "not where the server is: \(assignment)")
        try require(
            assignment.kind == waiter.kind && assignment.queueClass == waiter.queueClass && assignment.isRepeat == waiter.isRepeat
                && assignment.holder == waiter.holder && assignment.began == at, "not what was asked for: \(assignment)")
        try require(assignment.place.order == waiter.order, "lost its place")
        try require(assignment.isTrial == model.servers[place].breaker.take(), "\(server.entry.name) is on trial, or is not")
        model.servers[place].take(waiter.kind)
        model.inUse += 1
        if waiter.isRepeat { model.repeatsInUse += 1 }
        if let holder = waiter.holder { model.holders.append(holder) }
        model.sticks.store(waiter.stickKey, server.id, now: at)
        held.append(assignment)
    }

    // MARK: Actions

    /// - Parameter isTick: returns and ends of waits happen in between.
    mutating func judgeActions(_ at: MonotonicTime, isTick: Bool = false) throws(Violation) {
        var told: [Notice] = []
        for action in actions {
            if let notice = Notice(action) { told.append(notice) }
            switch action {
            case .assigned(let ticket, let assignment): try judgeGrant(ticket, assignment, at, isTick: isTick)
            case .refused(let ticket, let reason): try judgeRefusal(ticket, reason, at, isTick: isTick)
            case .serverChanged(let id, let change) where change.kind == .returned: try returnToService(id, at, isTick: isTick)
            default: break
            }
        }
        try require(told == expected, "told \(told), expected \(expected)")
        expected.removeAll(keepingCapacity: true)
    }

    private mutating func returnToService(_ id: ServerID, _ at: MonotonicTime, isTick: Bool) throws(Violation) {
        guard isTick, let place = model.place(id), let until = model.servers[place].outlier.ejectedUntil, until <= at else {
            throw Violation("\(id) came back too early")
        }
        model.servers[place].outlier.returnToService(now: at)
        expected.append(.returned(id))
        review()
    }

    private mutating func judgeGrant(_ ticket: Ticket, _ assignment: Assignment, _ at: MonotonicTime, isTick: Bool) throws(Violation) {
        guard let index = model.waiting.firstIndex(where: { $0.ticket == ticket }) else { throw Violation("\(ticket) does not wait") }
        guard let place = model.place(assignment.server) else { throw Violation("assigned to nobody") }
        var waiter = model.waiting[index]
        let server = model.servers[place]
        if isTick, !assignment.isSticky, leavesStickyServer(index, at) {
            model.releaseToShared(index)
            waiter = model.waiting[index]
        }
        try require(model.mayTake(server, waiter), "\(waiter) was not for \(server.entry.name) \(assignment)")
        try require(assignment.isSticky == (waiter.stickyServer != nil), "isSticky is wrong")
        if waiter.isRepeat { try require(model.mayRepeat(slack: 1), "a repeat beyond the budget") }
        // First come first served, within a class.
        for earlier in model.waiting[..<index] where earlier.queueClass == waiter.queueClass && model.mayTake(server, earlier) {
            try require(earlier.isRepeat && model.repeatsInUse >= 3, "\(ticket) was served before \(earlier)")
        }
        if model.waiting[..<index].contains(where: { model.isOverShare($0.holder) }) { counts.passedOverShare += 1 }
        leave(index)
        let waited = assignment.place.waited
        try require(waited >= .zero && waited >= at - waiter.arrived, "waited \(at - waiter.arrived), not \(waited)")
        counts.fromQueue += 1
        if waiter.stickyServer != nil { counts.toOwnServer += 1 }
        if waiter.isRepeat { counts.repeats += 1 }
        try take(place, waiter, assignment, at)
    }

    private mutating func judgeRefusal(_ ticket: Ticket, _ reason: Reason, _ at: MonotonicTime, isTick: Bool) throws(Violation) {
        guard let index = model.waiting.firstIndex(where: { $0.ticket == ticket }) else { throw Violation("\(ticket) does not wait") }
        if isTick, reason == .noServer, leavesStickyServer(index, at) { model.releaseToShared(index) }
        let waiter = model.waiting[index]
        switch reason {
        case .queueTimeout:
            try require(isTick && waiter.arrived + model.settings.queue.timeout <= at, "\(ticket) timed out too early")
            counts.timedOut += 1
        case .noServer:
            let isOver = waiter.isRepeat && model.settings.retry.budget == 0
            try require(
                isOver || waiter.stickyServer == nil && (model.standing != .down && model.nearestTier(waiter.tried) == nil),
                "no_server, but there is one")
        default: throw Violation("\(ticket) was refused with \(reason)")
        }
        leave(index)
    }
}
