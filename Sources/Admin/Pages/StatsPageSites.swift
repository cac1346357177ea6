import Telemetry

/// What each site's servers do, over all pools, this instance's site first.
enum StatsPageSites {
    typealias Parts = StatsPageParts

    private struct Site {
        let name: String
        var servers: [ServerReport] = []
    }

    /// More than one site is in use.
    static func isWanted(_ report: ServiceReport) -> Bool { sites(report).count > 1 }

    static func content(_ report: ServiceReport) -> HTML {
        let headings =
            ["Site", "Usable servers", "#Running", "#Free slots", "#Requests", "#Not connected", "#Broken", "#Retries"]
            + Parts.statusHeadings + ["#Mean"]
        var rows: HTML = ""
        for site in sites(report) { rows += row(site) }
        return Parts.table("Sites, all pools together", headings, "<tbody>\(rows)</tbody>")
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

    private static func row(_ site: Site) -> HTML {
        let sum = site.servers.reduce(into: TrafficCounters()) { $0 += $1.traffic }
        let usable = site.servers.count { $0.state.isUsable }
        let colour: Parts.Colour = usable == site.servers.count ? .good : usable == 0 ? .bad : .warning
        return """
            <tr>\(Parts.name(site.name))\(Parts.cell(Parts.badge(colour, "\(usable) of \(site.servers.count)")))
            \(Parts.number(site.servers.reduce(0) { $0 + $1.state.inUse }))\(Parts.number(Parts.freeSlots(site.servers)))
            \(Parts.number(sum.requests))\(Parts.fault(sum.failedConnects))\(Parts.fault(sum.failedAnswers))
            \(Parts.number(sum.retries))\(Parts.statuses(sum))\(Parts.number(Parts.mean(sum)))</tr>
            """
    }
}
