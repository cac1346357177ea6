import Balancing
import Model
import Settings
import Testing

/// A pool in words: servers by name, tickets by number, actions as text.
struct PoolScript {
    var pool: Pool
    /// Slots that requests hold.
    var held: [Assignment] = []
    /// The same by their request, where a test names it.
    var owned: [UInt64: Assignment] = [:]
    var now = MonotonicTime(nanoseconds: 1_000_000_000)
    var site: SiteName?
    var sites: [SiteSettings]

    init(_ settings: PoolSettings, site: String? = nil, sites: [SiteSettings] = []) {
        self.site = site.map(SiteName.init)
        self.sites = sites
        pool = Pool(settings: settings, site: self.site, sites: sites)
    }

    func id(_ name: String) -> ServerID { pool.servers.last { $0.name == name && $0.index != nil }!.id }
    func name(_ id: ServerID) -> String { pool.server(id)!.name }

    mutating func submit(_ serial: UInt64, tried: String...) -> String {
        var request = PoolRequest(ticket: Ticket(worker: 0, serial: serial))
        for server in tried { request.tried.insert(id(server)) }
        return submit(request)
    }

    mutating func submit(_ request: PoolRequest) -> String {
        switch pool.submit(request, now: now) {
        case .assigned(let assignment):
            held.append(assignment)
            return name(assignment.server)
        case .queued: return "queued"
        case .refused(let reason): return reason.rawValue
        }
    }

    @discardableResult mutating func handle(_ event: PoolEvent) -> [String] {
        var actions: [PoolAction] = []
        pool.handle(event, now: now, actions: &actions)
        return actions.compactMap { action in
            switch action {
            case .assigned(let ticket, let assignment):
                held.append(assignment)
                return "\(ticket.serial) to \(name(assignment.server))"
            case .refused(let ticket, let reason): return "\(ticket.serial) \(reason.rawValue)"
            case .healthChanged(let server, let change): return "\(name(server)) \(change.kind)"
            case .serverChanged(let server, let change): return "\(name(server)) \(change.kind)"
            case .poolChanged(let change): return "pool \(change)"
            case .checkSoon(let server): return "check \(name(server))"
            }
        }
    }

    /// The oldest slot of the server is given back.
    mutating func release(_ server: String, _ verdict: Verdict = .served) -> [String] {
        let id = id(server)
        return release(id, verdict)
    }

    mutating func release(_ server: ServerID, _ verdict: Verdict = .served) -> [String] {
        guard let place = held.firstIndex(where: { $0.server == server }) else { return ["nothing held"] }
        return handle(.release(held.remove(at: place), verdict))
    }

    mutating func fail(_ server: String) -> [String] {
        handle(.check(id(server), .failed(CheckFailure(.layer4Refused, duration: .milliseconds(1)))))
    }
    mutating func pass(_ server: String) -> [String] { handle(.check(id(server), .passed(status: 200, duration: .milliseconds(1)))) }
    mutating func reconfigure(_ settings: PoolSettings) -> [String] { handle(.reconfigure(settings, site: site, sites: sites)) }
}

func server(_ name: String, weight: Int = 1, maxconn: Int? = nil, site: String? = nil, backup: Bool = false, port: UInt16 = 1)
    -> ServerSettings
{
    ServerSettings(
        name: name, address: UpstreamAddress(host: "127.0.0.1", port: port), site: site.map(SiteName.init), backup: backup,
        weight: weight, maxconn: MaxconnSettings(all: maxconn))
}

struct PoolTests {
    static func settings(
        _ servers: ServerSettings..., balance: PoolSettings.Balance = .leastConnections, queue: QueueSettings = QueueSettings(),
        backups: PoolSettings.Backups = .all
    ) -> PoolSettings {
        settings(servers, balance: balance, queue: queue, backups: backups)
    }

    static func settings(
        _ servers: [ServerSettings], balance: PoolSettings.Balance = .leastConnections, queue: QueueSettings = QueueSettings(),
        backups: PoolSettings.Backups = .all
    ) -> PoolSettings {
        PoolSettings(name: "compilers", balance: balance, queue: queue, backups: backups, check: CheckSettings(), servers: servers)
    }

    @Test func roundRobinIsSmoothByWeight() {
        var script = PoolScript(
            PoolTests.settings(server("a", weight: 5), server("b", weight: 1), server("c", weight: 1), balance: .roundRobin))
        var counts: [String: Int] = [:]
        for serial in 0..<700 {
            counts[script.submit(UInt64(serial)), default: 0] += 1
            // At no time is a server further than one and a half requests from its share.
            for (name, weight) in [("a", 5), ("b", 1), ("c", 1)] {
                let share = Double(weight * (serial + 1)) / 7
                #expect(abs(Double(counts[name, default: 0]) - share) < 1.5)
            }
        }
        #expect(counts == ["a": 500, "b": 100, "c": 100])
    }

