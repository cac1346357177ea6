/// What was counted in the time that is measured.
struct FleetFigures {
    /// Seconds that catalogs were queued, at instances and servers.
    var queued: [Double] = []
    /// Seconds from a run's first request to its end.
    var runs: [Double] = []
    var failedRuns = 0
    var requests = 0
    /// Requests that went to another site.
    var crossed = 0
    /// Sticks stored for a key that had none, or another server's.
    var newSticks = 0
    var mostQueued = 0
    /// When the last run ended.
    var lastEnd = 0.0

    static func quantile(_ values: [Double], _ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        return values[min(values.count - 1, Int(Double(values.count) * share))]
    }
}
