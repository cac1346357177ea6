import Admin
import Balancing
import Model
import Network
import Settings
import Synchronization

extension PoolCoordinator {
    /// What the pool itself knows; counters and history are added by the caller.
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
            for queueClass in QueueClass.allCases {
                report.queuedByClass[queueClass] = pool.queued(queueClass)
                report.longestWaits[queueClass] = pool.longestWait(queueClass, now: now)
                report.overHolderShare[queueClass] = pool.queuedOverHolderShare(queueClass)
                report.overUnverifiedShare[queueClass] = pool.queuedOverUnverifiedShare(queueClass)
            }
            report.unverifiedInUse = pool.unverifiedInUse
            report.unverifiedLimit = pool.unverifiedLimit
            report.holderLimit = pool.holderLimit
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
                if let target = targets[state.id] {
                    server.idleConnections = target.idleCount.load(ordering: .relaxed)
                    server.http2Connections = target.http2Count.load(ordering: .relaxed)
                    server.totalHTTP2Connections = target.http2Total.load(ordering: .relaxed)
                }
                return server
            }
            return report
        }
    }

    /// The lock is held for copies of the entries; text is made of them after it.
    func stickReports(key: String?, limit: Int, now: MonotonicTime) -> [StickReport]? {
        struct Stick {
            let key: [UInt8]
            let server: ServerID
            let left: Duration
        }
        let wanted = key.map { Array($0.utf8) }
        let copies = withState { pool, _ -> (sticks: [Stick], servers: [ServerState])? in
            guard let table = pool.sticks else { return nil }
            var copies: [Stick] = []
            copies.reserveCapacity(wanted == nil ? min(limit, table.count) : 1)
            table.forEach(now: now) { key, server, left in
                guard wanted == nil || wanted == key else { return false }
                copies.append(Stick(key: key, server: server, left: left))
                return wanted != nil || copies.count == limit
            }
            return (copies, pool.servers)
        }
        guard let copies else { return nil }
        let servers = Dictionary(copies.servers.map { ($0.id, $0) }) { first, _ in first }
        return copies.sticks.map { stick in
            var report = StickReport()
            report.key = String(decoding: stick.key, as: UTF8.self)
            if let state = servers[stick.server] {
                report.server = state.name
                report.serverNumber = (state.index ?? -1) + 1
            }
            report.remaining = stick.left.inMilliseconds
            return report
        }
    }

    private static func text(_ address: SocketAddress) -> String {
        let host = IPAddress(high: address.high, low: address.low)
        return host.isV4 ? "\(host.description):\(address.port)" : "[\(host.description)]:\(address.port)"
    }
}
