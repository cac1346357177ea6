import Settings

/// A configuration, and what decisions cost with it, part by part.
final class Case {
    /// Nanoseconds a decision.
    struct Cost {
        let classify: Double
        let route: Double
        let pick: Double
        /// Calls of the allocator in all decisions.
        let allocations: Int

        var whole: Double { classify + route + pick }
    }

    let name: String
    private let samples: [SampleRequest]
    private var decider: Decider
    private var classifying: Stopwatch
    private var routing: Stopwatch
    private var picking: Stopwatch
    private var broken = 0

    private static let batchSize = 100
    /// Slots that are taken at a time, on average by server, and in all.
    private static let held = (byServer: 3, most: 2000)

    init(_ name: String, _ settings: ProxySettings) {
        self.name = name
        samples = SampleRequest.make(environments: SampleSettings.names(settings))
        decider = Decider(settings, holding: min(settings.pools[0].servers.count * Case.held.byServer, Case.held.most))
        let batches = samples.count / Case.batchSize
        classifying = Stopwatch(batches: batches)
        routing = Stopwatch(batches: batches)
        picking = Stopwatch(batches: batches)
    }

    /// Makes all decisions once, untimed: for caches and for arrays' room.
    func warmUp() {
        for index in samples.indices where !decider.decide(samples[index]) { broken += 1 }
    }

    func run() {
        for batch in 0..<samples.count / Case.batchSize {
            let numbers = batch * Case.batchSize..<(batch + 1) * Case.batchSize
            classifying.time(batch) {
                for index in numbers where !decider.classify(samples[index]) { broken += 1 }
            }
            routing.time(batch) {
                for index in numbers where !decider.classify(samples[index]) || !decider.route(samples[index]) { broken += 1 }
            }
            picking.time(batch) {
                for index in numbers where !decider.decide(samples[index]) { broken += 1 }
            }
        }
    }

    /// nil where a sample got no server.
    var cost: Cost? {
        guard broken == 0 else { return nil }
        let size = Double(Case.batchSize)
        return Cost(
            classify: classifying.nanoseconds / size, route: (routing.nanoseconds - classifying.nanoseconds) / size,
            pick: (picking.nanoseconds - routing.nanoseconds) / size,
            allocations: classifying.allocations + routing.allocations + picking.allocations)
    }
}
