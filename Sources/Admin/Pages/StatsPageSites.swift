import Telemetry

/// What each site's servers do, over all pools, this instance's site first.
enum StatsPageSites {
    typealias Parts = StatsPageParts

    private struct Site {
        let name: String
        var servers: [ServerReport] = []
        var sum: TrafficCounters { servers.reduce(into: TrafficCounters()) { $0 += $1.traffic } }
    }

    /// More than one site is in use.
    static func isWanted(_ report: ServiceReport) -> Bool { sites(report).count > 1 || report.anycast != nil }

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        let table = PageTable(id: "sites", caption: "Sites, all pools together", columns: columns, view: view, key: \.name)
            .html(sites(report), none: "")
        return "\(announcement(report))\(table)"
    }

    /// What this instance announces, and the sites in the order in which requests leave it.
    private static func announcement(_ report: ServiceReport) -> HTML {
        guard let anycast = report.anycast else { return "" }
        let colour: Parts.Colour = anycast.state == .announced ? .good : anycast.state == .unfit ? .warning : .bad
        let inForce = anycast.isConfirmed ? "in force" : anycast.fault ?? "not confirmed yet"
        let near = report.sites.map { "\($0.name) \($0.usableServers)/\($0.servers)" }.joined(separator: ", ")
        return """
            <p id="announcement">Service address: \(Parts.badge(colour, anycast.state.rawValue)) \(anycast.reason); \(inForce) by \(anycast.via). \
            Usable servers, nearest site first: \(near).</p>
            """
    }

    private static func sites(_ report: ServiceReport) -> [Site] {
        var sites: [Site] = report.process.site.map { [Site(name: $0)] } ?? []
        for pool in report.pools {
            for server in pool.servers {
                let name = server.state.settings.site?.value ?? report.process.site ?? ""
                if !sites.contains(where: { $0.name == name }) { sites.append(Site(name: name)) }
                if let index = sites.firstIndex(where: { $0.name == name }) { sites[index].servers.append(server) }
            }
        }
        return sites
    }

    private static var columns: [PageColumn<Site>] {
        [
            PageColumn("name", "Site", order: nil, cell: { "\($0.name)" }),
            PageColumn("servers", "Usable servers", order: nil, cell: { usable($0) }),
            PageColumn(
                "running", "Running", .number, order: nil, cell: { "\(Parts.grouped($0.servers.reduce(0) { $0 + $1.state.inUse }))" }),
            PageColumn("free", "Free slots", .number, order: nil) {
                "\(Parts.freeSlots($0.servers).map { Parts.grouped($0) } ?? "unlimited")"
            },
            PageColumn("requests", "Requests", .number, order: nil, cell: { "\(Parts.grouped($0.sum.requests))" }),
            PageColumn("responses", "Responses", order: nil, cell: { Parts.responses($0.sum) }),
            PageColumn("errors", "Errors", .number, order: nil, cell: { Parts.fault($0.sum.failedConnects + $0.sum.failedResponses) }),
            PageColumn("retries", "Retries", .number, order: nil, cell: { "\(Parts.grouped($0.sum.retries))" }),
            PageColumn("mean", "Mean", .number, order: nil, cell: { "\(Parts.duration(Parts.mean($0.sum)))" }),
        ]
    }

    private static func usable(_ site: Site) -> HTML {
        let usable = site.servers.count { $0.state.isUsable }
        let colour: Parts.Colour = usable == site.servers.count ? .good : usable == 0 ? .bad : .warning
        return Parts.badge(colour, "\(usable) of \(site.servers.count)")
    }
}
