import Foundation
import Simulation

// Plays `EVENTS` events (a million where it is left out), or the one seed `SEED`, whose every event it then prints. Exit code 1: something
// was violated; the last line says what, and the seed.
let environment = ProcessInfo.processInfo.environment
do throws(Simulation.Failure) {
    if let seed = environment["SEED"].flatMap(UInt64.init) {
        _ = try Simulation.play(seed: seed, isTracing: true)
        exit(0)
    }
    let wanted = environment["EVENTS"].flatMap(Int.init) ?? 1_000_000
    let seeds = UInt64(max(1, (wanted + Simulation.eventsPerSeed - 1) / Simulation.eventsPerSeed))
    var counts = Simulation.Counts()
    for seed in 0..<seeds { counts += try Simulation.play(seed: seed) }
    print("simulation: \(Int(seeds) * Simulation.eventsPerSeed) events, nothing violated; \(counts)")
    exit(counts.areTelling ? 0 : 1)
} catch {
    print("simulation: \(error)")
    exit(1)
}
