/// Many small worlds, each from a seed of its own: a failure names the seed, and the seed replays it.
package enum Simulation {
    /// In each of a seed's three worlds.
    package static let eventsPerWorld = 3000
    package static let eventsPerSeed = 2 * eventsPerWorld + eventsPerWorld / 10

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// So many events, or some more. What the worlds were like, as text.
    package static func play(events: Int, firstSeed: UInt64 = 0) throws(Failure) -> String {
        var pools = PoolWorld.Counts()
        var exchanges = ExchangeWorld.Counts()
        let seeds = UInt64((events + eventsPerSeed - 1) / eventsPerSeed)
        for seed in firstSeed..<firstSeed + seeds { try play(seed: seed, &pools, &exchanges, isTracing: false) }
        let quiet = [pools.isQuiet, exchanges.isQuiet].contains(true)
        let text = "\(seeds) worlds of \(eventsPerSeed) events: \(pools), \(exchanges)"
        if quiet { throw Failure(description: "too quiet to show anything: \(text)") }
        return text
    }

    /// One seed's worlds, event by event on standard output.
    package static func replay(seed: UInt64) throws(Failure) {
        var pools = PoolWorld.Counts()
        var exchanges = ExchangeWorld.Counts()
        try play(seed: seed, &pools, &exchanges, isTracing: true)
    }

    private static func play(
        seed: UInt64, _ pools: inout PoolWorld.Counts, _ exchanges: inout ExchangeWorld.Counts, isTracing: Bool
    ) throws(Failure) {
        do throws(Violation) {
            var balance = BalanceWorld(seed: seed, isTracing: isTracing)
            try balance.run(events: eventsPerWorld / 10)
            var pool = try PoolWorld(seed: seed, isTracing: isTracing)
            try pool.run(events: eventsPerWorld)
            pools.add(pool.counts)
            var exchange = ExchangeWorld(seed: seed, isTracing: isTracing)
            try exchange.run(events: eventsPerWorld)
            exchanges.add(exchange.counts)
        } catch {
            throw Failure(description: "\(error); SEED=\(seed) replays it")
        }
    }
}
