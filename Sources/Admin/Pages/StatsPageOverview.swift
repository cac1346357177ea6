/// The instance at a glance: a few figures, and what needs attention.
enum StatsPageOverview {
    typealias Parts = StatsPageParts

    static func content(_ report: ServiceReport, _ sessions: SessionList?, _ view: PageView) -> HTML {
        "<div class=\"tiles\">\(tiles(report, sessions, view))</div>\n\(StatsPageAttention.content(report, sessions, view))"
    }

    /// The badge in the page's heading.
    static func state(_ report: ServiceReport) -> HTML {
        let readiness = report.process.readiness
        if readiness.isDraining { return Parts.badge(.warning, "draining") }
        return readiness.isReady ? Parts.badge(.good, "ready") : Parts.badge(.bad, "not ready")
    }

    private static func tiles(_ report: ServiceReport, _ sessions: SessionList?, _ view: PageView) -> HTML {
        let (process, pools) = (report.process, report.pools)
        let servers = pools.flatMap(\.servers)
        let errors = pools.flatMap(\.history).reduce(0) { $0 + $1.errors }
        let rate = report.listeners.reduce(0) { $0 + $1.traffic.rate.rate(now: process.now) }
        let failed = report.certnames.count(where: StatsPageRuns.hasFailed)
        let queued = pools.reduce(0) { $0 + $1.queued }
        let oldest = sessions?.sessions.filter { $0.state == .queued }.map(\.requestMilliseconds).max()
        var result: HTML = ""
        func tile(_ name: String, _ value: HTML, _ note: String, _ address: String, isBad: Bool = false) {
            result += """
                <a class="tile\(isBad ? " isbad" as HTML : "") view" href="\(address)" data-key="\(name)"><span>\(name)</span>
                <b>\(value)</b><small>\(note)</small></a>

                """
        }
        let usable = servers.count(where: \.state.isUsable)
        tile(
            "Servers usable", "\(usable) of \(servers.count)", "in \(Parts.plural(pools.count, "pool"))", "#pools",
            isBad: usable < servers.count)
        let free = Parts.freeSlots(servers)
        tile(
            "Running", "\(Parts.grouped(pools.reduce(0) { $0 + $1.inUse }))",
            free.map { "\(Parts.grouped($0)) free slots" } ?? "unlimited slots",
            view.href("requests"))
        tile(
            "Queued", "\(Parts.grouped(queued))", oldest.map { "oldest for \(Parts.duration($0))" } ?? "none waits", view.href("requests"),
            isBad: queued > 0)
        tile("Requests", "\(Parts.grouped(rate))/s", "\(Parts.grouped(process.totalRequests)) in all", "#listeners")
        tile("Errors", "\(Parts.grouped(errors))", "in the last hour", "#failures", isBad: errors > 0)
        tile(
            "Agents", "\(Parts.grouped(report.certnames.count))", failed == 0 ? "none failed" : "\(Parts.grouped(failed)) failed last",
            view.href("runs") { $0.failedOnly = failed > 0 }, isBad: failed > 0)
        tile(
            "Connections", "\(Parts.grouped(process.connections))",
            process.turnedAway > 0 ? "\(Parts.grouped(process.turnedAway)) rejected" : "of \(Parts.grouped(process.connectionLimit))",
            "#listeners")
        if let first = report.certificates.min(by: { $0.ends < $1.ends }) {
            let left = first.ends - process.now
            tile(
                "First expiry", "\(left <= 0 ? "expired" : Parts.remaining(left))", StatsPageCertificates.kind(first), "#certificates",
                isBad: StatsPageCertificates.colour(first, now: process.now) != .good)
        }
        return result
    }
}
