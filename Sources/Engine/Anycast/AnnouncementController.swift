import Admin
import Anycast
import Hooks
import Logging
import Model
import Network
import Settings

/// Does this instance announce the service address? Judges each second and at each change of a server, and has the driver do it. On the
/// control loop.
///
///     idle → announcing      this instance is ready, and its site has `anycast`
///     announcing → leaving   it drains: withdrawn, and the listeners stay open for `settle`
///     announcing → idle      a new instance has taken over and announces, or a reload removed `anycast`
final class AnnouncementController {
    private unowned let server: ProxyServer
    /// puppetfront's own path; nil: no guard.
    private let program: String?
    private var settings: AnycastSettings?
    private var driver: (any AnnouncementDriver)?
    private var keeper: AnnouncementGuard?
    private var judge = FitnessJudge()
    private var override = AnycastOverride.auto
    private var isLeaving = false
    private var hasBegun = false
    private var reportedFault: String?
    private var since = MonotonicTime.zero
    private var usable: [(pool: String, count: Int)] = []

    init(_ server: ProxyServer, program: String?) {
        self.server = server
        self.program = program
    }

    // MARK: Life

    /// What an operator set and the hold-down of the instance before this one, before `begin`.
    func restore(_ saved: SavedState.Anycast) {
        override = saved.override
        judge = FitnessJudge(heldUntil: saved.heldDown > 0 ? server.now + .seconds(saved.heldDown) : nil)
    }

    /// This instance is ready.
    /// - Parameter takesOver: another one has announced until now: the first judgement holds at once
    func begin(takesOver: Bool) {
        hasBegun = true
        if takesOver { judge.decideAtOnce() }
        since = server.now
        adopt(server.configuration.settings)
    }

    /// From a new configuration.
    func adopt(_ all: ProxySettings?) {
        guard hasBegun else { return }
        let next = all?.ownAnycast
        if next?.via != settings?.via {
            driver?.close()
            // The guard of what is no longer announced withdraws it: its pipe closes without farewell.
            (driver, keeper) = (nil, nil)
            if let next { open(next) }
        }
        settings = next
        look()
    }

    private func open(_ next: AnycastSettings) {
        do throws(SystemError) {
            switch next.via {
            case .bird(let socket, let protocols, let unfit):
                driver = BIRDClient(socket, protocols: protocols, unfitProtocols: unfit, server.loop)
            case .exabgp: driver = ExaBGPAnnouncer(server.loop)
            case .command(let path): driver = try CommandAnnouncer(path, server.loop.mailbox)
            }
        } catch {
            server.log.error("anycast: cannot announce", metadata: ["reason": "\(error.description)"])
        }
        startGuard(next)
    }

    private func startGuard(_ next: AnycastSettings) {
        guard let program, let words = AnnouncementGuard.words(next.via) else { return }
        do throws(SystemError) {
            keeper = try AnnouncementGuard(program, words)
        } catch {
            server.log.error("anycast: no guard: if this process dies, its routes stay", metadata: ["reason": "\(error.description)"])
        }
    }

    /// - Returns: how long to go on accepting, since routers still send agents here; nil: nothing was announced
    func beginLeaving() -> Duration? {
        guard let settings, !isLeaving else { return nil }
        let wasThere = judge.state != .withdrawn
        isLeaving = true
        look()
        return wasThere ? settings.settle : nil
    }

    /// A new instance announces.
    func handOver() {
        keeper?.release()
        driver?.close()
        (driver, keeper, settings, hasBegun) = (nil, nil, nil, false)
    }

    func set(_ override: AnycastOverride) -> Bool {
        guard settings != nil else { return false }
        self.override = override
        server.state.markStale()
        look()
        return true
    }

    // MARK: Judging

    /// Each second.
    func tick() {
        guard let settings else { return }
        look()
        driver?.tick()
        reportFault()
        if let keeper, keeper.hasEnded {
            server.log.warning("anycast: the guard has ended, another is started")
            startGuard(settings)
        }
    }

    /// Something may have changed.
    func look() {
        guard let settings else { return }
        let old = judge.state
        let state = judge.judge(inputs(settings), settings, now: server.now)
        driver?.want(state)
        guard state != old else { return }
        since = server.now
        let line = "Anycast: \(state.rawValue), \(judge.reason)."
        if state == .announced { server.log.notice("\(line)") } else { server.log.warning("\(line)") }
        server.changes.note(line)
        server.changes.notifier.notify(state.event) { [reason = judge.reason] in $0.reason = reason }
    }

    private func inputs(_ settings: AnycastSettings) -> FitnessJudge.Inputs {
        var inputs = FitnessJudge.Inputs()
        guard let all = server.configuration.settings else { return inputs }
        usable = settings.pools.map { all.pools[$0.value].name }.map { name in
            (name, UsableServers.count(server.pools[name]?.servers ?? [], settings.servers, site: settings.site))
        }
        inputs.usable = usable
        inputs.listenersOpen = all.listeners.indices.allSatisfy {
            all.listeners[$0].isForInstances || server.listeners.state($0) == .open
        }
        inputs.isDraining = isLeaving || server.lifecycle.isDraining
        inputs.hasKillFile = settings.killFile.map { FileStamp($0) != nil } ?? false
        inputs.override = override
        return inputs
    }

    // MARK: Reports

    private func reportFault() {
        let fault = driver?.fault
        guard fault != reportedFault else { return }
        reportedFault = fault
        if let fault {
            let taken = believed.map(\.rawValue) ?? "unknown"
            server.log.error("anycast: not in force", metadata: ["reason": "\(fault)", "taken_for": "\(taken)"])
            server.changes.note("Anycast: not in force, \(fault)")
        } else {
            server.log.notice("anycast: in force again", metadata: ["state": "\(judge.state.rawValue)"])
        }
    }

    /// What the routers have, as far as it is known; where the daemon does not reply, what `on_unknown` says.
    private var believed: AnycastState? {
        guard let settings, let driver else { return nil }
        if driver.fault == nil { return driver.confirmed }
        switch settings.onUnknown {
        case .keep: return judge.state
        case .withdraw: return .withdrawn
        case .announce: return .announced
        }
    }

    func commandEnded(_ state: AnycastState, fault: String?) { (driver as? CommandAnnouncer)?.ended(state, fault: fault) }

    /// `puppetfront anycast exabgp` asks; nil: nothing is announced by this instance.
    func stateForExaBGP() -> AnycastState? {
        guard settings != nil else { return nil }
        (driver as? ExaBGPAnnouncer)?.asked()
        return judge.state
    }

    /// nil: this site has no `anycast`.
    var report: AnycastReport? {
        guard let settings else { return nil }
        var report = AnycastReport(state: judge.state, override: override)
        (report.reason, report.via, report.isConfirmed) = (judge.reason, driver?.name ?? "", driver?.confirmed == judge.state)
        (report.believed, report.fault) = (believed, driver?.fault)
        (report.usable, report.minServers, report.changes) = (usable, settings.minServers, judge.changes)
        report.heldDown = judge.heldDown(now: server.now)?.components.seconds
        report.seconds = (server.now - since).components.seconds
        return report
    }
}

extension AnycastState {
    fileprivate var event: ChangeEvent.Name {
        switch self {
        case .announced: .anycastAnnounced
        case .unfit: .anycastUnfit
        case .withdrawn: .anycastWithdrawn
        }
    }
}
