import Balancing
import Model
import Settings

/// One pool with its model, random events, and what must hold after each.
struct PoolWorld {
    private var random: SeededGenerator
    private var pool: Pool
    private var model: PoolModel
    private var now = MonotonicTime(nanoseconds: 1_000_000_000)
    /// Slots that requests hold now.
    private var held: [ServerID] = []
    private var nextSerial: UInt64 = 0
    private var nextName = 0
    /// Submitted and not ended yet, by the pool's own answers.
    private var open: Set<Ticket> = []
    private var actions: [PoolAction] = []
    private(set) var assignedFromQueue = 0

    static let siteNames = ["eie", "knossos", "louros", "zeta"].map(SiteName.init)
    static let sites = [
        SiteSettings(name: siteNames[0], near: [siteNames[1], siteNames[2]]),
        SiteSettings(name: siteNames[1], near: [siteNames[2], siteNames[0]]), SiteSettings(name: siteNames[2]),
    ]

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var settings = PoolSettings(name: "compilers", balance: random.chance(50) ? .roundRobin : .leastConnections)
        settings.queue = QueueSettings(size: random.pick([0, 1, 5, 40])!, timeout: .milliseconds(random.pick([1, 20, 200])!))
        settings.backups = random.chance(50) ? .all : .first
        if random.chance(80) { settings.check = CheckSettings(rise: 1 + random.next(3), fall: 1 + random.next(3)) }
        let site = random.chance(80) ? random.pick(PoolWorld.siteNames) : nil
        settings.servers = (0...random.next(8)).map { PoolWorld.entry("s\($0)", &random) }
        pool = Pool(settings: settings, site: site, sites: PoolWorld.sites)
        model = PoolModel(settings: settings, site: site, sites: PoolWorld.sites)
        self.random = random
        adoptIDs()
    }

    private static func entry(_ name: String, _ random: inout SeededGenerator) -> ServerSettings {
        ServerSettings(
            name: name, address: UpstreamAddress(host: "127.0.0.1", port: UInt16(random.next(2))),
            site: random.chance(70) ? random.pick(siteNames) : nil, backup: random.chance(25),
            weight: random.pick([0, 1, 1, 5, 50, 256])!, maxconn: MaxconnSettings(all: random.chance(90) ? 1 + random.next(4) : nil))
    }

    mutating func run(events: Int) throws(Violation) {
        for _ in 0..<events {
            try step()
            try checkInvariants()
        }
        try finish()
    }

    private mutating func step() throws(Violation) {
        now = now + .microseconds(random.next(2000))
        switch random.next(100) {
        case 0..<40: try submit()
        case 40..<75: try release()
        case 75..<80: try cancel()
        case 80..<85: try expire()
        case 85..<95: try check()
        case 95..<98: try admin()
        default: try reconfigure()
        }
    }

    // MARK: Events

    private mutating func submit() throws(Violation) {
        let ticket = Ticket(worker: UInt16(random.next(4)), serial: nextSerial)
        nextSerial += 1
        var tried: Set<ServerID> = []
        if random.chance(25) {
            for _ in 0...random.next(3) { if let server = random.pick(model.servers)?.id { tried.insert(server) } }
        }
        var request = PoolRequest(ticket: ticket)
        for server in tried.sorted() { request.tried.insert(server) }
        let answer = pool.submit(request, now: now)
        let takers = model.takers(without: tried)
        switch answer {
        case .assigned(let assignment):
            if model.settings.balance == .leastConnections {
                try require(model.isLeastLoaded(assignment, tried: tried), "not the least loaded")
            }
            try model.assign(tried: tried, assignment)
            held.append(assignment.server)
        case .queued:
            try require(!takers.isEmpty && model.freeTakers(without: tried).isEmpty, "queued for nothing")
            try require(model.waiting.count < model.settings.queue.size, "queued beyond the queue's size")
            model.waiting.append(PoolModel.Waiter(ticket: ticket, tried: tried, arrived: now))
            open.insert(ticket)
        case .refused(.noServer):
            try require(takers.isEmpty, "no_server, but there is one")
        case .refused(.queueFull):
            try require(!takers.isEmpty && model.freeTakers(without: tried).isEmpty, "queue_full, but a slot is free")
            try require(model.waiting.count >= model.settings.queue.size, "queue_full, but there is room")
        case .refused(let reason):
            throw Violation("refused with \(reason)")
        }
    }

    private mutating func release() throws(Violation) {
        guard !held.isEmpty else { return }
        let server = held.remove(at: random.next(held.count))
        guard let place = model.servers.firstIndex(where: { $0.id == server }) else { throw Violation("a server with a slot is gone") }
        model.servers[place].inUse -= 1
        model.dropGone()
        try handle(.release(server))
    }

    private mutating func cancel() throws(Violation) {
        // Sometimes one that does not wait (any more).
        guard let ticket = random.chance(80) ? random.pick(model.waiting)?.ticket : Ticket(worker: 0, serial: nextSerial / 2) else {
            return
        }
        if let index = model.waiting.firstIndex(where: { $0.ticket == ticket }) {
            model.waiting.remove(at: index)
            open.remove(ticket)
        }
        try handle(.cancel(ticket))
    }

    private mutating func expire() throws(Violation) {
        if random.chance(10) { now = now + .milliseconds(random.next(300)) }
        let due = model.waiting.filter { $0.arrived + model.settings.queue.timeout <= now }.count
        let before = model.waiting.count
        try handle(.expire)
        try require(before - model.waiting.count == due, "\(due) were due, \(before - model.waiting.count) went")
    }

    private mutating func check() throws(Violation) {
        guard let place = model.servers.indices.randomElement(using: &random), model.servers[place].index != nil else { return }
        let server = model.servers[place].id!
        let outcome: CheckOutcome =
            switch random.next(20) {
            case 0: .unresolved
            case 1...3: .resolved
            case 4..<10: .failed(CheckFailure(.layer7Timeout, duration: .zero))
            default: .passed(status: 200, duration: .zero)
            }
        let expected = model.check(place, outcome)
        try handle(.check(server, outcome))
        let told = actions.compactMap { action in
            if case .healthChanged(server, let change) = action, change.kind == .up || change.kind == .down { change.isUp } else { nil }
        }
        try require(told == (expected.map { [$0] } ?? []), "health \(told), expected \(String(describing: expected))")
    }

    private mutating func admin() throws(Violation) {
        guard let place = model.servers.indices.randomElement(using: &random) else { return }
        model.servers[place].admin = random.pick([.ready, .ready, .ready, .drain, .maint])!
        try handle(.admin(model.servers[place].id!, model.servers[place].admin))
    }

    private mutating func reconfigure() throws(Violation) {
        var settings = model.settings
        switch random.next(6) {
        case 0:
            settings.servers.append(PoolWorld.entry("n\(nextName)", &random))
            nextName += 1
        case 1 where settings.servers.count > 1: settings.servers.remove(at: random.next(settings.servers.count))
        case 2: settings.servers.shuffle(using: &random)
        case 3: settings.queue.timeout = .milliseconds(random.pick([1, 20, 200])!)
        case 4: settings.queue.size = random.pick([1, 5, 40])!
        default:
            let index = random.next(settings.servers.count)
            settings.servers[index] = PoolWorld.entry(settings.servers[index].name, &random)
        }
        let site = random.chance(90) ? model.site : random.pick(PoolWorld.siteNames)
        model.reconfigure(settings, site: site)
        actions.removeAll()
        pool.handle(.reconfigure(settings, site: site, sites: PoolWorld.sites), now: now, actions: &actions)
        adoptIDs()
        try judgeActions()
    }

    // MARK: Judging

    private mutating func handle(_ event: PoolEvent) throws(Violation) {
        actions.removeAll()
        pool.handle(event, now: now, actions: &actions)
        try judgeActions()
    }

    private mutating func judgeActions() throws(Violation) {
        for action in actions {
            switch action {
            case .assigned(let ticket, let assignment):
                guard let index = firstServable(), model.waiting[index].ticket == ticket
                else { throw Violation("\(ticket) was not the first that a free server could take") }
                try model.assign(tried: model.waiting[index].tried, assignment)
                model.waiting.remove(at: index)
                held.append(assignment.server)
                assignedFromQueue += 1
                try require(open.remove(ticket) != nil, "a ticket ended twice")
            case .refused(let ticket, let reason):
                guard let index = model.waiting.firstIndex(where: { $0.ticket == ticket }) else { throw Violation("refused, not waiting") }
                let waiter = model.waiting.remove(at: index)
                let isDue = waiter.arrived + model.settings.queue.timeout <= now
                let mayGo = reason == .queueTimeout ? isDue : reason == .noServer && model.takers(without: waiter.tried).isEmpty
                try require(mayGo, "refused with \(reason)")
                try require(open.remove(ticket) != nil, "a ticket ended twice")
            case .healthChanged: break
            }
        }
    }

    /// First come first served: the place of the first waiting ticket that a free server may take.
    private func firstServable() -> Int? {
        var blocked: Set<Set<ServerID>> = []
        for (index, waiter) in model.waiting.enumerated() where !blocked.contains(waiter.tried) {
            if !model.freeTakers(without: waiter.tried).isEmpty { return index }
            blocked.insert(waiter.tried)
        }
        return nil
    }

    private func checkInvariants() throws(Violation) {
        for tried in Set(model.waiting.map(\.tried)) {
            let takers = model.takers(without: tried)
            try require(!takers.contains { model.isFree(model.servers[$0]) }, "a ticket tried on \(tried) waits though a slot is free")
            try require(!takers.isEmpty, "a ticket tried on \(tried) waits for nobody")
        }
        try require(pool.queued == model.waiting.count && open.count == model.waiting.count, "the queue's length is wrong")
        try require(pool.servers.count == model.servers.count, "a server is lost or was kept")
        for server in model.servers {
            guard let id = server.id, let state = pool.server(id) else { throw Violation("\(server.entry.name) is not known") }
            try require(state.inUse == server.inUse, "\(server.entry.name): \(state.inUse) slots, held \(server.inUse)")
            try require(state.isUsable == model.isUsable(server), "\(server.entry.name): usable is \(state.isUsable)")
            try require(state.index == server.index && state.settings == server.entry, "\(server.entry.name): old settings")
        }
        let takers = model.takers(without: []).count
        let queue = model.waiting.count
        let average = takers == 0 ? queue * 2 : Int((Double(queue) / Double(takers)).rounded(.up))
        try require(pool.averageQueue == average, "avg_queue \(pool.averageQueue), expected \(average)")
        // They came in this order, and one timeout is for all.
        let deadline = model.waiting.first.map { $0.arrived + model.settings.queue.timeout }
        try require(pool.nextDeadline == deadline, "the next deadline is wrong")
    }

    /// All requests end, and nothing is left.
    private mutating func finish() throws(Violation) {
        while !held.isEmpty { try release() }
        now = now + .seconds(1)
        try expire()
        try checkInvariants()
        try require(open.isEmpty && pool.queued == 0, "tickets are left")
        try require(pool.servers.allSatisfy { $0.inUse == 0 && $0.index != nil }, "slots or removed servers are left")
    }

    private mutating func adoptIDs() {
        let known = Set(model.servers.compactMap(\.id))
        for place in model.servers.indices where model.servers[place].id == nil {
            model.servers[place].id = pool.servers.first { $0.index == model.servers[place].index && !known.contains($0.id) }?.id
        }
    }
}
