import Model
import Settings

extension Pool {
    /// Brings `servers` in line with `settings`. Same name and address: the same server, which keeps its ID, slots, health and
    /// operator's state, and comes back if it was draining away. Anything else is a new server with a new ID that starts up.
    mutating func adoptServers(site: SiteName?, sites: [SiteSettings]) {
        for place in servers.indices { servers[place].index = nil }
        for (index, entry) in settings.servers.enumerated() {
            if let place = servers.firstIndex(where: {
                $0.index == nil && $0.settings.name == entry.name && $0.settings.address == entry.address
            }) {
                servers[place].settings = entry
                servers[place].health.adopt(settings.check)
                servers[place].index = index
            } else {
                var state = ServerState(id: newServerID(), settings: entry, health: HealthTracker(check: settings.check))
                state.index = index
                servers.append(state)
            }
        }
        servers.removeAll { $0.index == nil && $0.inUse == 0 }
        let tiers = Tiers.order(servers: settings.servers, site: site, sites: sites, backups: settings.backups)
        tierCount = tiers.count
        var tierOfIndex = Array(repeating: 0, count: settings.servers.count)
        for (tier, members) in tiers.enumerated() {
            for index in members { tierOfIndex[index] = tier }
        }
        for place in servers.indices {
            if let index = servers[place].index { servers[place].tier = tierOfIndex[index] }
        }
    }

    /// Finds the usable servers of each tier anew, in the file's order: after every change of health, operator's state or settings.
    mutating func rebuildUsable() {
        usable = Array(repeating: [], count: tierCount)
        for place in servers.indices where servers[place].isUsable { usable[servers[place].tier].append(place) }
        for tier in usable.indices { usable[tier].sort { servers[$0].index ?? 0 < servers[$1].index ?? 0 } }
        firstTier = usable.firstIndex { !$0.isEmpty }
    }

    /// IDs ascend in `servers`, so a binary search finds one.
    func place(of id: ServerID) -> Int? {
        var low = 0
        var high = servers.count
        while low < high {
            let middle = (low + high) / 2
            if servers[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < servers.count && servers[low].id == id ? low : nil
    }
}
