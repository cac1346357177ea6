import Balancing
import Model
import Settings

/// A pool as the configuration's contract and its rules 4 to 8 describe it, written for reading, not for speed, and without a look at
/// Pool. It does not choose: it says who may take what, and `PoolWorld` judges Pool's choices by it.
///
/// Where the contract is silent it takes these for right: a request that has spilled waits there as long as it can, and until a reload;
/// a server that does not get its share (warms up, weight 0) is never left out of the enabled that `panic` counts but for weight 0.
struct PoolModel {
    struct Waiter {
        let ticket: Ticket
        let kind: SlotKind
        let queueClass: QueueClass
        let tried: TriedServers
        let isRepeat: Bool
        let holder: SlotHolder?
        let stickKey: [UInt8]
        let order: UInt64
        /// Without the time that servers had it.
        let arrived: MonotonicTime
        /// The server that it waits for, by its stick.
        var stickyServer: ServerID?
        /// It takes slots of this tier and of nearer ones.
        var tier: Int
    }

    private(set) var settings: PoolSettings
    private var site: SiteName?
    private var sites: [SiteSettings]
    /// By ID. Those that a reload removed stay until their last slot is given back.
    var servers: [ServerModel] = []
    /// In the order in which they came first.
    var waiting: [Waiter] = []
    var sticks: StickModel
    var inUse = 0
    var repeatsInUse = 0
    /// Whom the slots in use count for.
    var holders: [SlotHolder] = []
    private(set) var activeTiers = 0
    private(set) var standing = PoolChange.down

    init(settings: PoolSettings, site: SiteName?, sites: [SiteSettings], id: (Int) -> ServerID?) throws(Violation) {
        self.settings = settings
        self.site = site
        self.sites = sites
        sticks = StickModel(settings.stick)
        try adopt(settings, site: site, id: id)
    }

    func place(_ id: ServerID) -> Int? { servers.firstIndex { $0.id == id } }

    // MARK: Who is usable

    /// After every change of a server. How the pool stands now, where that has changed.
    mutating func review() -> PoolChange? {
        for place in servers.indices { servers[place].isUsable = servers[place].isFit && servers[place].weight > 0 }
        var now: PoolChange = servers.contains { $0.isUsable } ? .up : .down
        if now == .down, panic() { now = .panic }
        for index in waiting.indices { review(waiter: index) }
        defer { standing = now }
        return now == standing ? nil : now
    }

    private mutating func panic() -> Bool {
        let enabled = servers.indices.filter { servers[$0].index != nil && servers[$0].admin == .ready && servers[$0].weight > 0 }
        let soft = enabled.filter {
            let server = servers[$0]
            return !server.isDownByAgent && (server.health.isUp || server.health.onlyFailsSoftly)
        }
        guard settings.panic > 0, !soft.isEmpty, soft.count * 100 >= settings.panic * enabled.count else { return false }
        for place in soft { servers[place].isUsable = true }
        return true
    }

    /// Who waits for a server that cannot take it any more waits for any; who spilled to where nobody is left waits nearer.
    private mutating func review(waiter index: Int) {
        if let stickyServer = waiting[index].stickyServer {
            if settings.stick != nil, let place = place(stickyServer), servers[place].isFit || servers[place].isUsable { return }
            releaseToShared(index)
        }
        let nearest = nearestTier(waiting[index].tried) ?? 0
        if waiting[index].tier < nearest || !isOpen(waiting[index].tier, waiting[index].tried) { waiting[index].tier = nearest }
    }

    /// Who waited for a server of its own waits for any, at its old place in the line.
    mutating func releaseToShared(_ index: Int) {
        if let place = waiting[index].stickyServer.flatMap({ place($0) }) { servers[place].waitingForThisServer -= 1 }
        waiting[index].stickyServer = nil
        waiting[index].tier = nearestTier(waiting[index].tried) ?? 0
    }

    // MARK: Tiers

    /// It has a usable server that the request was not tried on.
    private func isOpen(_ tier: Int, _ tried: TriedServers) -> Bool {
        servers.contains { $0.isUsable && $0.tier == tier && !tried.contains($0.id) }
    }

    /// Rather one whose connections do not fail.
    func nearestTier(_ tried: TriedServers) -> Int? {
        let candidates = servers.filter { $0.isUsable && !tried.contains($0.id) }
        return candidates.lazy.filter(\.breaker.isClosed).map(\.tier).min() ?? candidates.lazy.map(\.tier).min()
    }

    /// The nearest tier; where more wait for that than `locality.spill` allows, the next active one of which that is not true.
    func tier(_ tried: TriedServers) -> Int? {
        guard let nearest = nearestTier(tried), case .averageQueue(let limit) = settings.spill, nearest < activeTiers else {
            return nearestTier(tried)
        }
        let isFree = { tier in
            servers.contains { $0.isUsable && $0.breaker.isClosed && $0.tier == tier && !tried.contains($0.id) }
                && averageQueue(tier: tier) <= limit
        }
        return (nearest..<activeTiers).first(where: isFree) ?? nearest
    }

