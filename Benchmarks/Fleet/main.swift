import LoadKit
import Settings

// How many slots does a fleet need, how long are its queues, and what do its instances carry? Benchmarks/README.md explains how.

let arguments = Arguments(CommandLine.arguments.dropFirst())
let agentCount = arguments.number("agents", default: 100_000)
/// CPU of a steady run of 46 requests through puppetfront, from Benchmarks/run.
let microsecondsOfRun = Double(arguments.number("us-of-run", default: 4621))
/// Of an update of the peers protocol with a key of 22 bytes: framing 3, number 4, key 23, server 3; and half a TCP segment's head.
let bytesOfUpdate = 33.0 + 20

func text(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths >= 1000 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
}

/// A row: what happened to the runs that began in the measured time.
func row(_ name: String, _ fleet: Fleet, _ shape: FleetShape, seconds: Double) {
    let (queued, runs) = (fleet.figures.queued.sorted(), fleet.figures.runs.sorted())
    let updates = Double(fleet.figures.newSticks) / seconds
    let core = Double(runs.count) / seconds / Double(shape.siteCount) * microsecondsOfRun / 1e6
    say(
        "| \(name) | \(shape.siteCount) × \(shape.serversOfSite) × \(shape.slots) | \(text(fleet.busyShare * 100))% | "
            + [0.5, 0.99, 1].map { text(FleetFigures.quantile(queued, $0)) }.joined(separator: " / ") + " | "
            + [0.5, 0.99].map { text(FleetFigures.quantile(runs, $0)) }.joined(separator: " / ")
            + " | \(runs.count) / \(fleet.figures.failedRuns) | \(fleet.figures.mostQueued) | \(fleet.mostRequestsOfServer)"
            + " | \(text(Double(fleet.figures.crossed) / Double(max(1, fleet.figures.requests)) * 100))%"
            + " | \(fleet.sticks.max() ?? 0) | \(text(updates)) (\(text(updates * bytesOfUpdate * Double(shape.siteCount - 1) / 1000)) kB/s)"
            + " | \(text(core * 100))% |")
}

func fleet(_ sites: Int, load: Double, via: PoolSettings.Via, spill: PoolSettings.Spill = .never) -> (Fleet, FleetShape) {
    let script = RunScript(compile: CompileTime(medianMilliseconds: 2000, seed: 1))
    let sample = 0..<1000
    let ofRun = sample.reduce(0.0) { sum, agent in sum + RunScript.steps.reduce(0) { $0 + script.seconds($1, agent: agent) } } / 1000
    let needed = Double(agentCount) / 1800 * ofRun / load
    let slots = 12
    let shape = FleetShape(
        siteCount: sites, serversOfSite: Int((needed / Double(sites * slots)).rounded(.up)), slots: slots, agents: agentCount, delay: 0.025,
        via: via, spill: spill)
    return (Fleet(shape, seed: 1), shape)
}

say(
    "| scenario | sites × servers × slots | slots busy | catalog queued: median / 99% / most (s) | run: median / 99% (s) | runs / failed | most queued |"
        + " most at a server | requests to another site | sticks an instance | new sticks a second (to peers) | CPU of an instance (of a core) |"
)
say("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
for sites in [3, 10] {
    for load in [0.6, 0.75, 0.9] {
        let (fleet, shape) = fleet(sites, load: load, via: .instances)
        fleet.begin(within: 1800, agents: 0..<agentCount, until: 3600)
        fleet.run(measuringFrom: 1800, to: 3600)
        row("splay of 30 minutes, planned for \(Int(load * 100))%", fleet, shape, seconds: 1800)
    }
    for via in [PoolSettings.Via.servers, .instances] {
        let (fleet, shape) = fleet(sites, load: 0.6, via: via, spill: .averageQueue(above: 2))
        fleet.begin(within: 1800, agents: 0..<agentCount, until: 3600)
        fleet.kill(site: 0, at: 2100, until: 2700)
        fleet.run(measuringFrom: 1800, to: 3600)
        row("a site's servers away for 10 minutes, via \(via.rawValue)", fleet, shape, seconds: 1800)
    }
    for via in [PoolSettings.Via.servers, .instances] {
        let (fleet, shape) = fleet(sites, load: 0.6, via: via, spill: .averageQueue(above: 2))
        fleet.begin(within: 60, agents: 0..<agentCount, until: 60)
        fleet.run(to: 20_000)
        let minutes = text(fleet.figures.lastEnd / 60)
        row(
            "all agents within a minute, served after \(minutes) minutes, via \(via.rawValue)", fleet, shape, seconds: fleet.figures.lastEnd
        )
    }
}
