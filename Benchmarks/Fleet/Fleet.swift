import Balancing
import Forwarding
import LoadKit
import Model
import Puppet
import Routing
import Settings

/// Agents, the instances of their sites, and servers, in simulated time. Pools, sticks and routes are the product's; the rest is a model: the
/// WAN takes `FleetShape.delay` each way, JRubies take `RunScript.seconds`, and instances take no time.
final class Fleet {
    private struct Agent {
        var step = -1
        var began = 0.0
        var asked = 0.0
        /// At its site's instance, and at another site's where it was sent there.
        var near: Assignment?
        var far: Assignment?
        var farSite = 0
        var server = 0
        var tried = TriedServers()
    }

    private let shape: FleetShape
    private let script: RunScript
    private let routes: RouteTable
    private let context: RouteContext
    /// By environment, then by step of a run.
    private let targets: [[[UInt8]]]
    private var request = PuppetRequest()
    private var pools: [Pool]
    /// What a pool's servers are: a server's number, or ~site for an instance.
    private let members: [[Int]]
    private var servers: [CompileServer]
    private var agents: [Agent]
    private let keys: [[UInt8]]
    private var events = EventQueue()
    private var now = 0.0
    private var measuredFrom = 0.0
    private(set) var figures = FleetFigures()

    init(_ shape: FleetShape, seed: Int) {
        self.shape = shape
        script = RunScript(compile: CompileTime(medianMilliseconds: 2000, seed: seed))
        let settings = (0..<shape.siteCount).map(shape.settings)
        routes = RouteTable(settings[0])
        let identity = ClientIdentity(
            certname: Array("node.example.org".utf8), distinguishedName: [], serial: [], issuerDER: [], der: [], extensions: [],
            notAfter: 0,
            headerBlock: [])
        context = RouteContext(identity: identity, source: IPAddress(v4: 0x0A00_0001))
        targets = (0..<10).map { environment in
            RunScript.steps.map { Array(RunScript.target($0, environment: "environment_\(environment)").utf8) }
        }
        pools = settings.map { Pool(settings: $0.pools[0], site: $0.site, sites: $0.sites) }
        members = settings.map { settings in
            settings.pools[0].servers.map { $0.isInstance ? ~Int($0.name.dropFirst(2))! : Int($0.name.dropFirst(1))! }
        }
        servers = (0..<shape.siteCount * shape.serversOfSite).map {
            CompileServer(site: $0 / shape.serversOfSite, jrubies: shape.slots)
        }
        agents = Array(repeating: Agent(), count: shape.agents)
        keys = (0..<shape.agents).map { Array("node\($0 + 100_000).example.org".utf8) }
    }

    /// Every agent begins a run at some time of `seconds`, and again each half hour until `end`.
    func begin(within seconds: Double, agents chosen: Range<Int>, until end: Double) {
        for agent in chosen {
            // A step that is prime to any number of agents in use, so that sites take turns.
            var time = now + Double(agent * 7919 % shape.agents) / Double(shape.agents) * seconds
            repeat {
                events.add(.begin(agent: Int32(agent)), at: time)
                time += 1800
            } while time < end
        }
    }

    func kill(site: Int, at time: Double, until back: Double) {
        events.add(.site(Int32(site), isUp: false), at: time)
        events.add(.site(Int32(site), isUp: true), at: back)
    }

    /// Runs to the end; what began before `from` is not counted.
    func run(measuringFrom from: Double = 0, to end: Double) {
        measuredFrom = from
        events.add(.tick, at: 1)
        while let (time, event) = events.next(), time <= end {
            now = time
            handle(event)
        }
    }

    var busyShare: Double { servers.reduce(0) { $0 + $1.busySeconds } / now / Double(shape.allSlots) }
    var mostRequestsOfServer: Int { servers.map(\.mostRequests).max() ?? 0 }
    var sticks: [Int] { pools.map { $0.sticks?.count ?? 0 } }

    private var clock: MonotonicTime { MonotonicTime(nanoseconds: Int64(now * 1e9)) }
    private func site(_ agent: Int32) -> Int { Int(agent) % shape.siteCount }

