import Balancing
import Forwarding
import Model
import Puppet
import Routing
import Settings

/// The path of a request from its head to a slot on a server, as in a worker; the slot is released some requests later.
struct Decider: ~Copyable {
    private let routes: RouteTable
    private let settings: PoolSettings
    private var pool: Pool
    private var request = PuppetRequest()
    private var actions: [PoolAction] = []
    /// Slots that are held, the oldest at `next`.
    private var held: [Assignment?]
    private var next = 0
    private var serial: UInt64 = 0
    private var clock = MonotonicTime.zero

    /// - Parameter holding: how many slots are taken at a time
    init(_ settings: ProxySettings, holding: Int) {
        routes = RouteTable(settings)
        self.settings = settings.pools[0]
        pool = Pool(settings: settings.pools[0], site: settings.site, sites: settings.sites)
        held = Array(repeating: nil, count: max(1, holding))
    }

    /// False if the result is not a server: the benchmark is broken then.
    mutating func decide(_ sample: borrowing SampleRequest) -> Bool {
        guard classify(sample), route(sample) else { return false }
        return pick(sample)
    }

    mutating func classify(_ sample: borrowing SampleRequest) -> Bool {
        let target = sample.target
        switch request.classify(method: sample.method, target: target.span) {
        case .complete: return true
        case .ambiguous: return false
        case .needsBody: break
        }
        let body = sample.body
        let type = SampleRequest.formType
        let none: [UInt8] = []
        return request.classifyBody(body.span, contentType: type.span, contentEncoding: none.span, extent: .whole) == .complete
    }

    mutating func route(_ sample: borrowing SampleRequest) -> Bool {
        let decision = routes.decide(request, sample.context) { _ in pool.averageQueue }
        if case .forward = decision { return true }
        return false
    }

    mutating func pick(_ sample: borrowing SampleRequest) -> Bool {
        clock = clock + .microseconds(50)
        serial += 1
        var ask = PoolRequest(
            ticket: Ticket(worker: 0, serial: serial), kind: SlotKind(request.endpoint),
            queueClass: QueueClass(request.endpoint, isCA: request.isCA), holder: sample.holder)
        if settings.stick != nil { ask.stickKey = sample.identity.foldedCertname }
        if case .hash = settings.balance { ask.hash = HashRing.hash(sample.identity.foldedCertname) }
        guard case .assigned(let assignment) = pool.submit(ask, now: clock) else { return false }
        if let oldest = held[next] {
            pool.handle(.release(oldest, .served), now: clock, actions: &actions)
            actions.removeAll(keepingCapacity: true)
        }
        held[next] = assignment
        next = next + 1 == held.count ? 0 : next + 1
        return true
    }
}
