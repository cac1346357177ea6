import Balancing
import Model
import Settings

/// How requests spread over servers of different weight while nothing else changes: what `balance` promises in the long run.
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
        case .roundRobin: try takeTurns(events)
        case .random: try draw(events)
        case .hash: try hash(events)
        case .leastConnections: break
        }
    }

    private func weight(_ index: Int) -> Double { Double(pool.settings.servers[index].weight) }

    private var wholeWeight: Double { pool.settings.servers.indices.reduce(0) { $0 + weight($1) } }

    private mutating func submit(_ serial: Int, key: Int = 0) throws(Violation) -> Assignment {
        let key = Array("agent\(key).example".utf8)
        let request = PoolRequest(ticket: Ticket(worker: 0, serial: UInt64(serial)), hash: HashRing.hash(key))
        guard case .assigned(let assignment) = pool.submit(request, now: now) else { throw Violation("no slot, without a limit") }
        if isTracing { print("\(serial) -> \(pool.settings.servers[assignment.serverIndex].name)") }
        taken[assignment.serverIndex] += 1
        return assignment
    }

    private mutating func release(_ assignment: Assignment) {
        var actions: [PoolAction] = []
        pool.handle(.release(assignment, .served), now: now, actions: &actions)
    }

    /// Weighted and smooth, whatever ends meanwhile: of any two servers neither is more than a turn ahead, by its weight; so with two
    /// or three servers none is further than 1.5 requests from its share.
    private mutating func takeTurns(_ events: Int) throws(Violation) {
        for serial in 0..<events {
            slots.append(try submit(serial))
            if random.chance(60) { release(slots.remove(at: random.next(slots.count))) }
            var (first, last) = (Double.infinity, 0.0)
            for index in taken.indices {
                let turn = Double(taken[index]) / weight(index)
                first = min(first, turn + 1 / weight(index))
                last = max(last, turn - 1 / weight(index))
                let share = Double(serial + 1) * weight(index) / wholeWeight
                let isNear = taken.count > 3 || abs(Double(taken[index]) - share) <= 1.5
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
        var homes: [Int: ServerID] = [:]
        for serial in 0..<events / 2 {
            let key = random.next(100)
            let assignment = try submit(serial, key: key)
            release(assignment)
            try require(homes[key] == nil || homes[key] == assignment.server, "agent\(key) has moved")
            homes[key] = assignment.server
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
