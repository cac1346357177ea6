import Balancing
import CLinux
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
    private let load: @Sendable () -> ConfigurationOutcome
    private let onReady: ([String]) -> Void
    let log: Logger
    private let handlesSignals: Bool
    private let loop: EventLoop<ControlMessage>
    private let files: BackgroundThread
    private let names: BackgroundThread
    private let counters = ProcessCounters()
    let checker: HealthChecker

    private let directory = WorkerDirectory()
    private(set) var workers: [WorkerHandle] = []
    private var sockets = ListenerSockets(workers: 0)
    private var snapshot: Snapshot?
    private var materials = SnapshotBuilder.Materials(listeners: [], pools: [], warnings: [], files: [])
    private var pools: [String: PoolCoordinator] = [:]
    /// Pools that a reload removed while requests waited in them.
    private var retired: [PoolCoordinator] = []
    private var access: AccessLogWriter?
    private var signals: SignalReader?
    private var tickers: [Ticker] = []
    private var watcher = FileWatcher()
    private var unresolvedAtStart = 0
    private var isReady = false
    private var isReloading = false
    private var reloadsAgain = false
    private var isDraining = false
    private var workersLeft = 0

    /// - Parameters:
    ///   - handlesSignals: SIGTERM and SIGINT drain, SIGHUP reloads, SIGUSR1 reopens the log. They are blocked for the whole process.
    ///   - load: reads the configuration; called on a background thread at each reload
    ///   - onReady: gets `NAME=ADDRESS:PORT` of every listener, once all are bound
    package init(
        handlesSignals: Bool = true, log: Logger, load: @escaping @Sendable () -> ConfigurationOutcome,
        onReady: @escaping ([String]) -> Void
    ) throws {
        if handlesSignals { SignalReader.block() }
        self.handlesSignals = handlesSignals
        self.load = load
        self.log = log
        self.onReady = onReady
        loop = try EventLoop()
        files = try BackgroundThread(name: "files")
        names = try BackgroundThread(name: "names")
        checker = HealthChecker(loop: loop)
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
            lines.forEach { Stderr.write($0) }
            return 64
        case .loaded(let loaded, let warnings):
            warnings.forEach { Stderr.write($0) }
            settings = loaded
        }
        do {
            materials = try SnapshotBuilder.loadMaterials(settings)
        } catch {
            error.lines.forEach { Stderr.write("error: \($0)") }
            return 64
        }
        materials.warnings.forEach { log.warning("\($0)") }
        do {
            try start(settings)
        } catch let error as MaterialProblems {
            error.lines.forEach { Stderr.write("error: \($0)") }
            return 1
        } catch {
            Stderr.write("error: \(error)")
            return 1
        }
        loop.run()
        access?.finish()
        return 0
    }

    private func start(_ settings: ProxySettings) throws {
        loop.onMessage = { [unowned self] in handle($0) }
        if handlesSignals {
            let reader = try SignalReader { [unowned self] in signalled($0) }
            try loop.add(reader, descriptor: reader.descriptor)
            signals = reader
        }
        let count = settings.limits.workerThreads ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        sockets = ListenerSockets(workers: count)
        try sockets.adopt(settings.listeners)
        let access = try AccessLogWriter(settings.logs.accessTo)
        access.start()
        self.access = access
        makePools(settings)
        let first = makeSnapshot(settings, generation: 0)
        let prefix = requestPrefix()
        for number in 0..<count {
            let worker = try WorkerHandle(
                number: number, snapshot: first, counters: counters, access: access, log: log, requestPrefix: prefix,
                ended: { [mailbox = loop.mailbox] in mailbox.post(.workerEnded(number)) })
            workers.append(worker)
            directory.add(worker.mailbox)
        }
        workersLeft = count
        adoptPools(settings)
        tickers = [
            try Ticker(every: 100_000_000, on: loop) { [unowned self] in tickPools() },
            try Ticker(every: 30_000_000_000, on: loop) { [unowned self] in resolveNames(onlyMissing: true) },
            try Ticker(every: 5_000_000_000, on: loop) { [unowned self] in watchFiles() },
        ]
        watcher.adopt(materials.files)
        resolveNames(onlyMissing: false)
        if unresolvedAtStart == 0 { becomeReady() }
        // Names that take long must not keep the rest waiting.
        tickers.append(try Ticker(every: 5_000_000_000, on: loop) { [unowned self] in becomeReady() })
    }

    private func becomeReady() {
        guard !isReady, let snapshot else { return }
        isReady = true
        for (number, worker) in workers.enumerated() { worker.mailbox.post(.adopt(snapshot, sockets.sockets(forWorker: number))) }
        onReady(sockets.readyWords(snapshot.settings.listeners))
        SystemdNotifier.notify("READY=1")
    }

    private func requestPrefix() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 3)
        _ = getrandom(&bytes, 3, 0)
        return bytes.flatMap { [Self.hex($0 >> 4), Self.hex($0 & 15)] }
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

    // MARK: Pools and snapshots

    /// Makes the pools that are new. Those there are are reconfigured by `adoptPools`, once nothing can fail any more.
    private func makePools(_ settings: ProxySettings) {
        for pool in settings.pools where pools[pool.name] == nil {
            pools[pool.name] = PoolCoordinator(
                settings: pool, site: settings.site, sites: settings.sites,
                dispatch: { [directory] ticket, outcome, coordinator in
                    directory.post(.queueOutcome(serial: ticket.serial, outcome, from: coordinator), to: ticket.worker)
                },
                notice: { [mailbox = loop.mailbox] in mailbox.post(.notice($0, $1)) })
        }
    }

    private func makeSnapshot(_ settings: ProxySettings, generation: Int) -> Snapshot {
        let made = Snapshot(
            generation: generation, settings: settings, routes: RouteTable(settings), pools: settings.pools.map { pools[$0.name]! },
            listenerTLS: materials.listeners, clientMaterials: materials.pools.compactMap { $0 })
        snapshot = made
        return made
    }

    private func adoptPools(_ settings: ProxySettings) {
        for (index, pool) in settings.pools.enumerated() {
            let material = materials.pools[index]
            pools[pool.name]!.reconfigure(
                pool, site: settings.site, sites: settings.sites, now: MonotonicTime(nanoseconds: loop.now)
            ) { SnapshotBuilder.target(for: $0, pool: pool, material: material, known: $1) }
        }
        let names = Set(settings.pools.map(\.name))
        retired += pools.values.filter { !names.contains($0.name) && $0.queued > 0 }
        pools = pools.filter { names.contains($0.key) }
        checker.adopt(settings.pools.map { pools[$0.name]! })
    }

    // MARK: Events

    private func handle(_ message: ControlMessage) {
        switch message {
        case .loaded(let outcome, let materials, let isAutomatic): loaded(outcome, materials, isAutomatic)
        case .resolved(let pool, let server, let address): resolved(pool, server, address)
        case .notice(let pool, let notice): noticed(pool, notice)
        case .workerEnded: workerEnded()
        case .reload: reload(isAutomatic: false)
        case .drain: drain()
        case .stop: stopNow()
        }
    }

    private func signalled(_ number: Int32) {
        switch number {
        case SIGHUP: reload(isAutomatic: false)
        case SIGUSR1: access?.reopen()
        case SIGINT where isDraining: stopNow()
        default: drain()
        }
    }

    private func tickPools() {
        let now = MonotonicTime(nanoseconds: loop.now)
        for pool in Array(pools.values) + retired {
            if let deadline = pool.nextDeadline, deadline <= now { pool.handle(.tick, now: now) }
        }
        retired.removeAll { $0.queued == 0 }
    }

    // MARK: Names

    private func resolveNames(onlyMissing: Bool) {
        for pool in pools.values {
            for server in pool.servers where server.index != nil && server.settings.address.literal == nil {
                if onlyMissing, pool.target(server.id)?.address != nil { continue }
                if !isReady { unresolvedAtStart += 1 }
                let address = server.settings.address
                names.perform { [mailbox = loop.mailbox, name = pool.name, id = server.id] in
                    mailbox.post(.resolved(pool: name, id, NameResolver.resolve(address.host, port: address.port)))
                }
            }
        }
    }

    private func resolved(_ poolName: String, _ server: ServerID, _ address: SocketAddress?) {
        if let pool = pools[poolName] {
            let now = MonotonicTime(nanoseconds: loop.now)
            let known = pool.target(server)?.address
            // A name that stops to resolve keeps the address that worked.
            if address != nil || known == nil {
                pool.resolved(server, to: address)
                if address == nil {
                    pool.handle(.check(server, .unresolved), now: now)
                } else if known == nil {
                    pool.handle(.check(server, .resolved), now: now)
                }
            }
        }
        guard !isReady else { return }
        unresolvedAtStart -= 1
        if unresolvedAtStart <= 0 { becomeReady() }
    }

    // MARK: Reloading

    private func watchFiles() { if watcher.hasSettledChange() { reload(isAutomatic: true) } }

    /// Reads everything on the files thread; `loaded` goes on from there.
    private func reload(isAutomatic: Bool) {
        guard !isDraining else { return }
        guard !isReloading else {
            // What was read may be older than what is asked for now.
            reloadsAgain = true
            return
        }
        isReloading = true
        SystemdNotifier.notify("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds() / 1000)")
        files.perform { [mailbox = loop.mailbox, load, materials] in
            switch load() {
            case .failed(let lines):
                mailbox.post(.loaded(.failed(lines), nil, isAutomatic: isAutomatic))
            case .loaded(let settings, let warnings):
                do throws(MaterialProblems) {
                    let materials = try SnapshotBuilder.loadMaterials(settings, previous: materials)
                    mailbox.post(.loaded(.loaded(settings, warnings: warnings), materials, isAutomatic: isAutomatic))
                } catch {
                    mailbox.post(.loaded(.failed(error.lines), nil, isAutomatic: isAutomatic))
                }
            }
        }
    }

    private func loaded(_ outcome: ConfigurationOutcome, _ materials: SnapshotBuilder.Materials?, _ isAutomatic: Bool) {
        isReloading = false
        defer {
            SystemdNotifier.notify("READY=1")
            if reloadsAgain {
                reloadsAgain = false
                reload(isAutomatic: false)
            }
        }
        guard !isDraining, let old = snapshot else { return }
        guard case .loaded(let settings, let warnings) = outcome, let materials else {
            if case .failed(let lines) = outcome { refuseReload(lines) }
            return
        }
        do {
            try sockets.adopt(settings.listeners)
        } catch {
            return refuseReload(error.lines)
        }
        warnings.forEach { log.warning("\($0)") }
        materials.warnings.forEach { log.warning("\($0)") }
        self.materials = materials
        watcher.adopt(materials.files)
        makePools(settings)
        let next = makeSnapshot(settings, generation: old.generation + 1)
        adoptPools(settings)
        if old.settings.logs != settings.logs { access?.retarget(settings.logs.accessTo) }
        for (number, worker) in workers.enumerated() { worker.mailbox.post(.adopt(next, sockets.sockets(forWorker: number))) }
        resolveNames(onlyMissing: false)
        log.notice("reloaded", metadata: ["generation": "\(next.generation)", "cause": isAutomatic ? "files changed" : "asked for"])
    }

    private func refuseReload(_ lines: [String]) {
        lines.forEach { log.error("\($0)") }
        log.error("reload refused: the configuration in force stays", metadata: ["mistakes": "\(lines.count)"])
    }

    // MARK: Ending

    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        SystemdNotifier.notify("STOPPING=1")
        log.notice("draining", metadata: ["connections": "\(counters.connections.load(ordering: .relaxed))"])
        sockets.closeAll()
        for worker in workers { worker.mailbox.post(.drain) }
        let limit = snapshot?.settings.timeouts.drain.inNanoseconds ?? 0
        do {
            tickers.append(try Ticker(every: max(limit, 1_000_000), on: loop) { [unowned self] in stopNow() })
        } catch {
            stopNow()
        }
    }

    private func stopNow() {
        isDraining = true
        for worker in workers { worker.mailbox.post(.stop) }
    }

    private func workerEnded() {
        workersLeft -= 1
        guard workersLeft == 0 else { return }
        for worker in workers { worker.join() }
        log.notice(
            "ended",
            metadata: [
                "requests": "\(counters.requests.load(ordering: .relaxed))",
                "turned_away": "\(counters.turnedAway.load(ordering: .relaxed))",
                "log_lines_dropped": "\(access?.linesDropped.load(ordering: .relaxed) ?? 0)",
            ])
        loop.stop()
    }
}
