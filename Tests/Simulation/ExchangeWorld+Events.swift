import Balancing
import Forwarding
import Model
import Settings

/// What happens to requests and servers, and what holds at all times.
extension ExchangeWorld {
    mutating func happen(to id: Int) throws(Violation) {
        guard let request = requests[id] else { return }
        if random.chance(3) { return try handle(random.one(of: .clientGone, .requestMalformed, .requestTimedOut, .clientTooSlow), id) }
        switch request.exchange.state {
        case .connecting:
            let isReady = request.isReused || random.chance(70)
            if isReady { return try handle(.connected, id) }
            try handle(random.one(of: .connectFailed(byTimeout: false), .connectFailed(byTimeout: true), .responseTimedOut, loss(id)), id)
        case .awaitingResponse: try wait(id)
        case .forwarding:
            if random.chance(80) { return try handle(.responseEnded, id) }
            try handle(random.one(of: loss(id), .responseMalformed, .responseTimedOut), id)
        case .queued, .ended:
            // Late: without effect, as all that is not for this state.
            try handle(random.one(of: .connected, loss(id), .responseEnded, .responseTimedOut, .serverDown(bodyAtHand: true)), id)
        case .delivering, .responding:
            try handle(random.chance(70) ? .delivered : random.one(of: .connected, loss(id), .responseTimedOut), id)
        case .idle, .readingHead, .readingContent, .seeking: break
        }
    }

    private mutating func wait(_ id: Int) throws(Violation) {
        switch random.next(100) {
        case 0..<40:
            requests[id]!.sentNow = true
            requests[id]!.sentEver = true
            if random.chance(10) { requests[id]!.bodyAtHand = false }
        case 40..<70:
            // An answer may come before anything was sent: a server that has enough.
            let isFailure = random.chance(20)
            requests[id]!.answerIsFailure = isFailure
            try handle(.responseBegan(isFailure: isFailure), id)
            requests[id]!.answerBegan = true
        case 70..<85: try handle(loss(id), id)
        case 85..<90: try handle(.responseMalformed, id)
        case 90..<95: try handle(.responseTimedOut, id)
        default: try handle(.serverDown(bodyAtHand: requests[id]!.bodyAtHand), id)
        }
    }

    private func loss(_ id: Int) -> ExchangeEvent {
        let request = requests[id]!
        return .lost(.init(sentAnything: request.sentNow, bodyAtHand: request.bodyAtHand, wasReused: request.isReused))
    }

    mutating func changePool() throws(Violation) {
        let pool = random.next(pools.count)
        let server = random.pick(pools[pool].servers)!.id
        switch random.next(20) {
        case 0..<14:
            let failure = CheckFailure(random.pick(CheckFailure.Cause.allCases)!, duration: random.milliseconds(5))
            try tell(pool, .check(server, random.chance(60) ? .passed(status: 200, duration: .zero) : .failed(failure)))
        case 14..<18: try tell(pool, .admin(server, random.one(of: .ready, .ready, .drain, .maint)))
        default:
            var settings = pools[pool].settings
            random.vary(&settings)
            try tell(pool, .reconfigure(settings, site: random.site(), sites: SeededGenerator.sites))
        }
    }

    // MARK: Invariants

    func checkCheaply() throws(Violation) {
        for (index, pool) in pools.enumerated() {
            try require(pool.inUse == held[index], "pool \(index): \(pool.inUse) slots, \(held[index]) held")
            try require(pool.repeatsInUse == heldByRepeats[index], "pool \(index): \(pool.repeatsInUse) repeats")
            try require(pool.queued == queued[index], "pool \(index): \(pool.queued) wait, not \(queued[index])")
        }
    }

    func checkWholly() throws(Violation) {
        var slots: [[ServerID: Int]] = Array(repeating: [:], count: pools.count)
        for request in requests.values {
            try request.check()
            if let slot = request.slot { slots[request.exchange.pool!.value][slot.server, default: 0] += 1 }
        }
        var answered: Set<Ticket> = []
        for message in mailbox {
            switch message {
            case .assigned(let ticket, let assignment, let pool):
                slots[pool][assignment.server, default: 0] += 1
                answered.insert(ticket)
            case .refused(let ticket, _): answered.insert(ticket)
            case .serverDown: break
            }
        }
        for (index, pool) in pools.enumerated() {
            for server in pool.servers {
                let held = slots[index][server.id] ?? 0
                try require(server.inUse == held, "pool \(index), \(server.name): \(server.inUse) slots, \(held) held")
            }
        }
        for request in requests.values {
            guard let ticket = request.ticket else { continue }
            try require(open.contains(ticket) != answered.contains(ticket), "nobody will answer \(ticket)")
        }
    }

    /// Everybody goes away, and nothing is left.
    mutating func finish() throws(Violation) {
        while !mailbox.isEmpty { try deliver(0) }
        for id in requests.keys.sorted() where requests[id]?.exchange.state != .ended { try handle(.clientGone, id) }
        while !mailbox.isEmpty { try deliver(0) }
        try checkWholly()
        for pool in pools {
            try require(pool.inUse == 0 && pool.repeatsInUse == 0 && pool.queued == 0, "slots or tickets are left")
        }
        try require(open.isEmpty && owners.isEmpty, "tickets are left")
    }
}
