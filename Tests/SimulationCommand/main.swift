import Foundation
import Simulation

// Plays `EVENTS` events (3 million unless said otherwise) from `FIRST_SEED` (0) on, or with `SEED` that seed's worlds alone, event by event.
// Exit code 1: an invariant was violated; the last line names it, and the seed.
let environment = ProcessInfo.processInfo.environment
do throws(Simulation.Failure) {
    if let seed = environment["SEED"].flatMap(UInt64.init) {
        try Simulation.replay(seed: seed)
    } else {
        let events = environment["EVENTS"].flatMap(Int.init) ?? 3_000_000
        print(try Simulation.play(events: events, firstSeed: environment["FIRST_SEED"].flatMap(UInt64.init) ?? 0))
    }
} catch {
    print("simulation: \(error)")
    exit(1)
}
