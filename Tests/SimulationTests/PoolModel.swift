import Balancing
import Model
import Settings

struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(Violation) {
    if !condition { throw Violation(message()) }
}

/// A pool as the contract's words describe it, written without a thought for speed and without a look at Pool: it does not choose,
/// it judges each choice.
struct PoolModel {
    struct Server {
        var id: ServerID?
        var entry: ServerSettings
        /// nil: removed by a reload.
        var index: Int?
        var isUp = true
        var isResolved = true
        /// Outcomes in a row that speak against `isUp`.
        var against = 0
        var isChecked = false
        var admin = AdminState.ready
        var inUse = 0
        /// Of its tier: lower is nearer. Only those in the settings have a meaningful one.
        var rank = 0
    }

    struct Waiter {
        var ticket: Ticket
        var tried: Set<ServerID>
        var arrived: MonotonicTime
    }

    var settings: PoolSettings
    var site: SiteName?
    var sites: [SiteSettings]
    var servers: [Server] = []
    var waiting: [Waiter] = []

    init(settings: PoolSettings, site: SiteName?, sites: [SiteSettings]) {
        self.settings = settings
        self.site = site
        self.sites = sites
        servers = settings.servers.enumerated().map { Server(entry: $1, index: $0) }
        for place in servers.indices { servers[place].rank = rank(servers[place]) }
    }

    func isUsable(_ server: Server) -> Bool {
        server.index != nil && server.isResolved && (server.isUp || settings.check == nil) && server.admin == .ready
            && server.entry.weight > 0
    }

    func isFree(_ server: Server) -> Bool { server.inUse < (server.entry.maxconn.all ?? .max) }

    /// Backups after active servers, then distance, then, with `backups: first`, the place in the file.
    private func rank(_ server: Server) -> Int {
        let near = [site] + (sites.first { $0.name == site }?.near.map { $0 } ?? [])
        let place = server.entry.site ?? site
        let others = Set(settings.servers.compactMap(\.site)).filter { !near.contains($0) }.sorted()
        let distance = near.firstIndex(of: place) ?? near.count + others.firstIndex(of: place!)!
        let alone = server.entry.backup && settings.backups == .first ? server.index! : 0
        return (server.entry.backup ? 10_000 : 0) + distance * 100 + alone
    }

    /// The places of the servers that may take a request now or later: the nearest tier with a usable one that was not tried.
    func takers(without tried: Set<ServerID>) -> [Int] {
        var best = Int.max
        var takers: [Int] = []
        for (place, server) in servers.enumerated() where isUsable(server) && !tried.contains(server.id!) && server.rank <= best {
            if server.rank < best { takers.removeAll() }
            best = server.rank
            takers.append(place)
        }
        return takers
    }

    func freeTakers(without tried: Set<ServerID>) -> [Int] { takers(without: tried).filter { isFree(servers[$0]) } }

    /// A slot is taken: by right, and where the load is least.
    mutating func assign(tried: Set<ServerID>, _ assignment: Assignment) throws(Violation) {
        let free = freeTakers(without: tried)
        guard let place = servers.firstIndex(where: { $0.id == assignment.server }) else { throw Violation("assigned to nobody") }
        let chosen = servers[place]
        try require(free.contains(place), "\(chosen.entry.name) was not to be chosen")
        try require(chosen.index == assignment.serverIndex, "wrong index")
        let below = Set(servers.filter { $0.index != nil }.map(\.rank)).filter { $0 < chosen.rank }
        try require(below.count == assignment.tier, "tier \(assignment.tier) is \(below.count)")
        servers[place].inUse += 1
    }

    func isLeastLoaded(_ assignment: Assignment, tried: Set<ServerID>) -> Bool {
        func load(_ server: Server) -> Double { Double(server.inUse) / Double(server.entry.weight) }
        guard let chosen = servers.first(where: { $0.id == assignment.server }) else { return false }
        return freeTakers(without: tried).allSatisfy { load(servers[$0]) >= load(chosen) }
    }

    /// What a check's outcome changes: true up, false down, nil nothing.
    mutating func check(_ place: Int, _ outcome: CheckOutcome) -> Bool? {
        let before = servers[place].isResolved && (servers[place].isUp || settings.check == nil)
        switch outcome {
        case .unresolved:
            servers[place].isResolved = false
            servers[place].isUp = false
            servers[place].isChecked = true
            servers[place].against = (settings.check?.rise ?? 1) - 1
        case .resolved:
            servers[place].isResolved = true
        case .passed, .failed:
            count(place, outcome)
        }
        let after = servers[place].isResolved && (servers[place].isUp || settings.check == nil)
        return after == before ? nil : after
    }

    private mutating func count(_ place: Int, _ outcome: CheckOutcome) {
        guard let check = settings.check, servers[place].isResolved else { return }
        let passes = if case .passed = outcome { true } else { false }
        servers[place].against = passes == servers[place].isUp ? 0 : servers[place].against + 1
        let needed = !servers[place].isChecked ? 1 : servers[place].isUp ? check.fall : check.rise
        servers[place].isChecked = true
        if servers[place].against >= needed {
            servers[place].isUp = passes
            servers[place].against = 0
        }
    }

    mutating func reconfigure(_ new: PoolSettings, site newSite: SiteName?) {
        settings = new
        site = newSite
        for place in servers.indices { servers[place].index = nil }
        for (index, entry) in new.servers.enumerated() {
            if let place = servers.firstIndex(where: { $0.entry.name == entry.name && $0.entry.address == entry.address }) {
                servers[place].entry = entry
                servers[place].index = index
            } else {
                servers.append(Server(entry: entry, index: index))
            }
        }
        dropGone()
        for place in servers.indices where servers[place].index != nil { servers[place].rank = rank(servers[place]) }
    }

    mutating func dropGone() { servers.removeAll { $0.index == nil && $0.inUse == 0 } }
}
