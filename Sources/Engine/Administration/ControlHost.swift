import Admin
import Balancing
import Explain
import Forwarding
import Model
import Network
import Settings
import TLS

/// The service as commands see it. Lives for one command, on the control loop.
struct ControlHost: AdminHost {
    unowned let server: ProxyServer

    func report() -> ServiceReport { ReportBuilder(server).report() }
    func readiness() -> Readiness { server.configuration.readiness(server.lifecycle) }
    func pool(_ name: String) -> PoolReport? { server.pools[name]?.report(now: now) }
    func listenerState(_ name: String) -> ListenerReport.State? { server.runtimeListeners.state(name) }
    var uptime: Int64 { Moment.now.steady - server.startedAt.steady }
    var lastReload: ReloadReport? { server.reloader.last }
    var anycast: AnycastReport? { server.announcements.report }
    func stateForExaBGP() -> AnycastState? { server.announcements.stateForExaBGP() }
    var isConfigurationStale: Bool { server.reloader.isStale }

    func sticks(of pool: String, key: String?, limit: Int) -> [StickReport]? {
        server.pools[pool]?.stickReports(key: key, limit: limit, now: now)
    }

    func materials(_ kind: CertificateReport.Kind) -> [MaterialReport] {
        server.configuration.materials.files(MaterialFile.Kind(kind)).map(MaterialReport.init)
    }

    func transaction(_ kind: CertificateReport.Kind) -> MaterialReport? {
        server.staged[MaterialFile.Kind(kind)].map { MaterialReport($0.file) }
    }

    func runs(of certname: String) -> [AgentRun] {
        let name = Array(certname.utf8)
        return AgentRun.runs(server.workers.runEvents(of: name))
    }

    func explain(_ words: [String]) -> AdminReply {
        guard let settings = server.configuration.settings else { return .refused("") }
        do throws(QuestionWords.Fault) {
            let question = try QuestionWords.question(words)
            do throws(QuestionError) {
                let explanation = try Explanation(question, settings: settings) { server.pools[$0]?.averageQueue ?? 0 }
                let destination = explanation.pool.flatMap { overflowed(from: $0, settings) }
                let text = LiveExplanation.text(
                    explanation, pool: explanation.pool.flatMap(pool), destination: destination.flatMap(pool),
                    client: destination.flatMap { slots(of: question, in: $0) })
                return AdminReply(explanation.isForward ? .done : .refused, text)
            } catch {
                return .refused(error.message + "\n")
            }
        } catch {
            return .refused(error.message + "\n")
        }
    }

    /// nil where neither a certname nor a source says who asks.
    private func slots(of question: Question, in pool: String) -> LiveExplanation.ClientSlots? {
        var source: [UInt8] = []
        question.source?.append(to: &source)
        let certname = question.certname.map { $0.utf8.map(ASCII.lowercased) }
        guard let pool = server.pools[pool], certname != nil || !source.isEmpty else { return nil }
        let inUse = pool.inUse(by: SlotHolder(certname ?? source, isVerified: certname != nil))
        return LiveExplanation.ClientSlots(isVerified: certname != nil, inUse: inUse)
    }

    /// The pool that takes a request of this pool's now.
    private func overflowed(from pool: String, _ settings: ProxySettings) -> String? {
        guard let index = settings.pools.firstIndex(where: { $0.name == pool }) else { return nil }
        func coordinator(_ index: PoolIndex) -> PoolCoordinator? { server.pools[settings.pools[index.value].name] }
        let destination = Overflow.destination(
            from: PoolIndex(index), settings: { settings.pools[$0.value].overflow }, averageQueue: { coordinator($0)?.averageQueue ?? 0 },
            isUsable: { coordinator($0)?.isUsable ?? false })
        return settings.pools[destination.value].name
    }

    private var now: MonotonicTime { server.now }

