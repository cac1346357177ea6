import AccessLogging
import Admin
import Balancing
import CLinux
import Model
import Network
import Settings
import Synchronization
import Telemetry

/// The report that operators get, from pools, workers and the control loop's own memory. Lives for one report, on the control loop.
struct ReportBuilder {
    private let server: ProxyServer

    init(_ server: ProxyServer) { self.server = server }

    func report() -> ServiceReport {
        // In this order: a rate of a second that has not begun by `now` would count as none.
        let tally = server.workers.tally()
        let now = Moment.now
        var report = ServiceReport()
        guard let snapshot = server.configuration.snapshot else { return report }
        report.process = process(tally, snapshot, now)
        report.listeners = listeners(tally, snapshot.settings)
        report.pools = snapshot.settings.pools.compactMap { settings in
            server.pools[settings.name].map { pool($0, tally.pools[Array(settings.name.utf8)] ?? PoolTally(), now) }
        }
        report.environments = server.administration.environmentReports(tally) { name in
            snapshot.routes.pool(ofEnvironment: Array(name.utf8)).map { snapshot.poolSettings($0).name }
        }
        report.certnames = certnames(tally)
        report.failures = tally.failures.failures.map(FailureReport.init)
        report.events = server.changes.events
        for reason in Reason.allCases { report.refusals[reason] = tally.refusals(reason) }
        for refusal in HandshakeRefusal.allCases { report.handshakeRefusals[refusal] = tally.refusals(refusal) }
        report.certificates = server.configuration.materials.expiries.map(CertificateReport.init)
        report.peers = server.peers.reports()
        report.routes = snapshot.routeReports(tally)
        report.anycast = server.announcements.report
        report.sites = SiteReport.all(snapshot.settings, report.pools)
        return report
    }

    private func process(_ tally: Tally, _ snapshot: Snapshot, _ now: Moment) -> ProcessReport {
        var process = ProcessReport()
        process.version = server.version
        process.opensslVersion = LibraryVersions.openSSL
        process.nghttp2Version = LibraryVersions.nghttp2
        process.site = snapshot.settings.site?.value
        process.processID = getpid()
        process.node = HostName.current
        process.workers = server.workers.count
        process.startedAt = server.startedAt.wall
        process.now = now.wall
        process.uptime = now.steady - server.startedAt.steady
        process.descriptorLimit = ProcessLimits.raiseDescriptors()
        process.connectionLimit = server.workers.counters.connectionLimit(snapshot.settings.limits.connections)
        process.connections = server.workers.counters.connections.load(ordering: .relaxed)
        process.handshakes = server.workers.counters.handshakes.load(ordering: .relaxed)
        process.handshakesWaiting = server.workers.counters.handshakesWaiting.load(ordering: .relaxed)
        process.http2Abuse = server.workers.counters.http2Abuse.all
        process.waiting = server.workers.counters.waiting.load(ordering: .relaxed)
        process.turnedAway = UInt64(server.workers.counters.turnedAway.load(ordering: .relaxed))
        for connections in tally.connections.values {
            process.totalConnections += connections.total
            process.totalHandshakes += connections.handshakesDone
        }
        process.totalRequests = tally.requests
        process.logLinesDropped = UInt64(server.logLinesDropped)
        process.reloads = server.reloader.done
        process.reloadsRefused = server.reloader.refused
        process.isConfigurationStale = server.reloader.isStale
        process.stateFileFailures = server.state.failures
        process.isStateFileStale = server.state.hasFailed
        process.generation = snapshot.generation
        process.heldBackFiles = server.configuration.materials.heldBack.map(\.line)
        process.readiness = server.configuration.readiness(server.lifecycle)
        process.residentBytes = ProcessMemory.residentBytes
        return process
    }

    private func listeners(_ tally: Tally, _ settings: ProxySettings) -> [ListenerReport] {
        settings.listeners.enumerated().map { index, listener in
            var report = ListenerReport()
            let name = Array(listener.name.utf8)
            report.name = listener.name
            report.address = server.listeners.address(index)
            report.isTLS = listener.tls != nil
            report.state = server.listeners.state(index)
            let own = server.listeners.connectionLimit(listener.name)
            report.connectionLimit = own > 0 ? own : server.workers.counters.connectionLimit(settings.limits.connections)
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
        var report = coordinator.report(now: server.now)
        let entry = server.changes.entry(pool: report.name)
        report.sinceChange = entry.secondsSinceChange(now: now)
        report.timesDown = entry.timesDown
        report.secondsDown = entry.secondsDown(now: now)
        report.traffic = tally.traffic
        report.history = server.sampler.samples(of: report.name, activity: tally.activity, queued: report.queued, now: now)
        report.queueTimes = tally.queueTimes
        for (endpoint, times) in tally.requestTimes { report.requestTimes[String(decoding: endpoint, as: UTF8.self)] = times }
        for (response, count) in tally.responses {
            let listener = String(decoding: response.listener, as: UTF8.self)
            let endpoint = String(decoding: response.endpoint, as: UTF8.self)
            report.responses[.init(listener: listener, endpoint: endpoint, code: response.status)] = count
        }
        for (name, count) in tally.overflowed { report.overflowed[String(decoding: name, as: UTF8.self)] = count }
        for index in report.servers.indices {
            let state = report.servers[index].state
            let entry = server.changes.entry(pool: report.name, server: state.id)
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
