import Admin
import Balancing
import Model
import Network
import Settings

extension PoolCoordinator {
    /// What the pool itself knows; counters and history are added by who asks.
    func report(now: MonotonicTime) -> PoolReport {
        withState { pool, targets in
            var report = PoolReport()
            report.name = name
            report.settings = pool.settings
            report.isUsable = pool.isUsable
            report.isPanicking = pool.isPanicking
            report.inUse = pool.inUse
            report.maximumInUse = pool.peak
            report.queued = pool.queued
            report.maximumQueued = pool.peakQueued
            for queueClass in QueueClass.allCases { report.queuedByClass[queueClass] = pool.queued(queueClass) }
            report.averageQueue = pool.averageQueue
            report.sticks = pool.sticks?.count ?? 0
            report.capacity = pool.capacity(.compile, now: now)
            let present = pool.servers.filter { $0.index != nil }.sorted { $0.index ?? 0 < $1.index ?? 0 }
            report.servers = present.map { state in
                var server = ServerReport(state: state)
                let address = state.settings.address
                server.address = address.host.contains(":") ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)"
                server.resolved = targets[state.id]?.address.map(Self.text)
                server.maximumInUse = state.peak
                return server
            }
            return report
        }
    }

    func stickReports(limit: Int, now: MonotonicTime) -> [StickReport]? {
        withState { pool, _ in
            guard let sticks = pool.sticks else { return nil }
            var reports: [StickReport] = []
            sticks.forEach(now: now) { key, server, remaining in
                var report = StickReport()
                report.key = String(decoding: key, as: UTF8.self)
                if let state = pool.server(server) {
                    report.server = state.name
                    report.serverNumber = (state.index ?? -1) + 1
                }
                report.remaining = remaining.inMilliseconds
                reports.append(report)
                return reports.count >= limit
            }
            return reports
        }
    }

    private static func text(_ address: SocketAddress) -> String {
        let host = IPAddress(high: address.high, low: address.low)
        return host.isV4 ? "\(host.description):\(address.port)" : "[\(host.description)]:\(address.port)"
    }
}
