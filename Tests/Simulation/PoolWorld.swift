import Balancing
import Model
import Settings

/// One pool with its model, random events, and what must hold after each.
package struct PoolWorld {
    static let certnames = (0..<12).map { Array("agent\($0).example".utf8) }

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
    var counts = Counts()
    let serverCount: Int
    /// Percent of requests that do not end well.
    let failureChance: Int
    var nextSerial: UInt64 = 0
    var nextName: Int
    /// A reload turns checks on and off, but keeps to these.
    var checkSettings: CheckSettings?
    private let isTracing: Bool

    /// What has happened, to see that worlds are not too quiet to show anything.
    package struct Counts {
        package var fromQueue = 0
        package var toOwnServer = 0
        package var timedOut = 0
        package var ejections = 0
        package var panics = 0
        package var spills = 0
        package var heldRepeats = 0
    }

    init(seed: UInt64, isTracing: Bool) throws(Violation) {
        var random = SeededGenerator(seed: seed)
        serverCount = random.chance(10) ? 40 : 1 + random.next(8)
        failureChance = random.one(of: 2, 20, 60)
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
        switch random.next(100) {
        case 0..<38: try submit()
        case 38..<72: try release(held.isEmpty ? 0 : random.next(held.count))
        case 72..<76: try cancel()
        case 76..<86: try tick()
        case 86..<93: try check()
        case 93..<95: try admin()
        case 95..<97: try agent()
        case 97..<99: try load()
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
