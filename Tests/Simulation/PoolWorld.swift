import Balancing
import Model
import Settings

/// One pool with its model, random events, and what must hold after each.
struct PoolWorld {
    static let certnames = (0..<12).map { Array("agent\($0).example".utf8) }

    static let holders = (0..<6).map { SlotHolder(Array("holder\($0)".utf8), isVerified: $0 < 3) }

    var random: SeededGenerator
    var pool: Pool
    var model: PoolModel
    var now = MonotonicTime(nanoseconds: 1_000_000_000)
    /// Slots that requests hold now.
    var held: [Assignment] = []
    var actions: [PoolAction] = []
    /// What the pool should tell in this event.
    var expected: [Notice] = []
    var latestArrival = MonotonicTime.zero
    var nextOrder: UInt64 = 0
    /// Places of requests that failed.
    var failed: [QueuePlace] = []
    var counts = Counts()
    let serverCount: Int
    let weather: Weather
    var nextSerial: UInt64 = 0
    var nextName: Int
    /// A reload turns checks on and off, but keeps to these.
    var checkSettings: CheckSettings?
    private let isTracing: Bool

    /// What a world is like, in percent.
    struct Weather {
        /// Of the events: what happens to servers, not to requests.
        let unrest: Int
        /// Of the requests' events: arrivals.
        let arrivals: Int
        /// Of the requests: those that do not end well; of the checks: those that fail.
        let failures: Int
        let failedChecks: Int

        init(_ random: inout SeededGenerator) {
            unrest = random.one(of: 2, 5, 15)
            arrivals = random.one(of: 42, 50, 58)
            failures = random.one(of: 2, 20, 60)
            failedChecks = random.one(of: 3, 20, 50)
        }
    }

    init(seed: UInt64, isTracing: Bool) throws(Violation) {
        var random = SeededGenerator(seed: seed)
        serverCount = random.chance(10) ? 40 : 1 + random.next(8)
        weather = Weather(&random)
        nextName = serverCount
        let settings = random.pool("compilers", servers: serverCount)
        checkSettings = settings.check
        let site = random.site()
        pool = Pool(settings: settings, site: site, sites: SeededGenerator.sites, seed: seed)
        let servers = pool.servers
        model = try PoolModel(settings: settings, site: site, sites: SeededGenerator.sites) { index in
            servers.first { $0.index == index }?.id
        }
        _ = model.review()
        self.random = random
        self.isTracing = isTracing
    }

    mutating func run(events: Int) throws(Violation) {
        for event in 1...events {
            now = now + .microseconds(random.next(2000))
            if random.chance(3) { now = now + random.milliseconds(random.one(of: 30, 300)) }
            try step()
            try checkCheaply()
            if event % 1000 == 0 { try checkWholly() }
        }
        try finish()
    }

    private mutating func step() throws(Violation) {
        guard !random.chance(weather.unrest) else { return try disturb() }
        if random.chance(weather.arrivals) { return try submit() }
        switch random.next(40) {
        case 0..<32: try release(held.isEmpty ? 0 : random.next(held.count))
        case 32..<34: try cancel()
        case 34..<36: try connected()
        default: try tick()
        }
    }

    private mutating func disturb() throws(Violation) {
        switch random.next(15) {
        case 0..<7: try check()
        case 7..<9: try admin()
        case 9..<11: try adjust()
        case 11: try operate()
        case 12..<14: try load()
        default: try reconfigure()
        }
    }

    /// All requests end, and nothing is left.
    private mutating func finish() throws(Violation) {
        while !held.isEmpty { try release(0) }
        now = now + .seconds(10)
        try tick()
        while !held.isEmpty { try release(0) }
        try checkWholly()
        try require(pool.inUse == 0 && pool.repeatsInUse == 0, "slots are left")
        try require(pool.servers.allSatisfy { $0.index != nil }, "removed servers are left")
        let stays = model.waiting.contains { !$0.isRepeat }
        try require(!stays, "tickets are left")
    }

    func note(_ text: @autoclosure () -> String) {
        if isTracing { print("\(now.nanoseconds / 1000) µs: \(text())") }
    }

    /// Workers read the clock on their own, so one may be a little behind another.
    mutating func clock() -> MonotonicTime {
        random.chance(5) ? MonotonicTime(nanoseconds: now.nanoseconds - Int64(random.next(500_000))) : now
    }
}
