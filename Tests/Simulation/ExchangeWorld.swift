import Balancing
import Forwarding
import Model
import Routing
import Settings

/// Several pools, some of which overflow to the next, and many exchanges with a tiny shell that does what their steps say, as the Engine
/// does: what a queue answers and what checks say of servers comes late, and may cross with a client that goes away.
struct ExchangeWorld {
    /// What is under way between the pools' threads and the requests' one.
    enum Message {
        case assigned(Ticket, Assignment, pool: Int)
        case refused(Ticket, Reason)
        case serverDown(ServerID, pool: Int)
    }

    var random: SeededGenerator
    var pools: [Pool]
    var requests: [Int: SimulatedRequest] = [:]
    var mailbox: [Message] = []
    /// Tickets that wait, by the pools' own answers.
    var open: Set<Ticket> = []
    /// Whose ticket it is.
    var owners: [Ticket: Int] = [:]
    /// By pool: slots that requests hold or that are under way to them, those of repeats, and tickets that wait.
    var held: [Int]
    var heldByRepeats: [Int]
    var queued: [Int]
    var now = MonotonicTime(nanoseconds: 1_000_000_000)
    var counts = Counts()
    private let isTracing: Bool
    private let mostRequests: Int
    private var actions: [PoolAction] = []
    private var nextSerial: UInt64 = 0
    private var nextRequest = 0

    init(seed: UInt64, isTracing: Bool) {
        var random = SeededGenerator(seed: ~seed)
        let count = 1 + random.next(6)
        let site = random.site()
        pools = (0..<count).map { index in
            var settings = random.pool("pool\(index)", servers: 1 + random.next(4))
            if index + 1 < count, random.chance(80) {
                let next = index + 1 + random.next(min(2, count - index - 1))
                settings.overflow = OverflowSettings(to: PoolIndex(next), averageQueueAbove: random.next(3))
            }
            return Pool(settings: settings, site: site, sites: SeededGenerator.sites, seed: seed)
        }
        held = Array(repeating: 0, count: count)
        (heldByRepeats, queued) = (held, held)
        mostRequests = 5 + random.next(60)
        self.random = random
        self.isTracing = isTracing
    }

    mutating func run(events: Int) throws(Violation) {
        for event in 1...events {
            now = now + .microseconds(random.next(2000))
            try step()
            try checkCheaply()
            if event % 1000 == 0 { try checkWholly() }
        }
        try finish()
    }

    private mutating func step() throws(Violation) {
        switch random.next(100) {
        case 0..<20: if requests.count < mostRequests { try begin() }
        case 20..<75: if let id = anyRequest() { try happen(to: id) }
        case 75..<88: if !mailbox.isEmpty { try deliver(random.chance(80) ? 0 : random.next(mailbox.count)) }
        case 88..<92: try tell(random.next(pools.count), .tick)
        default: try changePool()
        }
    }

    private mutating func anyRequest() -> Int? {
        guard nextRequest > 0, !requests.isEmpty else { return nil }
        // The numbers of those alive lie close together; a dictionary's order would not replay.
        for _ in 0..<64 {
            let id = nextRequest - 1 - random.next(min(nextRequest, 2 * mostRequests))
            if requests[id] != nil { return id }
        }
        return requests.keys.min()
    }

    private mutating func begin() throws(Violation) {
        let id = nextRequest
        nextRequest += 1
        var request = SimulatedRequest(
            kind: SlotKind(random.pick(SeededGenerator.endpoints)!), queueClass: random.pick(QueueClass.allCases)!,
            stickKey: random.pick(PoolWorld.certnames)!, isRepeatable: random.chance(60), attempts: random.next(4))
        let decision = Decision.forward(pool: PoolIndex(random.next(pools.count)), rule: RuleID(0))
        let step = request.exchange.decide(decision, isRepeatable: request.isRepeatable, attempts: request.attempts)
        requests[id] = request
        try apply(step, id, .none)
    }

    // MARK: The shell

    /// An event for a request, and what its exchange makes of it.
    mutating func handle(_ event: ExchangeEvent, _ id: Int) throws(Violation) {
        let verdict = requests[id]!.verdict(event)
        let step = requests[id]!.exchange.handle(event)
        note("\(id) \(event) -> \(step)")
        try apply(step, id, verdict)
    }

    private mutating func apply(_ step: ExchangeStep, _ id: Int, _ verdict: Verdict) throws(Violation) {
        try giveBack(step, id, verdict)
        try requests[id]!.judge(step.action)
        switch step.action {
        case .submit: try submit(id)
        case .connect(let fresh): requests[id]!.isReused = !fresh && random.chance(50)
        case .none, .send, .respond, .deliver, .cut, .finish, .abandon: break
        }
        guard let request = requests[id], request.exchange.state == .ended else { return }
        try request.check()
        // Some are kept for events that come late.
        if random.chance(70) {
            requests[id] = nil
            counts.ended += 1
        }
    }

    private mutating func giveBack(_ step: ExchangeStep, _ id: Int, _ verdict: Verdict) throws(Violation) {
        let pool = requests[id]!.exchange.pool!.value
        if let release = step.release {
            try require(release.assignment == requests[id]!.slot, "gives back a slot that it does not hold")
            try require(release.verdict == verdict, "says \(release.verdict) of the server, not \(verdict)")
            requests[id]!.slot = nil
            try self.release(release.assignment, release.verdict, pool)
        }
        if let server = step.connected {
            try require(
                requests[id]!.slot.map { $0.isTrial && $0.server == server } ?? false, "tells of a connection that nobody asked for")
            try tell(pool, .connected(server))
        }
        if step.cancelsTicket {
            guard let ticket = requests[id]!.ticket else { throw Violation("cancels without a ticket") }
            requests[id]!.ticket = nil
            owners[ticket] = nil
            // Its answer may be under way already.
            if open.remove(ticket) != nil { queued[pool] -= 1 }
            try tell(pool, .cancel(ticket))
        }
    }

