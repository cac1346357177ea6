/// Which page does a target of `admin.http` name? All of them only tell; none changes anything.
package enum AdminRoutes {
    /// - Parameters:
    ///   - nonce: fresh and not to be guessed; marks the page's own style and script
    ///   - report: asked for at most once, and only where the answer needs it
    package static func answer(_ target: AdminTarget, nonce: String, report: () -> ServiceReport) -> AdminAnswer {
        switch target.path {
        case "/metrics": return AdminAnswer(200, Metrics.contentType, Metrics.text(report()))
        case "/healthz": return AdminAnswer(200, "ok\n")
        case "/readyz": return readiness(report().process)
        case "", "/", "/stats", "/haproxy": return stats(target, nonce, report())
        default: return AdminAnswer(404, "not found: there are /, /metrics, /healthz and /readyz\n")
        }
    }

    private static func stats(_ target: AdminTarget, _ nonce: String, _ report: ServiceReport) -> AdminAnswer {
        if target.words.contains("csv") { return AdminAnswer(200, "text/plain; charset=utf-8", StatCommands.csv(report)) }
        if target.words.contains("json") { return AdminAnswer(200, "application/json", StatCommands.json(report)) }
        let page = StatsPage(report, certname: target["certname"] ?? "", nonce: nonce)
        return AdminAnswer(200, "text/html; charset=utf-8", page.html.text, nonce: nonce)
    }

    /// The CA does not decide: agents that have their certificates go on without it.
    private static func readiness(_ process: ProcessReport) -> AdminAnswer {
        let authority = process.caIsUsable.map { $0 ? "yes" : "no" } ?? "none"
        let lines = [
            "ready: \(process.isReady ? "yes" : "no")", "draining: \(process.isDraining ? "yes" : "no")",
            "default pool usable: \(process.defaultPoolIsUsable ? "yes" : "no")", "CA usable: \(authority)",
        ]
        return AdminAnswer(process.isReady ? 200 : 503, lines.map { $0 + "\n" }.joined())
    }
}
