import Foundation
import Simulation
import Testing

/// A short run of what scripts/test plays at length with the release build; `SEED` replays one world.
struct SimulationTests {
    @Test func whatMustHoldHoldsInEveryWorld() throws {
        if let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) { return try Simulation.replay(seed: seed) }
        _ = try Simulation.play(events: 100_000)
    }
}
