import Model
import Settings

/// Which server takes this request: now, later, or none? One value for the whole process; the Engine keeps it behind one lock.
///
/// A request goes to its sticky server; else to the first tier that has a usable server on which it was not tried (further only where
/// `locality.spill` allows it), there to the server that `balance` picks among those with a free slot. Where all are full it is queued.
/// Who holds its share of the slots (`SlotShares`) is queued too, and others pass it.
/// The other files: +Choosing (stick and tier), +Waiting (the queue), +Shares (of slots), +Servers (which are usable), +Health (checks,
/// ejection, slow start), +Breaker (connections).
/// Invariants: a slot is taken by each assignment and given back by one release; no request is queued while a server that may take it has
/// a free slot within its share (but repeats beyond the budget, and for `stick.wait` those that wait for their sticky server); every queued ticket ends by
/// one action or a cancel; where some server is usable, a request is queued only if one of those could take it. Where none is, fresh
/// requests are refused unless `queue.no_server` is `wait`, and queued ones wait for a server to recover (as in HAProxy, but for those that
/// were already sent).
/// Costs: a decision and a release are logarithmic in the servers and linear in the queue's shared lines (a few, plus those of queued
/// retries); a change of a server's state costs a pass over all.
package struct Pool: Sendable {
    package internal(set) var settings: PoolSettings
    /// By ascending ID. Servers that a reload removed stay here until their last slot is given back; their `index` is nil.
    package internal(set) var servers: [ServerState] = []
    /// Places in `servers` by tier: of those that are usable.
    package internal(set) var usable: [[Int]] = []
    /// By tier: how many of those have a closed circuit breaker.
    var reachableCount: [Int] = []
    /// How many tiers the settings make, and how many of them are not backups.
    var tierCount = 0
    var activeTierCount = 0
    /// By tier: its servers are of this site, and none is an instance: they serve requests of other instances.
    var tierIsLocal: [Bool] = []
    var hasInstances = false
    /// The first tier with a usable server: where fresh requests go.
    package internal(set) var firstTier: Int?
    /// Servers are used although their checks fail, since no other is left.
    package internal(set) var isPanicking = false
    var queue = PendingQueue()
    var shares = ClassShares()
    var slots = SlotShares()
    /// Of which requests are queued that hold less than their share.
    var activeClasses: [Bool] = [Bool](repeating: false, count: QueueClass.allCases.count)
    package internal(set) var sticks: StickTable?
    var balancer: Balancer
    /// Slots taken, in all and by repeats.
    package internal(set) var inUse = 0
    package internal(set) var repeatsInUse = 0
    /// Highest numbers so far: slots taken, requests queued.
    package internal(set) var peak = 0
    package internal(set) var peakQueued = 0
    var choices: UInt64 = 0
    /// Places of servers that are ejected, in slow start, or have an open circuit breaker: what `tick` looks at.
    var needsTick: [Int] = []
    /// By class: since when it is one of `activeClasses`; meaningless while it is not.
    var waitsSince = [MonotonicTime](repeating: .zero, count: QueueClass.allCases.count)
    private var rates = [CompletionRate](repeating: CompletionRate(), count: QueueClass.allCases.count)
    private var schedule = RetrySchedule()
    private var nextID: UInt32 = 0

    /// - Parameter seed: of `balance: random`
    package init(settings: PoolSettings, site: SiteName?, sites: [SiteSettings], seed: UInt64 = 1) {
        self.settings = settings
        balancer = Balancer(seed: seed)
        var actions: [PoolAction] = []
        adopt(settings, site: site, sites: sites, newcomers: .ready)
        rebuildUsable(actions: &actions)
    }

    // MARK: Requests and events

    package mutating func submit(_ request: PoolRequest, now: MonotonicTime) -> Submission {
        let key = key(of: request)
        let entry = queue.entry(for: request)
        if key.isRepeat, settings.retry.budget == 0 { return .refused(.noServer) }
        let isHeld = key.isRepeat && !mayRepeat || isOverShare(request.holder)
        if let place = stickyServer(for: request, now: now),
            let submission = submit(request, entry, key, toStickyServer: place, isHeld: isHeld, now: now)
        {
            return submission
        }
        guard let tier = tier(for: key) else {
            // The instance that sent a request here knows other servers for it.
            let mayWait = request.attempt != .first || settings.queue.withoutServer == .wait
            guard firstTier == nil, mayWait, !key.staysHere else { return .refused(.noServer) }
            return wait(request, entry, key, tier: 0, now: now)
        }
        // Where requests of its kind are queued that may have one, there is no slot for it: no need to look.
        if !isHeld, !queue.hasReady(key, tier: tier), let place = choose(upTo: tier, key, hash: request.hash) {
            return .assigned(take(place, for: entry, key, at: entry.place, isSticky: false, now: now))
        }
        return wait(request, entry, key, tier: tier, now: now)
    }

    /// Appends to `actions`; removes nothing from it.
    package mutating func handle(_ event: PoolEvent, now: MonotonicTime, actions: inout [PoolAction]) {
        switch event {
        case .release(let assignment, let verdict):
            release(assignment, verdict, now: now, actions: &actions)
        case .connected(let server):
            connected(server, now: now, actions: &actions)
        case .cancel(let ticket):
            if let key = queue.remove(ticket), let server = key.stickyServer { leftStickyLine(of: server) }
        case .check(let server, let outcome):
            check(server, outcome, now: now, actions: &actions)
        case .admin(let server, let state):
            admin(server, state, byAgent: false, now: now, actions: &actions)
        case .agent(let server, let reply):
            adjust(server, reply, byAgent: true, now: now, actions: &actions)
        case .adjust(let server, let reply):
            adjust(server, reply, byAgent: false, now: now, actions: &actions)
        case .health(let server, let isUp):
            force(server, isUp: isUp, now: now, actions: &actions)
        case .restore(let server, let counter):
            guard let place = place(of: server) else { return }
            servers[place].health.restore(counter: counter)
            serversChanged(now: now, actions: &actions)
        case .checks(let server, let health, let agent):
            guard let place = place(of: server) else { return }
            if let health { servers[place].isChecked = health }
            if let agent { servers[place].isAgentAsked = agent }
        case .stick(let key, let server, let age, let isLearned):
            if place(of: server) != nil { sticks?.store(key, server, age: age, isLearned: isLearned, now: now) }
        case .unstick(let key):
            if let key {
                sticks?.remove(key)
            } else {
                sticks?.removeAll()
            }
        case .learn(let taught): learn(taught, now: now)
        case .clearPeaks:
            peak = inUse
            peakQueued = queue.count
            for place in servers.indices { servers[place].peak = servers[place].inUse }
        case .load(let server, let load):
            self.load(server, load)
        case .tick:
            tick(now: now, actions: &actions)
        case .reconfigure(let newSettings, let site, let sites, let newcomers):
            adopt(newSettings, site: site, sites: sites, newcomers: newcomers)
            serversChanged(now: now, actions: &actions)
        }
    }

    // MARK: State

    /// nil: never existed, or was removed by a reload and has no request left.
    package func server(_ id: ServerID) -> ServerState? {
        place(of: id).map { servers[$0] }
    }

    /// Whether a fresh request would be assigned or queued.
    package var isUsable: Bool { firstTier != nil }

    /// Whether a fresh request of another instance would be.
    package var isUsableHere: Bool { usable.indices.contains { tierIsLocal[$0] && !usable[$0].isEmpty } }

    package var queued: Int { queue.count }

    package func queued(_ queueClass: QueueClass) -> Int { queue.countByClass[queueClass.index] }

    /// Requests queued here, and (as far as reported) at the servers, divided by the usable servers that could take them, rounded up;
    /// twice the queue where there is none. HAProxy's arithmetic (`avg_queue`).
    package var averageQueue: Int {
        let takers = takers
        guard takers > 0 else { return queue.count * 2 }
        return (queue.count + waitingAtServers + takers - 1) / takers
    }

    /// Usable servers of the tiers that fresh requests go to.
    private var takers: Int { freshTiers.reduce(0) { $0 + usable[$1].count } }

    /// The tiers that fresh requests go to: the first usable one, and those that `locality.spill` lets them go on to.
    var freshTiers: Range<Int> {
        guard let firstTier else { return 0..<0 }
        return firstTier..<(settings.spill != .never && firstTier < activeTierCount ? activeTierCount : firstTier + 1)
    }

    private var waitingAtServers: Int {
        guard settings.load == .jruby, let firstTier else { return 0 }
        return usable[firstTier].reduce(0) { $0 + (servers[$1].load?.waiting ?? 0) }
    }

    /// Requests of a class that end in a second, measured over the last ten or so; 0: not known.
    package func capacity(_ queueClass: QueueClass, now: MonotonicTime) -> Double { rates[queueClass.index].perSecond(now) }

    /// When an agent whose request is refused shall retry: seconds, for `Retry-After`. Without a usable server the measured rate is void.
    package mutating func retryAfter(_ certname: [UInt8], now: MonotonicTime) -> Int {
        let perSecond = isUsable ? capacity(.compile, now: now) : 0
        return schedule.retryAfter(certname, perSecond: perSecond, waiting: queued(.compile), now: now)
    }

    // MARK: Slots

    /// Takes a slot of that server.
    mutating func take(
        _ place: Int, for entry: PendingQueue.Entry, _ key: PendingQueue.Key, at queuePlace: QueuePlace, isSticky: Bool,
        now: MonotonicTime
    ) -> Assignment {
        choices += 1
        inUse += 1
        peak = max(peak, inUse)
        servers[place].take(entry.kind)
        servers[place].lastChosen = choices
        balancer.slotTaken(&servers[place])
        if key.isRepeat { repeatsInUse += 1 }
        takeShare(entry.holder)
        let isTrial = servers[place].breaker == .halfOpen
        setBreaker(isTrial ? .probing : servers[place].breaker, place)
        // An instance gives its own: one to it would hide the server, and outlive its owning the queue.
        if !entry.stickKey.isEmpty, !servers[place].settings.isInstance { sticks?.store(entry.stickKey, servers[place].id, now: now) }
        return Assignment(
            server: servers[place].id, serverIndex: servers[place].index ?? 0, tier: servers[place].tier, kind: entry.kind,
            queueClass: key.queueClass, isRepeat: key.isRepeat, holder: entry.holder, isSticky: isSticky, began: now,
            isTrial: isTrial, place: queuePlace)
    }

    private mutating func release(_ assignment: Assignment, _ verdict: Verdict, now: MonotonicTime, actions: inout [PoolAction]) {
        guard let place = place(of: assignment.server) else {
            assertionFailure("a slot was given back that nobody held")
            return
        }
        inUse -= 1
        servers[place].give(assignment.kind)
        if assignment.isRepeat { repeatsInUse -= 1 }
        let makesRoom = giveShare(assignment.holder)
        if verdict == .served {
            servers[place].lastServed = now
            shares.measured(assignment.queueClass, nanoseconds: now.nanoseconds - assignment.began.nanoseconds)
            rates[assignment.queueClass.index].count(now)
        }
        if servers[place].index == nil, servers[place].inUse == 0 {
            servers.remove(at: place)
            buildRings()
            rebuildUsable(actions: &actions)
        } else {
            if servers[place].index != nil { balancer.slotReleased(tier: servers[place].tier) }
            let wasClosed = servers[place].breaker == .closed
            recordConnection(place, verdict, isTrial: assignment.isTrial, now: now)
            recordPassiveCheck(place, verdict, assignment.queueClass, now: now, actions: &actions)
            serve(place, wasClosed: wasClosed, now: now, actions: &actions)
        }
        if makesRoom || assignment.isRepeat && queue.repeats > 0 { handOut(now: now, actions: &actions) }
    }

    mutating func newServerID() -> ServerID {
        defer { nextID += 1 }
        return ServerID(nextID)
    }
}
