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
    static func isWanted(_ report: ServiceReport) -> Bool { sites(report).count > 1 }

    static func content(_ report: ServiceReport, _ view: PageView) -> HTML {
        PageTable(id: "sites", caption: "Sites, all pools together", columns: columns, view: view, key: \.name)
            .html(sites(report), none: "")
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