    private func averageQueue(tier: Int) -> Int {
        let usable = servers.count { $0.isUsable && $0.tier == tier }
        return (waiting.count { $0.stickyServer == nil && $0.tier == tier } + usable - 1) / usable
    }

    /// Without what servers say of their own queues.
    var averageQueue: Int {
        guard let first = servers.filter(\.isUsable).map(\.tier).min() else { return waiting.count * 2 }
        let last = settings.spill != .never && first < activeTiers ? activeTiers - 1 : first
        let takers = servers.count { $0.isUsable && (first...last).contains($0.tier) }
        return (waiting.count + takers - 1) / takers
    }

    /// Backups after active servers, then by distance, then, with `backups: first`, by the place in the file.
    private func rank(_ server: ServerModel) -> Int {
        let near = [site] + (sites.first { $0.name == site }?.near.map { $0 } ?? [])
        let place = server.entry.site ?? site
        let others = Set(settings.servers.compactMap(\.site)).filter { !near.contains($0) }.sorted()
        let distance = near.firstIndex(of: place) ?? near.count + others.firstIndex(of: place!)!
        let alone = server.entry.backup && settings.backups == .first ? server.index! : 0
        return (server.entry.backup ? 1_000_000 : 0) + distance * 1000 + alone
    }

    // MARK: Who may take whom

    /// At most so many repeats at a time, three always; `slack` more or fewer live requests, since it is not said whether the one that
    /// asks is one.
    func mayRepeat(slack: Int) -> Bool {
        settings.retry.budget > 0 && repeatsInUse < max(3, (inUse + waiting.count + slack) * settings.retry.budget / 100)
    }

    /// Its holder, or all without a certificate, hold as many slots as they may: a share of those of the usable servers that fresh requests
    /// go to, at least one.
    func isOverShare(_ holder: SlotHolder?) -> Bool {
        guard let holder else { return false }
        let usable = servers.filter(\.isUsable)
        guard let first = usable.map(\.tier).min() else { return false }
        let last = settings.spill != .never && first < activeTiers ? activeTiers - 1 : first
        let limits = usable.filter { (first...last).contains($0.tier) }.map(\.limit)
        if limits.contains(.max) { return false }
        let slots = limits.reduce(0, +)
        func isOver(_ count: Int, _ percent: Int) -> Bool { percent < 100 && count >= max(1, slots * percent / 100) }
        return isOver(holders.count { $0 == holder }, settings.shares.holder)
            || !holder.isVerified && isOver(holders.count { !$0.isVerified }, settings.shares.unverified)
    }

    /// But for the budget of repeats.
    func mayTake(_ server: ServerModel, _ waiter: Waiter) -> Bool {
        guard server.hasRoom(for: waiter.kind), !isOverShare(waiter.holder) else { return false }
        if let stickyServer = waiter.stickyServer { return stickyServer == server.id && (server.isFit || server.isUsable) }
        return server.isUsable && server.tier <= waiter.tier && !waiter.tried.contains(server.id)
    }

    // MARK: Settings

    /// - Parameter id: of the server at that place of the settings
    mutating func adopt(_ new: PoolSettings, site: SiteName?, id: (Int) -> ServerID?) throws(Violation) {
        let known = servers
        let newest = servers.last?.id
        (settings, self.site) = (new, site)
        sticks.adopt(new.stick)
        for place in servers.indices { servers[place].index = nil }
        for (index, entry) in new.servers.enumerated() {
            guard let id = id(index) else { throw Violation("\(entry.name) is not known") }
            if let place = known.firstIndex(where: { $0.entry.name == entry.name && $0.entry.address == entry.address }) {
                try require(id == known[place].id, "\(entry.name) has another number now")
                adopt(entry, place)
                servers[place].index = index
            } else {
                try require(newest.map { id > $0 } ?? true, "\(entry.name) has an old number")
                servers.append(ServerModel(id: id, entry: entry, index: index, check: settings.check))
            }
        }
        dropGone()
        let ranks = Set(servers.filter { $0.index != nil }.map(rank)).sorted()
        activeTiers = ranks.count { $0 < 1_000_000 }
        for place in servers.indices where servers[place].index != nil { servers[place].tier = ranks.firstIndex(of: rank(servers[place]))! }
        // Tiers have new numbers: whoever has spilled waits near again.
        for index in waiting.indices { waiting[index].tier = 0 }
    }

    private mutating func adopt(_ entry: ServerSettings, _ place: Int) {
        if servers[place].entry.agentCheck != nil, entry.agentCheck == nil {
            (servers[place].agentWeight, servers[place].agentPercent, servers[place].agentMaxconn) = (nil, 100, nil)
            servers[place].isDownByAgent = false
        }
        servers[place].entry = entry
        servers[place].health.adopt(settings.check)
        if settings.outlier == nil { servers[place].outlier = OutlierModel() }
        if (entry.slowstart ?? .zero) == .zero { (servers[place].slowStartPercent, servers[place].slowStartSince) = (100, nil) }
        if settings.load == .none { servers[place].externalRequests = 0 }
    }

    mutating func dropGone() { servers.removeAll { $0.index == nil && $0.inUse == 0 } }
}