    func perform(_ action: AdminAction) -> AdminOutcome {
        if server.lifecycle.isReplaced, !outlivesTakeover(action) { return .refused("Another instance has taken over: connect again.") }
        server.state.markStale()
        switch action {
        case .setState(let name, let state): return onServer(name) { $0.handle(.admin($1, state), now: now) }
        case .setHealth(let name, let isUp): return onServer(name) { $0.handle(.health($1, isUp: isUp), now: now) }
        case .setAgentHealth(let name, let isUp):
            var reply = AgentReply()
            reply.health = isUp ? .up : .down
            return onServer(name) { [reply] in $0.handle(.adjust($1, reply), now: now) }
        case .setWeight(let name, let change): return onServer(name) { $0.handle(.adjust($1, reply(change)), now: now) }
        case .setMaxconn(let name, let limit):
            var reply = AgentReply()
            reply.maxconn = limit
            return onServer(name) { [reply] in $0.handle(.adjust($1, reply), now: now) }
        case .setAddress(let name, let host, let port): return setAddress(name, host, port)
        case .setChecks(let name, let isOn): return onServer(name) { $0.handle(.checks($1, health: isOn, agent: nil), now: now) }
        case .setAgentChecks(let name, let isOn): return onServer(name) { $0.handle(.checks($1, health: nil, agent: isOn), now: now) }
        case .shutdownSessions(let name):
            return onServer(name) { pool, id in
                server.workers.post(.shutdown(id, of: pool))
            }
        case .addServer(let name, let address, let options): return server.runtimeServers.add(name, address: address, options: options)
        case .removeServer(let name): return server.runtimeServers.remove(name)
        case .setFrontend(let name, let isOpen): return server.runtimeListeners.setState(name, isOpen ? .open : .paused)
        case .shutdownFrontend(let name): return server.runtimeListeners.setState(name, .stopped)
        case .setFrontendMaxconn(let name, let limit): return server.runtimeListeners.setConnectionLimit(name, limit)
        case .setProcessMaxconn(let limit): server.workers.counters.setConnectionLimit(limit)
        case .clearCounters(let all):
            server.workers.clearTallies(all: all)
            server.pools.clearPeaks()
            if all { server.administration.forgetEnvironments() }
        case .setStick(let pool, let key, let name):
            return onServer(.init(pool: pool, server: name)) { $0.handle(.stick(Array(key.utf8), $1), now: now) }
        case .clearSticks(let pool, let key):
            server.pools[pool]?.handle(.unstick(key.map { Array($0.utf8) }), now: now)
        case .abortTransaction(let kind): server.staged.abort(MaterialFile.Kind(kind))
        case .setAnycast(let override):
            guard server.announcements.set(override) else { return .refused("This instance's site has no anycast.") }
        case .drain: server.loop.mailbox.post(.drain)
        }
        return .done
    }

    /// Whether it is about the requests that this instance still has; all else would be lost with it.
    private func outlivesTakeover(_ action: AdminAction) -> Bool {
        switch action {
        case .shutdownSessions, .drain: true
        default: false
        }
    }

    private func reply(_ change: AdminAction.WeightChange) -> AgentReply {
        var reply = AgentReply()
        switch change {
        case .absolute(let weight): reply.weight = weight
        case .percent(let percent): reply.weightPercent = percent
        }
        return reply
    }

    private func onServer(_ name: AdminAction.ServerName, _ body: (PoolCoordinator, ServerID) -> Void) -> AdminOutcome {
        guard server.pools[name.pool] != nil else { return .refused("No such backend.") }
        guard let (pool, state) = server.pools.server(pool: name.pool, name.server) else { return .refused("No such server.") }
        body(pool, state.id)
        return .done
    }

    private func setAddress(_ name: AdminAction.ServerName, _ host: String, _ port: UInt16?) -> AdminOutcome {
        guard let address = IPAddress(host) else { return .refused("Invalid addr family or address specified. Must be IPv4 or IPv6.") }
        return onServer(name) { pool, id in
            let old = pool.target(id)?.address?.port ?? pool.server(id)?.settings.address.port ?? 0
            pool.resolved(id, to: SocketAddress(high: address.high, low: address.low, port: port ?? old))
        }
    }
}
