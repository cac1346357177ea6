import Admin
import Settings
import Telemetry

extension Snapshot {
    /// Rules in the order they are tried.
    func routeReports(_ tally: Tally) -> [RouteReport] {
        func report(_ name: String, _ pool: String, _ conditions: String) -> RouteReport {
            var report = RouteReport()
            report.name = name
            report.pool = pool
            report.conditions = conditions
            report.requests = tally.routes[Array(name.utf8)] ?? 0
            return report
        }
        var reports: [RouteReport] = []
        if let pool = settings.caPool {
            reports.append(report("sites.\(settings.site?.value ?? "").ca", settings.pools[pool.value].name, "requests of the CA"))
        }
        for route in settings.routes {
            reports.append(report("routes.\(route.name)", settings.pools[route.pool.value].name, route.conditions.words(settings)))
        }
        for row in settings.environments {
            reports.append(report("environments.\(row.pattern)", settings.pools[row.pool.value].name, "environment \(row.pattern)"))
        }
        if let pool = settings.defaultPool { reports.append(report("environments.default", settings.pools[pool.value].name, "all else")) }
        return reports
    }
}

extension RouteConditions {
    fileprivate func words(_ settings: ProxySettings) -> String {
        var words: [String] = []
        if let endpoint { words.append("endpoint " + endpoint.map(\.rawValue).sorted().joined(separator: ",")) }
        if let environment { words.append("environment " + environment.joined(separator: ",")) }
        if let certname { words.append("certname " + certname.joined(separator: ",")) }
        if let source { words.append("source of \(source.count) blocks") }
        if let trusted { words.append("trusted " + trusted.map(\.oid).joined(separator: ",")) }
        if let averageQueueAbove {
            words += averageQueueAbove.map { "avg_queue(\(settings.pools[$0.pool.value].name)) > \($0.limit)" }
        }
        return words.joined(separator: " and ")
    }
}
