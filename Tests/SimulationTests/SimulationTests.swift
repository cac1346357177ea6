import Foundation
import Simulation
import Testing

/// A short run in debug; scripts/test plays a million events and more in release (`puppetfront-simulation`). `SEED` replays one seed.
struct SimulationTests {
    @Test func everyInvariantHoldsInEveryWorld() {
        if let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) {
            #expect(throws: Never.self) { try Simulation.play(seed: seed, isTracing: true) }
            return
        }
        var counts = Simulation.Counts()
        for seed in 0..<UInt64(16) {
            do throws(Simulation.Failure) {
                counts += try Simulation.play(seed: seed)
            } catch {
                Issue.record("\(error)")
                return
            }
        }
        #expect(counts.areTelling, "\(counts)")
    }
}
