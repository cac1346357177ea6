import Balancing
import Settings
import Telemetry

/// The rows of `show stat`: a frontend for each listener, then for each pool its servers and its backend, numbered as HAProxy does.
struct StatTable {
    private(set) var rows: [StatRow] = []

    init(_ report: ServiceReport) {
        var proxy = 0
        for listener in report.listeners {
            proxy += 1
            rows.append(Self.row(listener, proxy, now: report.process.now))
        }
        for pool in report.pools {
            proxy += 1
            for (index, server) in pool.servers.enumerated() {
                rows.append(Self.row(server, index + 1, pool, proxy, now: report.process.now))
            }
            rows.append(Self.row(pool, proxy, now: report.process.now))
        }
    }

    private static func row(_ listener: ListenerReport, _ proxy: Int, now: Int64) -> StatRow {
        var row = StatRow(.frontend, proxy: proxy, server: 0, names: (listener.name, "FRONTEND"))
        row[.scur] = StatValue(listener.connections)
        row[.smax] = StatValue(listener.maximumConnections)
        row[.slim] = StatValue(listener.connectionLimit)
        row[.stot] = .number(listener.totalConnections)
        row[.status] = .text(status(listener.state))
        row[.connectionTotal] = .number(listener.totalConnections)
        row[.reqTotal] = .number(listener.traffic.requests)
        for column in [StatColumn.rate, .connectionRate] { row[column] = .number(listener.connectionRate.rate(now: now)) }
        for column in [StatColumn.rateMax, .connectionRateMax] { row[column] = .number(listener.connectionRate.maximum) }
        row[.reqRate] = .number(listener.traffic.rate.rate(now: now))
        row[.reqRateMax] = .number(listener.traffic.rate.maximum)
        row[.address] = .text(listener.address)
        row.count(listener.traffic, now: now)
        return row
    }

    private static func status(_ state: ListenerReport.State) -> String {
        switch state {
        case .open: "OPEN"
        case .paused: "PAUSED"
        case .stopped: "STOP"
        }
    }

    private static func row(_ server: ServerReport, _ number: Int, _ pool: PoolReport, _ proxy: Int, now: Int64) -> StatRow {
        let state = server.state
        var row = StatRow(.server, proxy: proxy, server: number, names: (pool.name, state.name))
        row[.qcur] = StatValue(state.waitingForThisServer)
        row[.scur] = StatValue(state.inUse)
        row[.smax] = StatValue(server.maximumInUse)
        if state.slotLimit < .max { row[.slim] = StatValue(state.slotLimit) }
        row[.stot] = .number(server.traffic.requests)
        row[.lbtot] = .number(server.traffic.requests)
        row[.status] = .text(ServerStatus(state).text)
        row[.weight] = StatValue((state.effectiveWeight + 255) / 256)
        row[.userWeight] = StatValue(state.settings.weight)
        row[.act] = StatValue(state.settings.backup ? 0 : 1)
        row[.bck] = StatValue(state.settings.backup ? 1 : 0)
        row[.chkfail] = .number(server.checksFailed)
        row[.chkdown] = .number(server.timesDown)
        row[.lastchg] = StatValue(server.sinceChange)
        row[.downtime] = StatValue(server.secondsDown)
        if state.slowStartSince != nil { row[.throttle] = StatValue(state.slowStartPercent) }
        row[.address] = .text(server.resolved ?? server.address)
        // Whether HAProxy would call one of them safe is not known.
        for column in [StatColumn.idleCurrent, .idleConnections] { row[column] = StatValue(server.idleConnections) }
        row[.usedConnections] = StatValue(state.inUse)
        row[.reqTotal] = .number(server.traffic.requests)
        row.count(server.traffic, now: now)
        row.check(state)
        return row
    }

