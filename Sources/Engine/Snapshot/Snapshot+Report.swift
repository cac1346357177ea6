import Admin
import Routing
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
        for (number, route) in settings.routes.enumerated() {
            reports.append(report("routes.\(route.name)", settings.pools[route.pool.value].name, routes.conditions(RuleID(number))))
        }
        for row in settings.environments {
            reports.append(report("environments.\(row.pattern)", settings.pools[row.pool.value].name, "environment \(row.pattern)"))
        }
        if let pool = settings.defaultPool { reports.append(report("environments.default", settings.pools[pool.value].name, "all else")) }
        return reports
    }
}
