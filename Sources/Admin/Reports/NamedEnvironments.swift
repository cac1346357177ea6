import Telemetry

/// Which environments are reported one by one: the first 1,000 that became known (`Tally`), from then on those and no others, so that the sum
/// of the rest only grows.
package struct NamedEnvironments: Sendable {
    private var names: Set<String> = []
    private static let bound = 1000
    /// The row of the rest, shared by an environment of that name.
    private static let other = "other"

    package init() {}

    /// The most used first, after them the rest, where there is any.
    /// - Parameters:
    ///   - tally: of all workers
    ///   - pool: where an environment goes
    package mutating func reports(_ tally: Tally, pool: (String) -> String?) -> [EnvironmentReport] {
        var rest = EnvironmentReport()
        rest.name = Self.other
        rest.traffic = tally.otherEnvironments
        var reports: [EnvironmentReport] = []
        let found = tally.environments.map { (name: String(decoding: $0, as: UTF8.self), traffic: $1) }
        for (name, traffic) in found.sorted(by: { ($0.traffic.requests, $1.name) > ($1.traffic.requests, $0.name) }) {
            guard takes(name) else {
                rest.traffic += traffic
                continue
            }
            var report = EnvironmentReport()
            (report.name, report.pool, report.traffic) = (name, pool(name), traffic)
            reports.append(report)
        }
        return rest.traffic.requests > 0 ? reports + [rest] : reports
    }

    private mutating func takes(_ name: String) -> Bool {
        if names.contains(name) { return true }
        guard names.count < Self.bound, name != Self.other else { return false }
        names.insert(name)
        return true
    }
}
