import Balancing
import Model
import Settings

/// What holds at all times.
extension PoolWorld {
    /// After each event: checks each server, and waiting tickets if a slot is free.
    mutating func checkCheaply() throws(Violation) {
        try syncSlowStart(now, isTick: false)
        try require(pool.queued == model.waiting.count, "\(pool.queued) wait, \(model.waiting.count) should")
        try require(pool.inUse == held.count && model.inUse == held.count, "\(pool.inUse) slots are taken, \(held.count) held")
        try require(pool.repeatsInUse == model.repeatsInUse, "\(pool.repeatsInUse) repeats, \(model.repeatsInUse) should be")
        try require(pool.servers.count == model.servers.count, "a server is lost or was kept")
        try require(pool.isUsable == (model.standing != .down) && pool.isPanicking == (model.standing == .panic), "stands wrongly")
        for (place, server) in model.servers.enumerated() {
            let state = pool.servers[place]
            try require(state.id == server.id && state.index == server.index, "\(server.entry.name) is not in its place")
            try require(state.inUse == server.inUse, "\(server.entry.name): \(state.inUse) slots, held \(server.inUse)")
            try require(state.peak >= state.inUse, "\(server.entry.name): more slots than ever")
            try require(state.isUsable == server.isUsable, "\(server.entry.name): usable is \(state.isUsable)")
            try require(
                (state.breaker == .closed) == server.breaker.isClosed, "\(server.entry.name): \(state.breaker), not \(server.breaker)")
            try require(
                state.waitingForThisServer == server.waitingForThisServer,
                "\(server.entry.name): \(state.waitingForThisServer) wait for it, not \(server.waitingForThisServer)")
            if server.hasRoom, server.index != nil { try checkNobodyWaits(for: server) }
        }
        try checkDeadline()
    }

    /// No ticket waits while a slot is free for it; a repeat that the budget holds back is reconsidered when another one ends.
    private func checkNobodyWaits(for server: ServerModel) throws(Violation) {
        for waiter in model.waiting where model.mayTake(server, waiter) {
            let isHeld = waiter.isRepeat && (model.repeatsInUse >= 3 || model.settings.retry.budget == 0)
            try require(isHeld, "\(waiter) waits, but \(server.entry.name) has a slot free")
        }
    }

    private func checkDeadline() throws(Violation) {
        var earliest: MonotonicTime?
        let patience = model.standing == .down ? nil : model.settings.stick?.wait
        for waiter in model.waiting {
            let wait = waiter.stickyServer == nil ? nil : patience
            let deadline = waiter.arrived + min(model.settings.queue.timeout, wait ?? model.settings.queue.timeout)
            earliest = min(earliest ?? deadline, deadline)
        }
        let needsTick = model.servers.filter { $0.outlier.ejectedUntil != nil || $0.slowStartSince != nil || $0.breaker.openUntil != nil }
        if !needsTick.isEmpty { earliest = .zero }
        switch (earliest, pool.nextDeadline) {
        case (nil, nil): break
        case (let earliest?, let next?): try require(next <= earliest, "the next deadline is late")
        default:
            throw Violation(
                "the next deadline is \(String(describing: pool.nextDeadline)), not \(String(describing: earliest)): \(needsTick)")
        }
    }

    /// Slow start goes from a hundredth to the whole, in its time; the pool's percent is taken over after a look at it.
    mutating func syncSlowStart(_ at: MonotonicTime, isTick: Bool) throws(Violation) {
        for place in model.servers.indices {
            let server = model.servers[place]
            guard let since = server.slowStartSince, let time = server.entry.slowstart else { continue }
            guard isTick else {
                try require(
                    pool.servers[place].slowStartPercent == server.slowStartPercent,
                    "\(server.entry.name) has \(pool.servers[place].slowStartPercent)%")
                continue
            }
            let exact = Double((at - since).inNanoseconds) * 100 / Double(time.inNanoseconds)
            let expected = max(Double(server.slowStartPercent), min(100, exact))
            // The pool counts whole milliseconds.
            let slack = 1 + 200 / Double(max(1, time.inMilliseconds))
            let slowStartPercent = pool.servers[place].slowStartPercent
            try require(
                abs(Double(slowStartPercent) - expected) <= slack && (1...100).contains(slowStartPercent),
                "\(slowStartPercent)% where \(expected) are right")
            model.servers[place].slowStartPercent = slowStartPercent
            if slowStartPercent == 100 { model.servers[place].slowStartSince = nil }
        }
    }

    /// Every thousand events: all that can be seen.
    func checkWholly() throws(Violation) {
        for (place, server) in model.servers.enumerated() {
            let state = pool.servers[place]
            try require(state.settings == server.entry && state.admin == server.admin, "\(server.entry.name): old settings")
            try require(server.index == nil || state.isUp == server.isUp, "\(server.entry.name): up is \(state.isUp)")
            try require(state.outlier.ejectedUntil == server.outlier.ejectedUntil, "\(server.entry.name): ejection")
            try require(pool.server(server.id)?.id == server.id, "\(server.entry.name) is not found")
            try require(state.slotLimit == server.limit, "\(server.entry.name): limit \(state.slotLimit), not \(server.limit)")
            for kind in SeededGenerator.endpoints.map(SlotKind.init) {
                try require(state.inUse(kind) == server.inUseByKind[Int(kind.value)], "\(server.entry.name): slots by endpoint")
                try require(state.slotLimit(kind) == server.limit(kind), "\(server.entry.name): limits by endpoint")
            }
            let weight = server.weight * 256 * Double(server.slowStartPercent) / 100
            let isRight = weight == 0 ? state.effectiveWeight == 0 : abs(Double(state.effectiveWeight) - max(1, weight)) < 2
            try require(isRight, "\(server.entry.name): weight \(state.effectiveWeight)/256, not \(weight)")
            try require(
                server.waitingForThisServer == model.waiting.count { $0.stickyServer == server.id },
                "\(server.entry.name): the model miscounts")
            try require(server.index == nil || !server.isUsable || pool.usable[server.tier].contains(place), "\(server.entry.name): tier")
        }
        for queueClass in QueueClass.allCases {
            let waiting = model.waiting.count { $0.queueClass == queueClass }
            try require(pool.queued(queueClass) == waiting, "\(queueClass): \(pool.queued(queueClass)) wait, not \(waiting)")
        }
        let average = pool.averageQueue
        let isRight = model.settings.load == .jruby ? average >= model.averageQueue : average == model.averageQueue
        try require(isRight, "avg_queue \(average), not \(model.averageQueue)")
        try checkSticks()
    }

    private func checkSticks() throws(Violation) {
        try require((pool.sticks != nil) == (model.settings.stick != nil), "a table of sticks without reason")
        var sticks: [StickModel.Entry] = []
        pool.sticks?.forEach(now: now) { key, server, _ in
            sticks.append(StickModel.Entry(key: key, server: server, used: .zero))
            return false
        }
        let live = model.sticks.live(now: now).map { StickModel.Entry(key: $0.key, server: $0.server, used: .zero) }
        try require(sticks == live, "sticks \(sticks), not \(live)")
    }
}
