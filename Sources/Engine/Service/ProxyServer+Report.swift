import AccessLogging
import Admin
import Balancing
import CLinux
import Model
import Network
import Settings
import Synchronization
import Telemetry

/// What operators ask about, gathered from pools, workers and the control loop's own memory. On the control loop.
extension ProxyServer {
    /// Adds the workers' tallies.
    func tally() -> Tally {
        var sum = Tally()
        for worker in workers { sum += worker.tally.copy }
        return sum
    }

    func report() -> ServiceReport {
        let now = Moment.now
        let tally = tally()
        var report = ServiceReport()
        guard let snapshot else { return report }
        report.process = process(tally, snapshot, now)
        report.listeners = listeners(tally, snapshot.settings)
        report.pools = snapshot.settings.pools.compactMap { settings in
            pools[settings.name].map { pool($0, tally.pools[Array(settings.name.utf8)] ?? PoolTally(), now) }
        }
        report.environments = namedEnvironments.reports(tally) { name in
            snapshot.routes.pool(ofEnvironment: Array(name.utf8)).map { snapshot.poolSettings($0).name }
        }
        report.certnames = certnames(tally)
        report.failures = tally.failures.failures.map(FailureReport.init)
        report.events = history.events
        for reason in Reason.allCases { report.refusals[reason] = tally.refusals(reason) }
        report.certificates = materials.expiries.map(CertificateReport.init)
        report.routes = snapshot.routeReports(tally)
        return report
    }

    private func process(_ tally: Tally, _ snapshot: Snapshot, _ now: Moment) -> ProcessReport {
        var process = ProcessReport()
        process.version = version
        process.opensslVersion = LibraryVersions.openSSL
        process.nghttp2Version = LibraryVersions.nghttp2
        process.site = snapshot.settings.site?.value
        process.processID = getpid()
        process.node = HostName.current
        process.workers = workers.count
        process.startedAt = startedAt.wall
        process.now = now.wall
        process.uptime = now.steady - startedAt.steady
        process.descriptorLimit = ProcessLimits.raiseDescriptors()
        process.connectionLimit = counters.connectionLimit(snapshot.settings.limits.connections)
        process.connections = counters.connections.load(ordering: .relaxed)
        process.handshakes = counters.handshakes.load(ordering: .relaxed)
        process.waiting = counters.waiting.load(ordering: .relaxed)
        process.turnedAway = UInt64(counters.turnedAway.load(ordering: .relaxed))
        for connections in tally.connections.values {
            process.totalConnections += connections.total
            process.totalHandshakes += connections.handshakesDone
        }
        process.totalRequests = tally.requests
        process.logLinesDropped = UInt64(access?.linesDropped.load(ordering: .relaxed) ?? 0)
        process.reloads = reloads
        process.reloadsRefused = reloadsRefused
        process.generation = snapshot.generation
        process.readiness = readiness()
        process.residentBytes = ProcessMemory.residentBytes
        return process
    }

    func readiness() -> Readiness {
        var readiness = Readiness()
        guard let snapshot else { return readiness }
        readiness.isDraining = isDraining
        readiness.defaultPoolIsUsable = snapshot.isReady
        readiness.isReady = readiness.defaultPoolIsUsable && (!isDraining || hasHandedOver)
        readiness.caIsUsable = snapshot.settings.caPool.map { snapshot.pool($0).isUsable }
        return readiness
    }

    private func listeners(_ tally: Tally, _ settings: ProxySettings) -> [ListenerReport] {
        let addresses = sockets.addresses
        let states = sockets.states
        return settings.listeners.enumerated().map { index, listener in
            var report = ListenerReport()
            let name = Array(listener.name.utf8)
            report.name = listener.name
            report.address = addresses.indices.contains(index) ? addresses[index] : ""
            report.isTLS = listener.tls != nil
            report.state = states.indices.contains(index) ? states[index] : .stopped
            let own = listenerLimits[listener.name]?.maximum.load(ordering: .relaxed) ?? 0
            report.connectionLimit = own > 0 ? own : counters.connectionLimit(settings.limits.connections)
            report.traffic = tally.listeners[name] ?? TrafficCounters()
            if let connections = tally.connections[name] {
                report.connections = connections.current
                report.maximumConnections = connections.maximum
                report.totalConnections = connections.total
                report.connectionRate = connections.rate
                report.handshakesDone = connections.handshakesDone
                report.handshakesFailed = connections.handshakesFailed
                report.handshakeTimes = connections.handshakeTimes
            }
            return report
        }
    }

    private func pool(_ coordinator: PoolCoordinator, _ tally: PoolTally, _ now: Moment) -> PoolReport {
        var report = coordinator.report(now: MonotonicTime(nanoseconds: loop.now))
        let entry = history.entry(pool: report.name)
        report.sinceChange = entry.secondsSinceChange(now: now)
        report.timesDown = entry.timesDown
        report.secondsDown = entry.secondsDown(now: now)
        report.traffic = tally.traffic
        report.queueTimes = tally.queueTimes
        for (endpoint, times) in tally.requestTimes { report.requestTimes[String(decoding: endpoint, as: UTF8.self)] = times }
        for (answer, count) in tally.answers {
            let listener = String(decoding: answer.listener, as: UTF8.self)
            report.answers[.init(listener: listener, endpoint: String(decoding: answer.endpoint, as: UTF8.self), code: answer.status)] =
                count
        }
        for (name, count) in tally.overflowed { report.overflowed[String(decoding: name, as: UTF8.self)] = count }
        for index in report.servers.indices {
            let state = report.servers[index].state
            let entry = history.entry(pool: report.name, server: state.id)
            report.servers[index].traffic = tally.servers[Array(state.name.utf8)] ?? TrafficCounters()
            report.servers[index].checksFailed = entry.checksFailed
            report.servers[index].timesDown = entry.timesDown
            report.servers[index].secondsDown = entry.secondsDown(now: now)
            report.servers[index].sinceChange = entry.secondsSinceChange(now: now)
            report.servers[index].lastChange = entry.lastChange
            report.servers[index].history = entry.recent
        }
        return report
    }

    private func certnames(_ tally: Tally) -> [CertnameReport] {
        tally.certnames.runs.map(CertnameReport.init).sorted { ($0.lastRequest, $1.certname) > ($1.lastRequest, $0.certname) }
    }
}
