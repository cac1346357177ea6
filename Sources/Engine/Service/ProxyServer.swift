import AccessLogging
import Admin
import Balancing
import CLinux
import Hooks
import Logging
import Model
import Network
import Settings
import Synchronization

/// The whole service: makes its parts, passes messages and signals to them, drains and ends.
///
/// `run` blocks the calling thread, which becomes the control thread. Everything here happens on it, except work for the two background
/// threads. The parts are reachable for each other through this object; each owns its state.
package final class ProxyServer {
    let log: Logger
    let loop: EventLoop<ControlMessage>
    let version: String
    let startedAt = Moment.now

    let workers = WorkerGroup()
    let listeners = ListenerRegistry()
    let configuration = ActiveConfiguration()
    let pools: PoolRegistry
    let checker: HealthChecker
    let lookups: NameLookups
    let changes: ChangeReporter
    let sampler = PoolSampler()
    private(set) lazy var administration = Administration(self)
    private(set) lazy var staged = StagedMaterials(self, on: files)
    private(set) lazy var reloader = Reloader(self, on: files, path: configurationPath, load: load)
    private(set) lazy var state = StateStore(self, on: files)
    private(set) lazy var tickers = ServiceTickers(self)
    private(set) lazy var announcements = AnnouncementController(self, program: successor.first)
    private(set) lazy var shutdown = Shutdown(self)
    private(set) lazy var peers = PeerService(self, names: names)
    private(set) lazy var succession = Succession(self, command: successor)
    private(set) var lifecycle = Lifecycle.starting

    private let load: @Sendable () -> ConfigurationOutcome
    private let configurationPath: String?
    private let onReady: ([String]) -> Void
    private let handlesSignals: Bool
    private let successor: [String]
    private let files: BackgroundThread
    private let names: BackgroundThread
    private var access: AccessLogWriter?
    private var signals: SignalReader?
    /// Whether to take another instance's place, and the conversation with it until it is complete.
    private let takesOver: Bool
    private var takeover: Takeover?
    private var exitCode: Int32 = 0

    /// - Parameters:
    ///   - version: what the runtime socket and metrics say
    ///   - takesOver: takes the sockets and the state of the instance at `admin.socket`, which then drains
    ///   - successor: the command line of an instance that takes over, the program's path first
    ///   - handlesSignals: SIGTERM and SIGINT drain, SIGHUP reloads, SIGUSR1 reopens the log, SIGUSR2 starts the successor; all are blocked
    ///   - configurationPath: the file that `load` reads; nil: reports do not say whether it has changed
    ///   - load: reads the configuration; called on a background thread at each reload
    ///   - onReady: gets `NAME=ADDRESS:PORT` of every listener, once all are bound
    package init(
        version: String = "", takesOver: Bool = false, successor: [String] = [], handlesSignals: Bool = true, log: Logger,
        configurationPath: String? = nil, load: @escaping @Sendable () -> ConfigurationOutcome,
        onReady: @escaping ([String]) -> Void
    ) throws {
        ProcessMemory.prepare()
        if handlesSignals { SignalReader.block() }
        (self.version, self.takesOver, self.successor) = (version, takesOver, successor)
        self.handlesSignals = handlesSignals
        self.configurationPath = configurationPath
        self.load = load
        self.log = log
        self.onReady = onReady
        loop = try EventLoop()
        files = try BackgroundThread(name: "files")
        names = try BackgroundThread(name: "names")
        checker = HealthChecker(loop: loop, log: log)
        pools = PoolRegistry(workers.directory, checker: checker, loop: loop)
        lookups = NameLookups(on: names, pools: pools, mailbox: loop.mailbox)
        changes = ChangeReporter(HookNotifier(try ChangeHook(log: log)), startedAt: startedAt, log: log)
    }

    var isTakingOver: Bool { takeover != nil }
    var now: MonotonicTime { MonotonicTime(nanoseconds: loop.now) }
    var logLinesDropped: Int { access?.linesDropped.load(ordering: .relaxed) ?? 0 }
    var runtimeServers: RuntimeServers { RuntimeServers(pools: pools, configuration: configuration, changes: changes) }
    var runtimeListeners: RuntimeListeners { RuntimeListeners(server: self) }

    // MARK: Starting

    /// Runs until drained. Exit code: 0, 1 for a failure at run time, 64 for a wrong configuration.
    package func run() -> Int32 {
        ProcessLimits.raiseDescriptors()
        guard let settings = reloader.loadFirst() else { return 64 }
        do {
            try start(settings)
        } catch let error as MaterialProblems {
            for line in error.lines { Stderr.write("error: \(line)") }
            return 1
        } catch {
            Stderr.write("error: \(error)")
            return 1
        }
        loop.run()
        changes.notifier.finish()
        access?.finish()
        log.notice(
            "ended",
            metadata: [
                "requests": "\(workers.counters.requests.load(ordering: .relaxed))",
                "turned_away": "\(workers.counters.turnedAway.load(ordering: .relaxed))",
                "log_lines_dropped": "\(logLinesDropped)",
                "hook_events_dropped": "\(changes.notifier.dropped)",
            ])
        return exitCode
    }

    private func start(_ settings: ProxySettings) throws {
        loop.onMessage = { [unowned self] in handle($0) }
        if handlesSignals {
            let reader = try SignalReader { [unowned self] in signalled($0) }
            try loop.add(reader, descriptor: reader.descriptor)
            signals = reader
        }
        let count = settings.limits.workerThreads ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        if takesOver { takeover = try Takeover.begin(settings, log: log) }
        let activated = ActivatedSockets.take(for: settings.listeners, log: log)
        try listeners.open(
            settings.listeners, workers: count, inherited: (takeover?.takeListeners() ?? []) + activated,
            limits: takeover?.listenerLimits ?? [:], mayListen: takeover == nil)
        let access = try AccessLogWriter(settings.logs, names: names, log: log)
        try access.start()
        self.access = access
        if let takeover {
            if let http = settings.admin.http { try administration.prepareHTTP(http, configuration.materials, takeover) }
        } else {
            let opened = try administration.prepare(settings.admin, configuration.materials)
            administration.commit(opened, settings.admin, configuration.materials)()
        }
        pools.makeMissing(settings)
        changes.notifier.adopt(settings.onChangeHook, site: settings.site?.value)
        let first = installSnapshot(settings)
        try workers.start(count, first, access: access, log: log) { [mailbox = loop.mailbox] in mailbox.post(.workerEnded($0)) }
        pools.reconfigure(settings, configuration.materials)
        if takeover == nil, let path = settings.stateFile { state.restore(fromFile: path) }
        try tickers.start()
        lookups.start(onlyMissing: false)
        if lookups.isIdle { becomeReady() }
    }

    /// When names are resolved, or after 5 s without.
    func becomeReady() {
        guard lifecycle == .starting, let snapshot = configuration.snapshot else { return }
        let takesOver = takeover != nil
        if let takeover {
            guard takeover.complete(self) else {
                exitCode = 1
                return shutdown.stopNow()
            }
            administration.begin(snapshot.settings.admin, takeover)
            self.takeover = nil
        }
        do {
            try listeners.listen()
        } catch {
            log.error("cannot listen", metadata: ["reason": "\(error.description)"])
        }
        _ = lifecycle.becomeReady()
        publish(snapshot)
        peers.adopt(snapshot.settings, configuration.materials)
        announcements.begin(takesOver: takesOver)
        let words = listeners.readyWords(snapshot.settings.listeners) + (administration.httpAddress.map { ["admin=\($0)"] } ?? [])
        onReady(words)
        SystemdNotifier.notify("READY=1\nSTATUS=\(words.joined(separator: " "))")
        tickers.pingWatchdog()
        changes.notifier.notify(.started)
        _ = changes.notifier.notifyExpiries(configuration.materials.expiries)
    }

    // MARK: Configuration

    func installSnapshot(_ settings: ProxySettings) -> Snapshot {
        checker.setAgentAuthority(configuration.materials.agentAuthority(settings.listeners))
        return configuration.installSnapshot(settings, pools: pools, limits: listeners.adoptLimits(settings.listeners))
    }

    /// To all workers, with their sockets. Before this instance is ready none of them may accept: `becomeReady` publishes what is in force then.
    func publish(_ snapshot: Snapshot) {
        guard lifecycle.hasBeenReady else { return }
        for number in 0..<workers.count { workers.post(.adopt(snapshot, listeners.sockets(forWorker: number)), to: number) }
    }

    func adoptLogs(_ settings: LogSettings) { access?.adopt(settings) }

    /// By an operator, who may have moved the log's file away.
    func reload(inquiry: UInt64? = nil) {
        access?.reopen()
        reloader.request(isAutomatic: false, inquiry: inquiry)
    }

    /// False: it drains already.
    func beginDrain(isReplaced: Bool) -> Bool { lifecycle.beginDrain(isReplaced: isReplaced) }

    // MARK: Events

    private func handle(_ message: ControlMessage) {
        switch message {
        case .loaded(let read, let fingerprint, let isAutomatic): reloader.loaded(read, fingerprint, isAutomatic: isAutomatic)
        case .configurationRead(let fingerprint): reloader.configurationRead(fingerprint)
        case .resolved(let lookup, let address): resolved(lookup, address)
        case .peerResolved(let address, let result): peers.resolved(address, to: result)
        case .notice(let pool, let notice): noticed(pool, notice)
        case .sessions(let inquiry, let worker, let list): administration.answered(inquiry, by: worker, list)
        case .staged(let inquiry, let made): staged.staged(made, inquiry: inquiry)
        case .rebuilt(let inquiry, let made, let result): staged.rebuilt(made, result, inquiry: inquiry)
        case .workerEnded(let number): shutdown.workerEnded(number)
        case .announcementEnded(let state, let fault): announcements.commandEnded(state, fault: fault)
        case .successorEnded: succession.successorEnded()
        case .reload: reload()
        case .drain: shutdown.drain()
        case .stop: shutdown.stopNow()
        }
    }

    private func signalled(_ number: Int32) {
        switch number {
        case SIGHUP: reload()
        case SIGUSR1: access?.reopen()
        case SIGUSR2: _ = succession.start()
        case SIGINT where lifecycle.isDraining || shutdown.isSettling: shutdown.stopNow()
        default: shutdown.drain()
        }
    }

    private func resolved(_ lookup: NameLookups.Lookup, _ address: SocketAddress?) {
        if let (pool, isFirst) = lookups.finished(lookup, address, now: now) {
            state.markStale()
            if isFirst { checker.askNow(pool, lookup.server) }
        }
        if lookups.isIdle { becomeReady() }
    }

    private func noticed(_ pool: PoolCoordinator, _ notice: PoolCoordinator.PoolNotice) {
        state.markStale()
        defer { announcements.look() }
        switch notice {
        case .health(let id, let change):
            guard let server = pool.server(id) else { return }
            changes.healthChanged(pool, server, change)
            if change.kind == .down, change.isGone { workers.post(.serverDown(id, of: pool)) }
        case .server(let id, let change):
            guard let server = pool.server(id) else { return }
            changes.serverChanged(pool, server, change)
        case .pool(let change): changes.poolChanged(pool, change)
        case .checkSoon(let id): checker.checkSoon(pool, id)
        }
    }
}
