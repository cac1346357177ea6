import Balancing
import Model
import Settings

/// How requests spread over servers of different weight: what `balance` promises in the long run.
struct BalanceWorld {
    private var random: SeededGenerator
    private var pool: Pool
    private var taken: [Int]
    private var slots: [Assignment] = []
    private let now = MonotonicTime(nanoseconds: 1_000_000_000)
    private let isTracing: Bool

    init(seed: UInt64, isTracing: Bool) {
        random = SeededGenerator(seed: seed &* 3 &+ 1)
        var settings = PoolSettings(name: "compilers")
        settings.balance = random.one(of: .roundRobin, .random, .hash(.certname))
        settings.hashBalanceFactor = random.one(of: nil, 101, 125, 200)
        settings.stick = StickSettings(on: .certname)
        let weights = [[1, 1, 5, 50, 256], [1, 2, 3, 4, 5], [50]][random.next(3)]
        for index in 0..<(2 + random.next(random.chance(20) ? 30 : 7)) {
            settings.servers.append(
                ServerSettings(
                    name: "s\(index)", address: UpstreamAddress(host: "127.0.0.1", port: 1), weight: random.pick(weights)!))
        }
        pool = Pool(settings: settings, site: nil, sites: [], seed: seed)
        taken = Array(repeating: 0, count: settings.servers.count)
        self.isTracing = isTracing
    }

    mutating func run(events: Int) throws(Violation) {
        switch pool.settings.balance {
        case .roundRobin:
            try takeTurns(events / 2)
            try changeWeights()
            try takeTurns(events / 2, slack: 2)
        case .random: try draw(events)
        case .hash: try hash(events)
        case .leastConnections, .first: break
        }
    }

    private func weight(_ index: Int) -> Double { Double(pool.settings.servers[index].weight) }

    private var wholeWeight: Double { pool.settings.servers.indices.reduce(0) { $0 + weight($1) } }

    private mutating func submit(_ serial: Int, key: Int = 0, stick: [UInt8] = []) throws(Violation) -> Assignment {
        let key = Array("agent\(key).example".utf8)
        let request = PoolRequest(ticket: Ticket(worker: 0, serial: UInt64(serial)), stickKey: stick, hash: HashRing.hash(key))
        guard case .assigned(let assignment) = pool.submit(request, now: now) else { throw Violation("no slot, without a limit") }
        if isTracing { print("\(serial) -> \(pool.settings.servers[assignment.serverIndex].name)") }
        taken[assignment.serverIndex] += 1
        return assignment
    }

    private mutating func release(_ assignment: Assignment) { handle(.release(assignment, .served)) }

    private mutating func handle(_ event: PoolEvent) {
        var actions: [PoolAction] = []
        pool.handle(event, now: now, actions: &actions)
    }

    /// Other weights for a while, 0 among them, which serves sticks alone. What servers got meanwhile is no debt.
    private mutating func changeWeights() throws(Violation) {
        let servers = pool.servers.map(\.id)
        for server in servers {
            weigh(server, random.one(of: 0, 1, 50, 256))
            handle(.stick([UInt8(server.value)], server))
        }
        for serial in 0..<50 {
            let home = random.pick(servers)!
            let assignment = try submit(serial, stick: [UInt8(home.value)])
            try require(assignment.server == home, "a stick was left")
            slots.append(assignment)
        }
        for (index, server) in servers.enumerated() { weigh(server, pool.settings.servers[index].weight) }
        taken = Array(repeating: 0, count: taken.count)
    }

    private mutating func weigh(_ server: ServerID, _ weight: Int) {
        var reply = AgentReply()
        reply.weight = weight
        handle(.adjust(server, reply))
    }

    /// Weighted and smooth, whatever ends meanwhile: of any two servers neither is more than a turn ahead, by its weight; so with two
    /// or three servers none is further than 1.5 requests from its share.
    /// - Parameter slack: turns, where it does not begin from scratch
    private mutating func takeTurns(_ events: Int, slack: Double = 1) throws(Violation) {
        for serial in 0..<events {
            slots.append(try submit(serial))
            if random.chance(60) { release(slots.remove(at: random.next(slots.count))) }
            var (first, last) = (Double.infinity, 0.0)
            for index in taken.indices {
                let turn = Double(taken[index]) / weight(index)
                first = min(first, turn + slack / weight(index))
                last = max(last, turn - slack / weight(index))
                let share = Double(serial + 1) * weight(index) / wholeWeight
                let isNear = taken.count > 3 || slack > 1 || abs(Double(taken[index]) - share) <= 1.5
                try require(isNear, "\(taken): s\(index) is \(Double(taken[index]) - share) from its share")
            }
            try require(last <= first * 1.000_001, "one server is turns ahead of another: \(taken)")
        }
    }

    /// While all are idle each server is drawn by its weight.
    private mutating func draw(_ events: Int) throws(Violation) {
        for serial in 0..<events { release(try submit(serial)) }
        for index in taken.indices {
            let chance = weight(index) / wholeWeight
            let deviation = (Double(events) * chance * (1 - chance)).squareRoot()
            let distance = abs(Double(taken[index]) - Double(events) * chance)
            try require(distance <= 6 * deviation + 1, "\(taken): s\(index) is \(distance / deviation) deviations from its share")
        }
    }

    /// The same key goes to the same server while all are idle; while they are busy none gets more than its bound.
    private mutating func hash(_ events: Int) throws(Violation) {
        var stickyLines: [Int: ServerID] = [:]
        for serial in 0..<events / 2 {
            let key = random.next(100)
            let assignment = try submit(serial, key: key)
            release(assignment)
            try require(stickyLines[key] == nil || stickyLines[key] == assignment.server, "agent\(key) has moved")
            stickyLines[key] = assignment.server
        }
        guard let factor = pool.settings.hashBalanceFactor else { return }
        for serial in events / 2..<events {
            let assignment = try submit(serial, key: random.next(3))
            slots.append(assignment)
            let mine = slots.count { $0.server == assignment.server }
            let bound = Double(slots.count * factor) / 100 * weight(assignment.serverIndex) / wholeWeight
            try require(Double(mine) <= bound.rounded(.up), "\(mine) requests, where \(bound) is the bound")
            if random.chance(48) { release(slots.remove(at: random.next(slots.count))) }
        }
    }
}
