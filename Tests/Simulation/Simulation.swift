/// Many small worlds, each from a seed of its own: a failure says the seed, and the seed replays it.
package enum Simulation {
    /// Each seed makes a world of one pool and one of exchanges over several pools; each plays so many events.
    package static let eventsPerWorld = 3000
    package static let eventsPerSeed = 2 * eventsPerWorld

    package struct Failure: Error, CustomStringConvertible {
        package let seed: UInt64
        package let description: String
    }

    /// What has happened in a seed's worlds: those that are too quiet show nothing.
    package struct Counts: Sendable {
        package var fromQueue = 0
        package var ejections = 0
        package var panics = 0
        package var overflowed = 0
        package var triedAgain = 0

        package init() {}

        package static func += (left: inout Counts, right: Counts) {
            left.fromQueue += right.fromQueue
            left.ejections += right.ejections
            left.panics += right.panics
            left.overflowed += right.overflowed
            left.triedAgain += right.triedAgain
        }

        /// Everything that is worth a look has happened.
        package var areTelling: Bool { [fromQueue, ejections, panics, overflowed, triedAgain].allSatisfy { $0 > 10 } }
    }

    /// - Parameter isTracing: prints every event
    package static func play(seed: UInt64, isTracing: Bool = false) throws(Failure) -> Counts {
        var counts = Counts()
        do throws(Violation) {
            var world = try PoolWorld(seed: seed, isTracing: isTracing)
            try world.run(events: eventsPerWorld)
            counts.fromQueue = world.counts.fromQueue
            counts.ejections = world.counts.ejections
            counts.panics = world.counts.panics
            var exchanges = ExchangeWorld(seed: seed, isTracing: isTracing)
            try exchanges.run(events: eventsPerWorld)
            counts.overflowed = exchanges.counts.overflowed
            counts.triedAgain = exchanges.counts.triedAgain
            return counts
        } catch {
            throw Failure(seed: seed, description: "\(error); SEED=\(seed) replays it")
        }
    }
}
