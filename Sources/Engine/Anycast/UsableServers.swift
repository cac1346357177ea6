import Balancing
import Model
import Settings

/// How many usable servers does a pool have for the announcement?
enum UsableServers {
    /// Servers of this site, or of any (`anycast.servers`). Another site whose servers are not in the pool (`locality.direct: false`)
    /// counts as one while an instance of it is usable: its check passes as long as that site has a usable server.
    static func count(_ servers: [ServerState], _ which: AnycastSettings.Servers, site: SiteName) -> Int {
        let usable = servers.filter { $0.index != nil && $0.isUsable }
        let own = usable.count { !$0.settings.isInstance && ($0.settings.site ?? site) == site }
        guard which == .any else { return own }
        let direct = Set(servers.filter { $0.index != nil && !$0.settings.isInstance }.map { $0.settings.site ?? site })
        let away = usable.count { !$0.settings.isInstance && ($0.settings.site ?? site) != site }
        let behind = Set(usable.filter(\.settings.isInstance).map { $0.settings.site ?? site }).subtracting(direct).subtracting([site])
        return own + away + behind.count
    }
}
