import Telemetry

/// A pool's last hour: its queue, how long catalogs took, its requests and errors.
enum StatsPageSparklines {
    typealias Parts = StatsPageParts

    static func content(_ pool: PoolReport) -> HTML {
        let samples = pool.history
        return """
            <div class="sparks">
            \(queue(pool, samples).html)
            \(catalogs(pool, samples).html)
            \(requests(pool, samples).html)
            \(errors(pool, samples).html)
            </div>
            """
    }

    /// Each sample at its minute's place; the last one is the present minute.
    private static func places(_ samples: [PoolHistory.Sample], _ value: (PoolHistory.Sample) -> Double?) -> [Double?] {
        var places = [Double?](repeating: nil, count: Sparkline.length)
        guard let last = samples.last?.minute else { return places }
        for sample in samples {
            let place = Sparkline.length - 1 - Int(last - sample.minute)
            if places.indices.contains(place) { places[place] = value(sample) }
        }
        return places
    }

    private static func queue(_ pool: PoolReport, _ samples: [PoolHistory.Sample]) -> Sparkline {
        let peak = samples.map(\.peakQueued).max() ?? 0
        return Sparkline(
            title: "Queue", now: "\(Parts.grouped(pool.queued))", note: "peak \(Parts.grouped(peak))",
            summary: "Queue of \(pool.name) in the last hour: \(pool.queued) now, peak \(peak)", form: .line,
            series: [.init(name: "queue", values: places(samples) { Double($0.peakQueued) })], label: "$ queued", floor: 5)
    }

    private static func catalogs(_ pool: PoolReport, _ samples: [PoolHistory.Sample]) -> Sparkline {
        let last = samples.last { $0.catalogs > 0 }
        let (median, slow) = (Parts.duration(last?.medianCatalog), Parts.duration(last?.slowCatalog))
        return Sparkline(
            title: "Catalog time", now: "\(median)", note: "p95 \(slow)",
            summary: "Catalogs of \(pool.name) in the last hour: at last half took at most \(median), 95 of 100 at most \(slow)",
            form: .line,
            series: [
                .init(name: "slow", values: places(samples) { $0.slowCatalog.map(Double.init) }),
                .init(name: "median", values: places(samples) { $0.medianCatalog.map(Double.init) }),
            ], label: "p95/p50 $ ms", floor: 20)
    }

    private static func requests(_ pool: PoolReport, _ samples: [PoolHistory.Sample]) -> Sparkline {
        let rates = places(samples) { Double($0.requests) / Double(max(1, $0.seconds)) }
        let total = samples.reduce(0) { $0 + $1.requests }
        let rate = (rates.last ?? nil) ?? 0
        let now = rate < 100 ? Sparkline.number(rate) : Parts.grouped(Int(rate))
        return Sparkline(
            title: "Requests", now: "\(now)/s", note: "\(Parts.grouped(total)) in the hour",
            summary: "Requests to \(pool.name) in the last hour: \(now) a second now, \(total) in all", form: .line,
            series: [.init(name: "requests", values: rates)], label: "$ requests a second", floor: 1)
    }

    private static func errors(_ pool: PoolReport, _ samples: [PoolHistory.Sample]) -> Sparkline {
        let total = samples.reduce(0) { $0 + $1.errors }
        let now = samples.last?.errors ?? 0
        return Sparkline(
            title: "Errors", now: "\(Parts.fault(now))", note: "\(Parts.grouped(total)) in the hour",
            summary: "Errors of \(pool.name) in the last hour: \(now) in this minute, \(total) in all", form: .bars,
            series: [.init(name: "errors", values: places(samples) { Double($0.errors) })], label: "$ errors", floor: 5, isBad: total > 0)
    }
}
