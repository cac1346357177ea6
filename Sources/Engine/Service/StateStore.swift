import Admin
import Balancing
import Logging
import Model
import Network
import Settings
import TLS

/// What outlives a process (`SavedState`)? Gathers it, writes it to `state_file`, and puts it in force again. On the control loop.
final class StateStore {
    /// Bytes; a state of 200,000 sticks takes a tenth of it.
    static let bound = 256 << 20

    private unowned let server: ProxyServer
    private let file: StateFile
    private let listsFile: StateFile
    /// The CRLs that `listsFile` was last given, and where.
    private var keptLists: (path: String, installCount: Int, MaterialInForce)?
    /// Whether the file must be written: a crash must not lose operator overrides.
    private var isStale = true

    init(_ server: ProxyServer, on files: BackgroundThread) {
        self.server = server
        file = StateFile(on: files, log: server.log)
        listsFile = StateFile(on: files, name: "state_file's CRLs", log: server.log)
    }

    var failures: UInt64 { file.failures + listsFile.failures }
    var hasFailed: Bool { file.hasFailed || listsFile.hasFailed }

    func markStale() { isStale = true }

    /// Once a second.
    func tick() {
        if isStale || server.lifecycle.isReplaced { write() } else { file.retry() }
        keepLists()
    }

    /// Which CRLs are in force (`CRLMemory`).
    private func keepLists() {
        guard let settings = server.configuration.settings, let path = CRLMemory.path(settings), !server.lifecycle.isReplaced else {
            return listsFile.forget()
        }
        guard server.lifecycle.hasBeenReady else { return }
        let count = server.configuration.installCount
        if let keptLists, keptLists.path == path, keptLists.installCount == count { return listsFile.retry() }
        let lists = server.configuration.materials.inForce
        let areSame = keptLists.map { $0.path == path && $0.2.hasSameLists(as: lists) } ?? false
        keptLists = (path, count, lists)
        if areSame { listsFile.retry() } else { listsFile.write({ lists.text }, to: path) }
    }

    func write() {
        isStale = false
        // After a takeover the file is the new instance's.
        guard let path = server.configuration.settings?.stateFile, !server.lifecycle.isReplaced else { return file.forget() }
        guard server.lifecycle.hasBeenReady else { return }
        // Sticks only in a drain: there may be very many.
        file.write(text(withSticks: server.lifecycle.isDraining), to: path)
    }

    /// At the end.
    func finish() {
        write()
        keepLists()
        file.finish()
        listsFile.finish()
    }

    func text(withSticks: Bool = true) -> String {
        SavedState.text(ReportBuilder(server).report(), savedAt: Moment.now.wall) { [server] pool in
            guard withSticks else { return [] }
            return server.pools[pool]?.stickReports(key: nil, limit: .max, now: server.now) ?? []
        }
    }

    // MARK: Restoring

    /// Before the first request. A file that does not exist, or cannot be understood, changes nothing.
    func restore(fromFile path: String) {
        do {
            restore(try SavedState(FileContent.read(path, bound: Self.bound)), from: path)
        } catch let error as SystemError {
            if error.isMissingFile { return }
            server.log.error("state_file is not used", metadata: ["file": "\(path)", "reason": "\(error.description)"])
        } catch let fault as SavedState.Fault {
            server.log.error(
                "state_file is not used", metadata: ["file": "\(path)", "line": "\(fault.line)", "reason": "\(fault.message)"])
        } catch {
            return
        }
    }

    /// Servers are known by pool, name and address; servers that are new, gone or changed start without state. Logs one line.
    func restore(_ state: SavedState, from source: String) {
        var restored = 0
        var others: [String] = []
        for saved in state.servers {
            guard let (pool, current) = server.pools.server(pool: saved.pool, saved.name),
                current.settings.address == UpstreamAddress(host: saved.host, port: saved.port)
            else {
                others.append("\(saved.pool)/\(saved.name)")
                continue
            }
            restore(saved, current, pool)
            restored += 1
        }
        let elapsed = state.savedAt.map { max(0, Moment.now.wall - $0) * 1000 } ?? 0
        if var anycast = state.anycast {
            anycast.heldDown = max(0, anycast.heldDown - elapsed / 1000)
            server.announcements.restore(anycast)
        }
        let sticks = Dictionary(grouping: state.sticks, by: \.pool).reduce(0) { $0 + restore($1.value, pool: $1.key, elapsed: elapsed) }
        var metadata: Logger.Metadata = ["from": "\(source)", "servers": "\(restored)", "sticks": "\(sticks)"]
        if !others.isEmpty {
            let more = others.count > 10 ? " and \(others.count - 10) more" : ""
            metadata["unknown_or_changed"] = "\(others.prefix(10).joined(separator: ","))\(more)"
        }
        server.log.notice("state restored", metadata: metadata)
    }

    private func restore(_ saved: SavedState.Server, _ current: ServerState, _ pool: PoolCoordinator) {
        var events: [PoolEvent] = []
        if let text = saved.resolved, let address = SocketAddress(text: text, port: saved.port), pool.target(current.id)?.address == nil {
            pool.resolved(current.id, to: address)
            events.append(.check(current.id, .resolved))
        }
        if let counter = saved.counter { events.append(.restore(current.id, counter: counter)) }
        events.append(.checks(current.id, health: saved.isChecked, agent: saved.isAgentAsked))
        events.append(.admin(current.id, saved.admin))
        var reply = AgentReply()
        if current.settings.weight == saved.configuredWeight { reply.weight = saved.weight }
        reply.maxconn = saved.maxconn
        // Down although its checks pass: its agent has reported it down.
        let passes = saved.counter.map { $0 >= current.health.check?.rise ?? 1 } ?? true
        if !saved.isUp, saved.admin != .maint, passes, current.settings.agentCheck != nil { reply.health = .down }
        events.append(.adjust(current.id, reply))
        pool.restore(events, now: server.now)
        if pool.server(current.id)?.isUp == false { server.changes.notifier.assumeDown(pool: pool.name, current.id) }
    }

    /// - Parameter elapsed: milliseconds since they were saved
    /// - Returns: how many have a server.
    private func restore(_ sticks: [SavedState.Stick], pool name: String, elapsed: Int64) -> Int {
        guard let pool = server.pools[name], let settings = pool.settings.stick else { return 0 }
        let servers = Dictionary(pool.servers.filter { $0.index != nil }.map { ($0.name, $0.id) }) { _, last in last }
        var count = 0
        for stick in sticks where stick.remaining > elapsed {
            guard let id = servers[stick.server] else { continue }
            let age = max(0, settings.expire.inMilliseconds - (stick.remaining - elapsed))
            pool.restore([.stick(stick.key, id, age: .milliseconds(age), isLearned: true)], now: server.now)
            count += 1
        }
        return count
    }
}