    private func handle(_ event: EventQueue.Event) {
        switch event {
        case .begin(let agent):
            // An agent whose last run goes on does not begin another.
            guard agents[Int(agent)].step < 0 else { return }
            agents[Int(agent)].step = 0
            agents[Int(agent)].began = now
            ask(agent, .first)
        case .ask(let agent): ask(agent, .first)
        case .cross(let agent): cross(agent)
        case .arrive(let agent): arrive(agent)
        case .done(let agent): done(agent)
        case .back(let agent): back(agent)
        case .tick:
            for site in pools.indices { tell(site, .tick) }
            figures.mostQueued = max(figures.mostQueued, pools.reduce(0) { $0 + $1.queued })
            events.add(.tick, at: now + 1)
        case .site(let site, let isUp): change(Int(site), isUp: isUp)
        }
    }

    private func ask(_ agent: Int32, _ attempt: PoolRequest.Attempt) {
        let index = Int(agent)
        let site = site(agent)
        let endpoint = RunScript.steps[agents[index].step]
        if attempt == .first {
            agents[index].asked = now
            agents[index].tried = TriedServers()
            if agents[index].began >= measuredFrom { figures.requests += 1 }
        }
        route(endpoint, targets[index % 10][agents[index].step], from: site)
        let request = PoolRequest(
            ticket: Ticket(worker: 0, serial: UInt64(index)), kind: SlotKind(endpoint), queueClass: QueueClass(endpoint, isCA: false),
            tried: agents[index].tried, attempt: attempt, stickKey: keys[index])
        switch pools[site].submit(request, now: clock) {
        case .assigned(let assignment): assigned(agent, assignment)
        case .queued: break
        case .refused: giveUp(agent)
        }
    }

    /// The product's decision, which is always the same pool here.
    private func route(_ endpoint: PuppetEndpoint, _ target: [UInt8], from site: Int) {
        let (none, type, body): ([UInt8], [UInt8], [UInt8]) = ([], RunScript.formType, RunScript.body)
        let method: RequestMethod = endpoint == .catalog ? .post : endpoint == .report ? .put : .get
        var isKnown = false
        switch request.classify(method: method, target: target.span) {
        case .complete: isKnown = true
        case .ambiguous: break
        case .needsBody:
            isKnown =
                request.classifyBody(body.span, contentType: type.span, contentEncoding: none.span, extent: .whole)
                == .complete
        }
        guard isKnown, case .forward = routes.decide(request, context, averageQueue: { _ in pools[site].averageQueue }) else {
            fail(1, "the routes reject an agent's request")
        }
    }

    private func assigned(_ agent: Int32, _ assignment: Assignment) {
        agents[Int(agent)].near = assignment
        if assignment.isTrial { tell(site(agent), .connected(assignment.server)) }
        let member = members[site(agent)][assignment.serverIndex]
        if member < 0 {
            agents[Int(agent)].farSite = ~member
            if agents[Int(agent)].began >= measuredFrom { figures.crossed += 1 }
            return events.add(.cross(agent: agent), at: now + shape.delay)
        }
        send(agent, to: member, assignment, from: site(agent))
    }

    private func send(_ agent: Int32, to server: Int, _ assignment: Assignment, from site: Int) {
        agents[Int(agent)].server = server
        if !assignment.isSticky, agents[Int(agent)].began >= measuredFrom { figures.newSticks += 1 }
        let isAway = servers[server].site != site
        if isAway, agents[Int(agent)].began >= measuredFrom { figures.crossed += 1 }
        events.add(.arrive(agent: agent), at: now + (isAway ? shape.delay : 0))
    }

    /// At another site's instance.
    private func cross(_ agent: Int32) {
        let index = Int(agent)
        let site = agents[index].farSite
        let endpoint = RunScript.steps[agents[index].step]
        let request = PoolRequest(
            ticket: Ticket(worker: 1, serial: UInt64(index)), kind: SlotKind(endpoint), queueClass: QueueClass(endpoint, isCA: false),
            stickKey: keys[index], staysHere: true)
        switch pools[site].submit(request, now: clock) {
        case .assigned(let assignment): assignedThere(agent, assignment)
        case .queued: break
        case .refused: giveBack(agent, .none)
        }
    }

