import AccessLogging
import Admin
import Balancing
import CLinux
import Hooks
import Logging
import Model
import Network
import Routing
import Settings
import Synchronization
import TLS

/// The whole service: starts workers, runs the control loop (checks, names, signals, reloads), drains and ends.
///
/// `run` blocks the calling thread, which becomes the control thread. Everything here happens on it, but for what it hands to the
/// two background threads.
package final class ProxyServer {
    let load: @Sendable () -> ConfigurationOutcome
    private let onReady: ([String]) -> Void
    let log: Logger
    private let handlesSignals: Bool
    let loop: EventLoop<ControlMessage>
    let files: BackgroundThread
    let names: BackgroundThread
    let counters = ProcessCounters()
    let checker: HealthChecker
    let hook: ChangeHook
    /// For conversations with operators.
    let adminMemory = TransferMemory()
    let startedAt = Moment.now
    let version: String
    /// What operators ask about of the past.
    lazy var history = ChangeHistory(startedAt: startedAt)
    var namedEnvironments = NamedEnvironments()
    var reloads: UInt64 = 0
    var reloadsRefused: UInt64 = 0
    var adminSocket: AdminSocket?
    var adminHTTP: AdminHTTPListener?

    let directory = WorkerDirectory()
    private(set) var workers: [WorkerHandle] = []
    var sockets = ListenerSockets(workers: 0)
    /// By the listener's name.
    var listenerLimits: [String: ListenerLimit] = [:]
    var snapshot: Snapshot?
    var materials = SnapshotBuilder.Materials()
    var pools: [String: PoolCoordinator] = [:]
    /// Pools that a reload removed, as long as a request that began before it may come to wait in them.
    var retired: [RetiredPool] = []
    private(set) var access: AccessLogWriter?
    private var signals: SignalReader?
    var tickers: [Ticker<ControlMessage>] = []
    var watcher = FileWatcher()
    let stateFile: StateFile
    /// Whether `state_file` must be written: a crash must not lose operator overrides.
    var stateFileIsStale = true
    /// What the hook has been notified of.
    var notified = NotifiedChanges()
    var unresolvedAtStart = 0
    /// Under way: names that take long are not asked for again meanwhile.
    var lookups: Set<ServerLookup> = []
    private(set) var isReady = false
    /// Whether to take another instance's place, and the conversation with it until it is done.
    private let takesOver: Bool
    var takeover: Takeover?
    /// Where another instance asks for this one's place.
    var handover: Handover?
    var hasHandedOver = false
    /// What SIGUSR2 starts, the program's path first.
    let successor: [String]
    var isSuccessorRunning = false
    var watchdog: Watchdog?
    var isReloading = false
    var reloadsAgain = false
    var lastReload: ReloadReport?
    /// Conversations that wait for the reload under way, and for the one after it.
    var reloadInquiries: (now: [UInt64], next: [UInt64]) = ([], [])
    var isDraining = false
    /// By number.
    var runningWorkers: Set<Int> = []
    var inquiries = Inquiries()
    /// What waits for `commit ssl`, one of each kind.
    var transactions: [MaterialFile.Kind: StagedMaterial] = [:]
    private var exitCode: Int32 = 0

    /// - Parameters:
    ///   - version: what the runtime socket and metrics say
    ///   - takesOver: takes the sockets and the state of the instance at `admin.socket`, which then drains
    ///   - successor: the command line of an instance that takes over, the program's path first
    ///   - handlesSignals: SIGTERM and SIGINT drain, SIGHUP reloads, SIGUSR1 reopens the log, SIGUSR2 starts the successor. They are blocked for the whole process.
    ///   - load: reads the configuration; called on a background thread at each reload
    ///   - onReady: gets `NAME=ADDRESS:PORT` of every listener, once all are bound
    package init(
        version: String = "", takesOver: Bool = false, successor: [String] = [], handlesSignals: Bool = true, log: Logger,
        load: @escaping @Sendable () -> ConfigurationOutcome,
        onReady: @escaping ([String]) -> Void
    ) throws {
        if handlesSignals { SignalReader.block() }
        self.version = version
        self.takesOver = takesOver
        self.successor = successor
        self.handlesSignals = handlesSignals
        self.load = load
        self.log = log
        self.onReady = onReady
        loop = try EventLoop()
        files = try BackgroundThread(name: "files")
        names = try BackgroundThread(name: "names")
        stateFile = StateFile(on: files, log: log)
        hook = try ChangeHook(log: log)
        checker = HealthChecker(loop: loop, log: log)
    }

    /// Whether everything that the settings name on disk can be used: every problem and warning, one line each.
    package static func verify(_ settings: ProxySettings) -> (problems: [String], warnings: [String]) {
        do {
            return ([], try SnapshotBuilder.loadMaterials(settings).warnings)
        } catch {
            return (error.lines, [])
        }
    }

    /// Ends the service from another thread, as SIGTERM would.
    package var remote: Remote { Remote(mailbox: loop.mailbox) }

    package struct Remote: Sendable {
        let mailbox: Mailbox<ControlMessage>
        package func drain() { mailbox.post(.drain) }
        package func stop() { mailbox.post(.stop) }
        package func reload() { mailbox.post(.reload) }
    }

    // MARK: Starting

    /// Runs until drained. Exit code: 0, 1 for a failure at run time, 64 for a wrong configuration.
    package func run() -> Int32 {
        ProcessLimits.raiseDescriptors()
        let settings: ProxySettings
        switch load() {
        case .failed(let lines):
            for line in lines { Stderr.write(line) }
            return 64
        case .loaded(let loaded, let warnings):
            for warning in warnings { Stderr.write(warning) }
            settings = loaded
        }
        do {
            materials = try SnapshotBuilder.loadMaterials(settings)
        } catch {
            for line in error.lines { Stderr.write("error: \(line)") }
            return 64
        }
        for warning in materials.warnings { log.warning("\(warning)") }
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
        hook.finish()
        access?.finish()
        log.notice(
            "ended",
            metadata: [
                "requests": "\(counters.requests.load(ordering: .relaxed))",
                "turned_away": "\(counters.turnedAway.load(ordering: .relaxed))",
                "log_lines_dropped": "\(access?.linesDropped.load(ordering: .relaxed) ?? 0)",
                "hook_events_dropped": "\(hook.dropped.load(ordering: .relaxed))",
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
        if takesOver { try beginTakeover(settings) }
        let activated = ActivatedSockets.take(for: settings.listeners, log: log)
        sockets = ListenerSockets(workers: count, inherited: (takeover?.takeListeners() ?? []) + activated, mayListen: takeover == nil)
        try sockets.adopt(settings.listeners)
        let access = try AccessLogWriter(settings.logs, names: names, log: log)
        access.start()
        self.access = access
        if let takeover {
            if let http = settings.admin.http { try prepareAdminHTTP(http, takeover) }
        } else {
            if let socket = settings.admin.socket { try openAdminSocket(socket) }
            if let http = settings.admin.http { try openAdminHTTP(http) }
        }
        makePools(settings)
        hook.adopt(settings.onChangeHook)
        let first = makeSnapshot(settings, generation: 0)
        let prefix = requestPrefix()
        for number in 0..<count {
            let worker = try WorkerHandle(
                number: number, snapshot: first, counters: counters, access: access, log: log,
                requestPrefix: prefix + Self.hexadecimal(UInt8(truncatingIfNeeded: number)),
                ended: { [mailbox = loop.mailbox] in mailbox.post(.workerEnded(number)) })
            workers.append(worker)
            directory.add(worker.mailbox)
        }
        runningWorkers = Set(0..<count)
        adoptPools(settings)
        if takeover == nil, let path = settings.stateFile { restoreFromFile(path) }
        tickers = [
            try Ticker(every: 100_000_000, on: loop) { [unowned self] in tickPools() },
            try Ticker(every: 1_000_000_000, on: loop) { [unowned self] in if stateFileIsStale { writeStateFile() } },
            try Ticker(every: 30_000_000_000, on: loop) { [unowned self] in resolveNames(onlyMissing: true) },
            try Ticker(every: 5_000_000_000, on: loop) { [unowned self] in watchFiles() },
            try Ticker(every: 3_600_000_000_000, on: loop) { [unowned self] in notifyHookOfExpiries(alsoLogs: true) },
        ]
        if let interval = SystemdNotifier.watchdogInterval { try startWatchdog(interval) }
        watcher.adopt(materials)
        resolveNames(onlyMissing: false)
        if unresolvedAtStart == 0 { becomeReady() }
        // Names that take long must not keep the rest waiting.
        tickers.append(try Ticker(every: 5_000_000_000, on: loop) { [unowned self] in becomeReady() })
    }

    func becomeReady() {
        guard !isReady, !isDraining, let snapshot else { return }
        if let takeover, !completeTakeover(takeover, snapshot.settings.admin) {
            exitCode = 1
            return stopNow()
        }
        do {
            try sockets.listen()
        } catch {
            log.error("cannot listen", metadata: ["reason": "\(error.description)"])
        }
        isReady = true
        publish(snapshot)
        let words = sockets.readyWords(snapshot.settings.listeners) + (adminHTTP.map { ["admin=\($0.address)"] } ?? [])
        onReady(words)
        SystemdNotifier.notify("READY=1\nSTATUS=\(words.joined(separator: " "))")
        watchdog?.tick()
        notifyHook(.started)
        notifyHookOfExpiries(alsoLogs: false)
    }

    /// To all workers, with their sockets. Before this instance is ready none of them may accept: `becomeReady` publishes what is in force then.
    func publish(_ snapshot: Snapshot) {
        guard isReady else { return }
        for (number, worker) in workers.enumerated() { worker.mailbox.post(.adopt(snapshot, sockets.sockets(forWorker: number))) }
    }

    private func requestPrefix() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 3)
        _ = getrandom(&bytes, 3, 0)
        return bytes.flatMap(Self.hexadecimal)
    }

    private static func hexadecimal(_ byte: UInt8) -> [UInt8] { [hex(byte >> 4), hex(byte & 15)] }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

    // MARK: Events

    private func handle(_ message: ControlMessage) {
        switch message {
        case .loaded(let outcome, let materials, let isAutomatic): loaded(outcome, materials, isAutomatic)
        case .resolved(let lookup, let address): resolved(lookup, address)
        case .notice(let pool, let notice): noticed(pool, notice)
        case .sessions(let inquiry, let worker, let list): inquiries.answered(inquiry, by: worker, list)?()
        case .staged(let inquiry, let made): staged(made, inquiry: inquiry)
        case .rebuilt(let inquiry, let made, let result): rebuilt(made, result, inquiry: inquiry)
        case .workerEnded(let number): workerEnded(number)
        case .successorEnded: successorEnded()
        case .reload: reload(isAutomatic: false)
        case .drain: drain()
        case .stop: stopNow()
        }
    }

    private func signalled(_ number: Int32) {
        switch number {
        case SIGHUP: reload(isAutomatic: false)
        case SIGUSR1: access?.reopen()
        case SIGUSR2: startSuccessor()
        case SIGINT where isDraining: stopNow()
        default: drain()
        }
    }

    private func tickPools() {
        let now = MonotonicTime(nanoseconds: loop.now)
        retired.removeAll { $0.pool == nil }
        for pool in Array(pools.values) + retired.compactMap(\.pool) {
            if let deadline = pool.nextDeadline, deadline <= now { pool.handle(.tick, now: now) }
        }
    }
}
