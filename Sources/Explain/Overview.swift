import Balancing
import Model
import Settings

/// The pools as understood: what leads to each, and in which order its servers are tried. For `puppetfront check --verbose`.
package struct Overview {
    private let settings: ProxySettings

    package init(_ settings: ProxySettings) { self.settings = settings }

    /// Lines for an admin, each with its line end.
    package var text: String {
        var lines = ["site \(settings.site?.value ?? "none")"]
        for (index, pool) in settings.pools.enumerated() {
            lines.append("pool \(pool.name): \(sources(index))")
            let tiers = Tiers.order(servers: pool.servers, site: settings.site, sites: settings.sites, backups: pool.backups)
            if tiers.isEmpty { lines.append("  no server") }
            for (number, tier) in tiers.enumerated() {
                lines.append("  tier \(number + 1)  " + tier.map { server(pool.servers[$0]) }.joined(separator: ", "))
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The rules that lead to a pool, in their order, and the pools that overflow to it.
    private func sources(_ pool: Int) -> String {
        var sources: [String] = []
        if settings.caPool?.value == pool { sources.append("sites.\(settings.site?.value ?? "").ca") }
        sources += settings.routes.filter { $0.pool.value == pool }.map { "routes.\($0.name)" }
        sources += settings.environments.filter { $0.pool.value == pool }.map { "environments.\($0.pattern)" }
        if settings.defaultPool?.value == pool { sources.append("environments.default") }
        sources += settings.pools.filter { $0.overflow?.to.value == pool }.map { "overflow of \($0.name)" }
        return sources.isEmpty ? "nothing at this site leads to it" : sources.joined(separator: ", ")
    }

    /// A server's name, and what makes it different: its site where that is another, `backup`, a weight of 0.
    private func server(_ server: ServerSettings) -> String {
        var notes: [String] = []
        if let site = server.site, site != settings.site { notes.append(site.value) }
        if server.backup { notes.append("backup") }
        if server.weight == 0 { notes.append("weight 0") }
        return notes.isEmpty ? server.name : "\(server.name) (\(notes.joined(separator: ", ")))"
    }
}