    private static func row(_ pool: PoolReport, _ proxy: Int, now: Int64) -> StatRow {
        var row = StatRow(.backend, proxy: proxy, server: 0, names: (pool.name, "BACKEND"))
        let usable = pool.servers.filter { $0.state.isUsable }
        row[.qcur] = StatValue(pool.queued)
        row[.qmax] = StatValue(pool.maximumQueued)
        row[.qlimit] = StatValue(pool.settings.queue.size)
        row[.scur] = StatValue(pool.inUse)
        row[.smax] = StatValue(pool.maximumInUse)
        row[.stot] = .number(pool.traffic.requests)
        row[.lbtot] = .number(pool.traffic.requests)
        row[.status] = .text(pool.isUsable ? "UP" : "DOWN")
        row[.weight] = StatValue(usable.reduce(0) { $0 + ($1.state.effectiveWeight + 255) / 256 })
        row[.act] = StatValue(usable.count { !$0.state.settings.backup })
        row[.bck] = StatValue(usable.count { $0.state.settings.backup })
        row[.chkdown] = .number(pool.timesDown)
        row[.lastchg] = StatValue(pool.sinceChange)
        row[.downtime] = StatValue(pool.secondsDown)
        row[.algorithm] = .text(pool.settings.balance.haproxyWord)
        row[.reqTotal] = .number(pool.traffic.requests)
        row.count(pool.traffic, now: now)
        return row
    }
}

extension StatRow {
    fileprivate mutating func count(_ traffic: TrafficCounters, now: Int64) {
        self[.bin] = .number(traffic.bytesIn)
        self[.bout] = .number(traffic.bytesOut)
        self[.dreq] = .number(traffic.refused)
        self[.dresp] = .number(0)
        if kind == .frontend { self[.ereq] = .number(traffic.requestErrors) }
        if kind != .frontend {
            self[.econ] = .number(traffic.connectErrors)
            self[.eresp] = .number(traffic.responseErrors)
            self[.wretr] = .number(traffic.retries)
            self[.wredis] = .number(traffic.retries)
            self[.lastSession] = .text(traffic.lastRequest == 0 ? "-1" : "\(max(0, now - traffic.lastRequest))")
            self[.rate] = .number(traffic.rate.rate(now: now))
            self[.rateMax] = .number(traffic.rate.maximum)
            self[.queueTime] = mean(traffic.queueTime, traffic.timed)
            self[.connectTime] = mean(traffic.connectTime, traffic.timed)
            self[.responseTime] = mean(traffic.responseTime, traffic.timed)
            self[.totalTime] = mean(traffic.totalTime, traffic.timed)
        }
        self[.clientAborts] = .number(traffic.clientAborts)
        self[.serverAborts] = .number(traffic.serverAborts)
        let columns: [StatColumn] = [.hrspOther, .hrsp1xx, .hrsp2xx, .hrsp3xx, .hrsp4xx, .hrsp5xx]
        for (hundred, column) in columns.enumerated() { self[column] = .number(traffic.statuses[hundred]) }
    }

    /// Milliseconds.
    private func mean(_ sum: UInt64, _ count: UInt64) -> StatValue { .number(count == 0 ? 0 : sum / count / 1_000_000) }

    fileprivate mutating func check(_ state: ServerState) {
        // As HAProxy: nothing is said of checks that are paused or off.
        guard let check = state.health.check, state.isChecked, state.admin != .maint else { return }
        self[.checkRise] = StatValue(check.rise)
        self[.checkFall] = StatValue(check.fall)
        self[.checkHealth] = StatValue(state.health.counter)
        switch state.health.lastOutcome {
        case .passed(let status, let duration):
            self[.checkStatus] = .text("L7OK")
            self[.checkCode] = StatValue(status)
            self[.checkDuration] = StatValue(duration.inMilliseconds)
            self[.lastCheck] = .text("OK")
            self[.checkDescription] = .text("Layer7 check passed")
        case .failed(let failure):
            self[.checkStatus] = .text(failure.cause.rawValue)
            if let code = failure.code { self[.checkCode] = StatValue(code) }
            self[.checkDuration] = StatValue(failure.duration.inMilliseconds)
            self[.lastCheck] = .text(failure.info)
            self[.checkDescription] = .text(failure.cause.text)
        case .unresolved, .resolved, nil:
            self[.checkStatus] = .text("INI")
        }
    }
}