    @Test func leastConnectionsSharesByWeight() {
        var script = PoolScript(PoolTests.settings(server("a", weight: 2), server("b", weight: 1)))
        let sequence = (0..<9).map { script.submit($0) }
        #expect(sequence.filter { $0 == "a" }.count == 6)
    }

    @Test func leastConnectionsTakesTheServerChosenLongestAgoAmongEquals() {
        var script = PoolScript(PoolTests.settings(server("a"), server("b"), server("c")))
        for expected in ["a", "b", "c", "a", "b"] {
            #expect(script.submit(0) == expected)
            #expect(script.release(expected) == [])
        }
    }

    @Test func queuedTicketsGetSlotsInOrderOfArrival() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1)))
        #expect((0..<5).map { script.submit($0) } == ["a", "b", "queued", "queued", "queued"])
        #expect(script.release("b") == ["2 to b"])
        #expect(script.release("a") == ["3 to a"])
        #expect(script.release("a") == ["4 to a"])
        #expect(script.release("a") == [])
        #expect(script.submit(9) == "a")
    }

    @Test func maxconnZeroIsUnlimited() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 0)))
        #expect((0..<50).allSatisfy { script.submit($0) == "a" })
    }

    @Test func theQueueIsBounded() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), queue: QueueSettings(size: 2)))
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "queue_full"])
    }

    /// `queue.no_server`: new requests while no server is usable; those of another instance are refused in both cases.
    @Test(arguments: [
        (QueueSettings.WithoutServer.reject, ["no_server", "no_server", "no_server"]), (.wait, ["queued", "queued", "queue_full"]),
    ])
    func aRequestWithoutAServer(_ rule: QueueSettings.WithoutServer, answers: [String]) {
        var script = PoolScript(PoolTests.settings(server("a"), queue: QueueSettings(size: 2, withoutServer: rule)))
        script.handle(.admin(script.id("a"), .maint))
        #expect((0..<3).map { script.submit($0) } == answers)
        let assigned = script.handle(.admin(script.id("a"), .ready)).filter { $0.contains(" to ") }
        #expect(assigned == (rule == .wait ? ["0 to a", "1 to a"] : []))
        #expect(script.pool.queued == 0)
    }

    @Test func aCancelledTicketGetsNothing() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), queue: QueueSettings(size: 3)))
        #expect((0..<4).map { script.submit($0) } == ["a", "queued", "queued", "queued"])
        #expect(script.handle(.cancel(Ticket(worker: 0, serial: 2))) == [])
        #expect(script.handle(.cancel(Ticket(worker: 0, serial: 2))) == [])
        #expect(script.pool.queued == 2)
        #expect(script.submit(4) == "queued")
        #expect(script.release("a") == ["1 to a"])
        #expect(script.release("a") == ["3 to a"])
        #expect(script.release("a") == ["4 to a"])
    }

    @Test func ticketsLeaveTheQueueAtTheirDeadline() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), queue: QueueSettings(timeout: .seconds(10))))
        #expect(script.pool.nextDeadline == nil)
        #expect(script.submit(0) == "a")
        let start = script.now
        #expect(script.submit(1) == "queued")
        script.now = start + .seconds(4)
        #expect(script.submit(2) == "queued")
        #expect(script.pool.nextDeadline == start + .seconds(10))
        script.now = start + .milliseconds(9_999)
        #expect(script.handle(.tick) == [])
        script.now = start + .seconds(10)
        #expect(script.handle(.tick) == ["1 queue_timeout"])
        #expect(script.pool.nextDeadline == start + .seconds(14))
        #expect(script.release("a") == ["2 to a"])
        #expect(script.pool.nextDeadline == nil)
    }

    @Test func aNewTimeoutCountsForThoseWhoWaitToo() {
        var settings = PoolTests.settings(server("a", maxconn: 1), queue: QueueSettings(timeout: .seconds(100)))
        var script = PoolScript(settings)
        let start = script.now
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        settings.queue.timeout = .seconds(1)
        #expect(script.reconfigure(settings) == [])
        #expect(script.pool.nextDeadline == start + .seconds(1))
    }

    @Test func averageQueueIsRoundedUpOverTheServersThatCouldTakeIt() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1), server("c", backup: true)))
        for (serial, expected) in zip(UInt64(0)..., [0, 0, 1, 1, 2, 2, 3]) {
            _ = script.submit(serial)
            #expect(script.pool.averageQueue == expected)
        }
    }

    @Test func aReloadKeepsSlotsQueueHealthAndOperatorsState() {
        var settings = PoolTests.settings(server("a", maxconn: 1), server("b"), server("c"))
        var script = PoolScript(settings)
        let ids = ["a", "b", "c"].map { script.id($0) }
        #expect(script.fail("b") == ["b down"])
        #expect(script.handle(.admin(ids[2], .drain)).count == 1)
        #expect((0..<2).map { script.submit($0) } == ["a", "queued"])
        settings.servers = settings.servers.reversed()
        settings.servers[2].maxconn.all = 2
        #expect(script.reconfigure(settings) == ["1 to a"])
        #expect(["a", "b", "c"].map { script.id($0) } == ids)
        #expect(script.pool.server(ids[0])?.inUse == 2)
        #expect(script.pool.server(ids[0])?.index == 2)
        #expect(script.pool.server(ids[1])?.isUsable == false)
        #expect(script.pool.server(ids[2])?.admin == .drain)
    }

    @Test func aRemovedServerDrainsAwayAndANewAddressIsANewServer() {
        var settings = PoolTests.settings(server("a", maxconn: 1), server("b", maxconn: 1))
        var script = PoolScript(settings)
        let (oldA, oldB) = (script.id("a"), script.id("b"))
        #expect((0..<3).map { script.submit($0) } == ["a", "b", "queued"])
        settings.servers = [server("a", maxconn: 1, port: 2)]
        #expect(script.reconfigure(settings) == ["2 to a"])
        #expect(script.id("a") > oldB)
        #expect(script.pool.servers.count == 3)
        #expect(script.release(oldB) == [])
        #expect(script.release(oldA) == [])
        #expect(script.pool.server(oldA) == nil)
        #expect(script.pool.servers.map(\.name) == ["a"])
        #expect(script.submit(3) == "queued")
    }

    @Test func aServerThatComesBackWhileItDrainsKeepsItsSlots() {
        let settings = PoolTests.settings(server("a", maxconn: 1), server("b"))
        var without = settings
        without.servers.removeFirst()
        var script = PoolScript(settings)
        let old = script.id("a")
        #expect(script.submit(0) == "a")
        _ = script.reconfigure(without)
        _ = script.reconfigure(settings)
        #expect(script.id("a") == old)
        #expect(script.pool.server(old)?.hasRoom == false)
    }

    /// Workers read the clock on their own: one may be a little behind another.
    @Test func aTicketThatComesByAnEarlierClockHasNotWaitedLonger() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1)))
        let start = script.now
        #expect(script.submit(0) == "a")
        script.now = start + .seconds(1)
        #expect(script.submit(1) == "queued")
        script.now = start
        #expect(script.submit(2) == "queued")
        script.now = start + .seconds(3)
        #expect(script.release("a") == ["1 to a"])
        #expect(script.release("a") == ["2 to a"])
        #expect(script.held.last?.place.waited == .seconds(2))
    }

    @Test func whoHasWaitedLongestCountsBehindOneThatCameAgain() {
        var script = PoolScript(PoolTests.settings(server("a", maxconn: 1), queue: QueueSettings(timeout: .seconds(10))))
        let start = script.now
        #expect(script.submit(0) == "a")
        script.now = start + .seconds(1)
        #expect(script.submit(1, queueClass: .quick, attempt: .redispatch, place: nil) == "queued")
        script.now = start + .seconds(5)
        let place = script.held[0].place
        // It had a server all the time, so it has not waited, but keeps its place before the other.
        #expect(script.submit(0, queueClass: .quick, attempt: .redispatch, place: place) == "queued")
        #expect(script.pool.nextDeadline == start + .seconds(11))
        #expect(script.pool.longestWait(.quick, now: script.now) == .seconds(4))
        script.now = start + .seconds(11)
        #expect(script.handle(.tick) == ["1 queue_timeout"])
        #expect(script.release("a") == ["0 to a"])
    }

    @Test func theLongestWaitIsOfTheOldestOfItsClassWhereverItWaits() {
        var settings = PoolTests.settings(server("a", maxconn: 1))
        settings.stick = StickSettings(on: .certname, wait: .seconds(60))
        var script = PoolScript(settings)
        #expect(script.submit(0, stick: "x") == "a")
        #expect(script.pool.longestWait(.quick, now: script.now) == nil)
        #expect(script.submit(1, stick: "x") == "queued")
        script.wait(.seconds(2))
        #expect(script.submit(2) == "queued")
        script.wait(.seconds(3))
        #expect(script.submit(3, stick: "", .first, .compile) == "queued")
        #expect(QueueClass.allCases.map { script.pool.longestWait($0, now: script.now) } == [nil, .seconds(5), .zero])
        #expect(script.release("a") == ["1 to a"])
        #expect(script.pool.longestWait(.quick, now: script.now) == .seconds(3))
    }
}

extension PoolScript {
    fileprivate mutating func submit(
        _ serial: UInt64, queueClass: QueueClass, attempt: PoolRequest.Attempt, place: QueuePlace?
    ) -> String {
        submit(PoolRequest(ticket: Ticket(worker: 0, serial: serial), queueClass: queueClass, attempt: attempt, place: place))
    }
}

extension ServerState {
    var hasRoom: Bool { inUse < slotLimit }
}
