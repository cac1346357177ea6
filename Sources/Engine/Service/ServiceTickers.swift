import Logging
import Model
import Network

/// What happens at fixed intervals? On the control loop.
final class ServiceTickers {
    private unowned let server: ProxyServer
    private var tickers: [Ticker<ControlMessage>] = []
    private var watchdog: Watchdog?
    private var memory = MemoryReturn()

    init(_ server: ProxyServer) { self.server = server }

    func start() throws(SystemError) {
        memory.returned(resident: Int(ProcessMemory.residentBytes), connections: 0, bodies: 0)
        try every(.milliseconds(100)) { $0.pools.tick() }
        try every(PeerService.interval) { $0.peers.tick() }
        try every(.seconds(1)) { $0.state.tick() }
        try every(.seconds(1)) { $0.sampler.tick($0.pools, $0.workers) }
        try every(.seconds(1)) { $0.announcements.tick() }
        try every(.seconds(30)) { $0.lookups.start(onlyMissing: true) }
        try every(.seconds(5)) { $0.reloader.watch() }
        try every(.seconds(5)) { $0.administration.reportSuppressed() }
        try every(.seconds(5)) { $0.tickers.returnMemory($0.workers) }
        // Names that take long must not delay the rest of the start.
        try every(.seconds(5)) { $0.becomeReady() }
        try every(.seconds(3600)) { server in
            let materials = server.configuration.materials
            let lines = server.changes.notifier.notifyExpiries(materials.expiries) + materials.heldBack.map(\.line)
            for line in lines { server.log.warning("\(line)") }
        }
        guard let interval = SystemdNotifier.watchdogInterval else { return }
        watchdog = Watchdog(server.workers, log: server.log)
        // The first ping comes with READY: before it systemd expects none, and in a takeover listens to the old instance.
        try every(max(.milliseconds(1), .nanoseconds(interval / 2))) { if $0.lifecycle.hasBeenReady { $0.tickers.pingWatchdog() } }
    }

    private func every(_ interval: Duration, _ body: @escaping (ProxyServer) -> Void) throws(SystemError) {
        tickers.append(try Ticker(every: interval.inNanoseconds, on: server.loop) { [unowned server] in body(server) })
    }

    private func returnMemory(_ workers: WorkerGroup) {
        let (connections, bodies) = (workers.counters.connections.load(ordering: .relaxed), workers.counters.bodies.held)
        switch memory.next(resident: Int(ProcessMemory.residentBytes), connections: connections, bodies: bodies) {
        case .nothing: break
        case .releaseBuffers: workers.post(.releaseSpareBuffers)
        case .giveBack:
            ProcessMemory.giveBack()
            memory.returned(resident: Int(ProcessMemory.residentBytes), connections: connections, bodies: bodies)
        }
    }

    func pingWatchdog() { watchdog?.tick() }
    /// Another process is watched now.
    func stopWatchdog() { watchdog = nil }
    func workerEnded() { watchdog?.workerEnded() }
}
