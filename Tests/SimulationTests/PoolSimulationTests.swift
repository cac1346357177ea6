import Foundation
import Testing

/// Many small worlds, each from a seed of its own. `SIMULATION_EVENTS` says how many events in all (200,000 where it is left out),
/// `SEED` replays one world.
struct PoolSimulationTests {
    static let eventsPerWorld = 1000

    @Test func everyInvariantHoldsInEveryWorld() {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SEED"].flatMap(UInt64.init) {
            _ = Self.play(seed: seed)
            return
        }
        let events = environment["SIMULATION_EVENTS"].flatMap(Int.init) ?? 200_000
        var assignedFromQueue = 0
        for seed in 0..<UInt64(max(1, events / Self.eventsPerWorld)) {
            guard let assigned = Self.play(seed: seed) else { return }
            assignedFromQueue += assigned
        }
        // Else the worlds are too quiet to show anything.
        #expect(assignedFromQueue > events / 200)
    }

    /// How many waiting tickets got a server; nil when something was violated.
    static func play(seed: UInt64) -> Int? {
        var world = PoolWorld(seed: seed)
        do throws(Violation) {
            try world.run(events: eventsPerWorld)
            return world.assignedFromQueue
        } catch {
            Issue.record("\(error); replay with SEED=\(seed)")
            return nil
        }
    }
}