    private func assignedThere(_ agent: Int32, _ assignment: Assignment) {
        let site = agents[Int(agent)].farSite
        agents[Int(agent)].far = assignment
        if assignment.isTrial { tell(site, .connected(assignment.server)) }
        send(agent, to: members[site][assignment.serverIndex], assignment, from: site)
    }

    private func arrive(_ agent: Int32) {
        let server = agents[Int(agent)].server
        guard servers[server].isUp else { return giveBack(agent, .connectFailed) }
        if servers[server].arrive(agent) { start(agent) }
    }

    private func start(_ agent: Int32) {
        let index = Int(agent)
        if RunScript.steps[agents[index].step] == .catalog, agents[index].began >= measuredFrom {
            figures.queued.append(now - agents[index].asked)
        }
        events.add(.done(agent: agent), at: now + script.seconds(RunScript.steps[agents[index].step], agent: index))
    }

    private func done(_ agent: Int32) {
        let index = Int(agent)
        let server = agents[index].server
        let next = servers[server].end(seconds: script.seconds(RunScript.steps[agents[index].step], agent: index))
        if let next { start(next) }
        guard servers[server].isUp else { return giveBack(agent, .responseFailed) }
        let wait = servers[server].site == site(agent) ? 0 : shape.delay
        if let far = agents[index].far {
            agents[index].far = nil
            tell(agents[index].farSite, .release(far, .served))
        }
        events.add(.back(agent: agent), at: now + wait)
    }

    private func back(_ agent: Int32) {
        let index = Int(agent)
        release(agent, .served)
        agents[index].step += 1
        guard agents[index].step == RunScript.steps.count else { return events.add(.ask(agent: agent), at: now + RunScript.pause) }
        agents[index].step = -1
        if agents[index].began >= measuredFrom { figures.runs.append(now - agents[index].began) }
        figures.lastEnd = now
    }

    private func release(_ agent: Int32, _ verdict: Verdict) {
        guard let near = agents[Int(agent)].near else { return }
        agents[Int(agent)].near = nil
        tell(site(agent), .release(near, verdict))
    }

    /// The try failed: the request goes to another server.
    private func giveBack(_ agent: Int32, _ verdict: Verdict) {
        let index = Int(agent)
        if let far = agents[index].far {
            agents[index].far = nil
            tell(agents[index].farSite, .release(far, verdict))
        }
        if let near = agents[index].near { agents[index].tried.insert(near.server) }
        release(agent, verdict)
        ask(agent, verdict == .responseFailed ? .repeat : .redispatch)
    }

    private func giveUp(_ agent: Int32) {
        agents[Int(agent)].step = -1
        if agents[Int(agent)].began >= measuredFrom { figures.failedRuns += 1 }
    }

    private func change(_ site: Int, isUp: Bool) {
        for server in servers.indices where servers[server].site == site {
            if isUp {
                servers[server].isUp = true
            } else {
                for agent in servers[server].die() { giveBack(agent, .responseFailed) }
            }
        }
        for pool in pools.indices {
            for (index, member) in members[pool].enumerated() where member < 0 ? ~member == site : servers[member].site == site {
                tell(pool, .health(ServerID(UInt32(index)), isUp: isUp))
            }
        }
    }

    private func tell(_ site: Int, _ event: PoolEvent) {
        var actions: [PoolAction] = []
        pools[site].handle(event, now: clock, actions: &actions)
        for action in actions {
            switch action {
            case .assigned(let ticket, let assignment):
                if ticket.worker == 0 {
                    assigned(Int32(ticket.serial), assignment)
                } else {
                    assignedThere(Int32(ticket.serial), assignment)
                }
            case .refused(let ticket, _):
                if ticket.worker == 0 { giveUp(Int32(ticket.serial)) } else { giveBack(Int32(ticket.serial), .none) }
            default: break
            }
        }
    }
}
