import Balancing
import Logging
import Model
import Network
import TLS

/// Runs the probes of all pools on the control loop: each server's health check, its agent, and what it says of its JRubies.
final class HealthChecker {
    let loop: EventLoop<ControlMessage>
    let log: Logger
    let memory = TransferMemory()
    /// The Host field that agents send; nil: not known, and a check names the server.
    private(set) var agentAuthority: [UInt8]?
    private var probes: [Key: Probe] = [:]
    private var contexts: [ObjectIdentifier: ClientTLSContext] = [:]

    private enum Kind: CaseIterable { case health, agent, load }

    private struct Key: Hashable {
        let kind: Kind
        let pool: ObjectIdentifier
        let server: ServerID

        init(_ kind: Kind, _ pool: PoolCoordinator, _ server: ServerID) {
            self.kind = kind
            self.pool = ObjectIdentifier(pool)
            self.server = server
        }
    }

    init(loop: EventLoop<ControlMessage>, log: Logger) {
        self.loop = loop
        self.log = log
    }

    /// From a new configuration.
    func setAgentAuthority(_ authority: [UInt8]?) { agentAuthority = authority }

    /// Begins to ask what is new, at once, and forgets what is gone. What stays keeps its rhythm, but waits no longer than its settings say
    /// now.
    func adopt(_ pools: [PoolCoordinator]) {
        contexts.removeAll()
        var wanted: Set<Key> = []
        for pool in pools {
            let asksLoad = pool.settings.load == .jruby
            for server in pool.servers where server.index != nil {
                if let interval = server.health.nextInterval {
                    want(.health, pool, server.id, &wanted) { HealthProbe(pool, server.id, checker: self) }
                    hurry(.health, pool, server.id, within: interval)
                }
                if let interval = server.settings.agentCheck?.inter {
                    want(.agent, pool, server.id, &wanted) { AgentProbe(pool, server.id, checker: self) }
                    hurry(.agent, pool, server.id, within: interval)
                }
                if asksLoad { want(.load, pool, server.id, &wanted) { LoadProbe(pool, server.id, checker: self) } }
            }
        }
        for (key, probe) in probes where !wanted.contains(key) {
            probe.stop()
            probes[key] = nil
        }
    }

    private func want(_ kind: Kind, _ pool: PoolCoordinator, _ server: ServerID, _ wanted: inout Set<Key>, _ make: () -> Probe) {
        let key = Key(kind, pool, server)
        wanted.insert(key)
        guard probes[key] == nil else { return }
        let probe = make()
        probes[key] = probe
        probe.schedule(at: loop.now)
    }

    private func hurry(_ kind: Kind, _ pool: PoolCoordinator, _ server: ServerID, within interval: Duration) {
        probes[Key(kind, pool, server)]?.hurry(to: loop.now + interval.inNanoseconds)
    }

    /// After a failed request: the next check comes after `fastinter` at the latest.
    func checkSoon(_ pool: PoolCoordinator, _ server: ServerID) {
        guard let check = pool.server(server)?.health.check else { return }
        hurry(.health, pool, server, within: check.fastinter)
    }

    /// The server's address is known now: what waited for it does not wait on.
    func askNow(_ pool: PoolCoordinator, _ server: ServerID) {
        for kind in Kind.allCases { probes[Key(kind, pool, server)]?.hurry(to: loop.now) }
    }

    func forget(_ probe: Probe) {
        probe.stop()
        probes = probes.filter { $0.value !== probe }
    }

    func context(for material: ClientTLSMaterial) throws(OpenSSLError) -> ClientTLSContext {
        if let known = contexts[ObjectIdentifier(material)] { return known }
        let made = try ClientTLSContext(material)
        contexts[ObjectIdentifier(material)] = made
        return made
    }
}