    private mutating func release(_ assignment: Assignment, _ verdict: Verdict, _ pool: Int) throws(Violation) {
        held[pool] -= 1
        if assignment.isRepeat { heldByRepeats[pool] -= 1 }
        try tell(pool, .release(assignment, verdict))
    }

    private mutating func submit(_ id: Int) throws(Violation) {
        var request = requests[id]!
        let decided = request.exchange.pool!
        if request.exchange.attempt == .first { request.exchange.move(to: try overflowed(from: decided)) }
        let pool = request.exchange.pool!.value
        if request.exchange.attempt != .first { counts.triedAgain += 1 }
        requests[id] = request
        let ticket = Ticket(worker: 0, serial: nextSerial)
        nextSerial += 1
        let answer = pools[pool].submit(
            PoolRequest(
                ticket: ticket, kind: request.kind, queueClass: request.queueClass,
                holder: SlotHolder(request.stickKey, isVerified: request.isRepeatable), tried: request.exchange.tried,
                attempt: request.exchange.attempt, place: request.exchange.place, stickKey: request.stickKey,
                hash: HashRing.hash(request.stickKey)), now: now)
        note("\(id) submits \(ticket) to pool \(pool) -> \(answer)")
        switch answer {
        case .assigned(let assignment):
            take(assignment, pool)
            try hold(assignment, id)
        case .queued:
            open.insert(ticket)
            queued[pool] += 1
            owners[ticket] = id
            requests[id]!.ticket = ticket
            try handle(.queued, id)
        case .refused(let reason): try handle(.refused(reason), id)
        }
    }

    private mutating func take(_ assignment: Assignment, _ pool: Int) {
        held[pool] += 1
        if assignment.isRepeat { heldByRepeats[pool] += 1 }
    }

    private mutating func hold(_ assignment: Assignment, _ id: Int) throws(Violation) {
        try require(!requests[id]!.exchange.tried.contains(assignment.server), "sent to a server that has failed it")
        requests[id]!.slot = assignment
        requests[id]!.ticket = nil
        try handle(.assigned(assignment), id)
    }

    /// At most three hops, each away from a pool that is above its limit or has no usable server, to one that has.
    private mutating func overflowed(from start: PoolIndex) throws(Violation) -> PoolIndex {
        let pools = pools
        let end = Overflow.destination(
            from: start, settings: { pools[$0.value].settings.overflow }, averageQueue: { pools[$0.value].averageQueue },
            isUsable: { pools[$0.value].isUsable })
        func next(_ pool: PoolIndex) -> PoolIndex? {
            guard let overflow = pools[pool.value].settings.overflow, pools[overflow.to.value].isUsable else { return nil }
            let isCrowded = pools[pool.value].averageQueue > overflow.averageQueueAbove
            return isCrowded || !pools[pool.value].isUsable ? overflow.to : nil
        }
        var pool = start
        var hops = 0
        while hops < 3, let further = next(pool) { (pool, hops) = (further, hops + 1) }
        try require(pool == end, "overflows to \(end), not to \(pool)")
        if hops > 0 { counts.overflowed += 1 }
        return end
    }

    // MARK: Messages

    mutating func tell(_ pool: Int, _ event: PoolEvent) throws(Violation) {
        actions.removeAll(keepingCapacity: true)
        pools[pool].handle(event, now: now, actions: &actions)
        note("pool \(pool): \(event) -> \(actions)")
        for action in actions {
            switch action {
            case .assigned(let ticket, let assignment):
                try endWait(ticket, pool)
                take(assignment, pool)
                mailbox.append(.assigned(ticket, assignment, pool: pool))
            case .refused(let ticket, let reason):
                try endWait(ticket, pool)
                mailbox.append(.refused(ticket, reason))
            case .healthChanged(let server, let change):
                if change.kind == .down, change.isGone { mailbox.append(.serverDown(server, pool: pool)) }
            case .serverChanged, .poolChanged, .checkSoon: break
            }
        }
    }

    private mutating func endWait(_ ticket: Ticket, _ pool: Int) throws(Violation) {
        try require(open.remove(ticket) != nil, "\(ticket) ended twice, or after its cancel")
        queued[pool] -= 1
    }

    mutating func deliver(_ index: Int) throws(Violation) {
        switch mailbox.remove(at: index) {
        case .assigned(let ticket, let assignment, let pool):
            if let id = owners.removeValue(forKey: ticket) {
                try hold(assignment, id)
            } else {
                counts.crossed += 1
                try release(assignment, .none, pool)
            }
        case .refused(let ticket, let reason):
            guard let id = owners.removeValue(forKey: ticket) else { return }
            requests[id]!.ticket = nil
            try handle(.refused(reason), id)
        case .serverDown(let server, let pool):
            for id in requests.keys.sorted() {
                guard let request = requests[id], request.slot?.server == server, request.exchange.pool?.value == pool,
                    !request.answerBegan
                else { continue }
                try handle(.serverDown(bodyAtHand: request.bodyAtHand), id)
            }
        }
    }

    func note(_ text: @autoclosure () -> String) {
        if isTracing { print("\(now.nanoseconds / 1000) µs: \(text())") }
    }
}
