import Admin
import Balancing
import Logging
import Model
import Network
import Settings

/// What outlives a process (`SavedState`): gathered, written to `state_file`, and put in force again.
extension ProxyServer {
    /// A state of 200,000 sticks takes a tenth of it.
    static let stateBound = 256 << 20

    func savedState(withSticks: Bool = true) -> String {
        SavedState.text(report(), savedAt: Moment.now.wall) { [pools] pool in
            guard withSticks else { return [] }
            return pools[pool]?.stickReports(key: nil, limit: .max, now: MonotonicTime(nanoseconds: loop.now)) ?? []
        }
    }

    // MARK: The file

    /// Before the first request. A file that is not there, or cannot be understood, changes nothing.
    func restoreFromFile(_ path: String) {
        let state: SavedState
        do {
            state = try SavedState(FileContent.read(path, bound: Self.stateBound))
        } catch let error as SystemError {
            if error.isMissingFile { return }
            return log.error("state_file is not used", metadata: ["file": "\(path)", "reason": "\(error.description)"])
        } catch let fault as SavedState.Fault {
            return log.error(
                "state_file is not used", metadata: ["file": "\(path)", "line": "\(fault.line)", "reason": "\(fault.message)"])
        } catch {
            return
        }
        restore(state, from: path)
    }

    /// With the sticks only where a drain is on: there may be very many.
    func writeStateFile() {
        stateFileIsStale = false
        guard let path = snapshot?.settings.stateFile, isReady, !hasHandedOver else { return }
        stateFile.write(savedState(withSticks: isDraining), to: path)
    }

    // MARK: Restoring

    /// Servers are known by pool, name and address; of those that are new, gone or changed nothing is taken. One line tells of it all.
    func restore(_ state: SavedState, from source: String) {
        var restored = 0
        var others: [String] = []
        for saved in state.servers {
            guard let pool = pools[saved.pool], let server = pool.servers.last(where: { $0.index != nil && $0.name == saved.name }),
                server.settings.address == UpstreamAddress(host: saved.host, port: saved.port)
            else {
                others.append("\(saved.pool)/\(saved.name)")
                continue
            }
            restore(saved, server, pool)
            restored += 1
        }
        let elapsed = state.savedAt.map { max(0, Moment.now.wall - $0) * 1000 } ?? 0
        let sticks = Dictionary(grouping: state.sticks, by: \.pool).reduce(0) { $0 + restore($1.value, pool: $1.key, elapsed: elapsed) }
        var metadata: Logger.Metadata = ["from": "\(source)", "servers": "\(restored)", "sticks": "\(sticks)"]
        if !others.isEmpty {
            let more = others.count > 10 ? " and \(others.count - 10) more" : ""
            metadata["unknown_or_changed"] = "\(others.prefix(10).joined(separator: ","))\(more)"
        }
        log.notice("state restored", metadata: metadata)
    }

    private func restore(_ saved: SavedState.Server, _ server: ServerState, _ pool: PoolCoordinator) {
        var events: [PoolEvent] = []
        if let text = saved.resolved, let address = SocketAddress(text: text, port: saved.port), pool.target(server.id)?.address == nil {
            pool.resolved(server.id, to: address)
            events.append(.check(server.id, .resolved))
        }
        if let counter = saved.counter { events.append(.restore(server.id, counter: counter)) }
        events.append(.checks(server.id, health: saved.isChecked, agent: saved.isAgentAsked))
        events.append(.admin(server.id, saved.admin))
        var reply = AgentReply()
        if server.settings.weight == saved.configuredWeight { reply.weight = saved.weight }
        reply.maxconn = saved.maxconn
        // Down although its checks pass: its agent has said so.
        if !saved.isUp, saved.counter.map({ $0 >= server.health.check?.rise ?? 1 }) ?? true, server.settings.agentCheck != nil {
            reply.health = .down
        }
        events.append(.adjust(server.id, reply))
        pool.restore(events, now: MonotonicTime(nanoseconds: loop.now))
        if pool.server(server.id)?.isUp == false { _ = notified.shouldNotify(pool: pool.name, server.id, isUp: false) }
    }

    /// How many there was a server for.
    /// - Parameter elapsed: milliseconds since they were saved
    private func restore(_ sticks: [SavedState.Stick], pool name: String, elapsed: Int64) -> Int {
        guard let pool = pools[name], let settings = pool.settings.stick else { return 0 }
        let servers = Dictionary(pool.servers.filter { $0.index != nil }.map { ($0.name, $0.id) }) { _, last in last }
        var count = 0
        for stick in sticks where stick.remaining > elapsed {
            guard let server = servers[stick.server] else { continue }
            let age = max(0, settings.expire.inMilliseconds - (stick.remaining - elapsed))
            pool.restore([.stick(stick.key, server, age: .milliseconds(age))], now: MonotonicTime(nanoseconds: loop.now))
            count += 1
        }
        return count
    }
}
