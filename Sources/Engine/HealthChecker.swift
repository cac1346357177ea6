import Balancing
import Model
import Network
import TLS

/// Runs the checks of all pools on the control loop.
final class HealthChecker {
    let loop: EventLoop<ControlMessage>
    let memory = TransferMemory()
    private var probes: [Key: HealthProbe] = [:]
    private var contexts: [ObjectIdentifier: ClientTLSContext] = [:]

    private struct Key: Hashable {
        let pool: ObjectIdentifier
        let server: ServerID
    }

    init(loop: EventLoop<ControlMessage>) { self.loop = loop }

    /// Begins to check what is new, at once, and forgets what is gone. What stays keeps its rhythm.
    func adopt(_ pools: [PoolCoordinator]) {
        contexts.removeAll()
        var wanted: Set<Key> = []
        for pool in pools {
            for server in pool.servers where server.index != nil && server.health.check != nil {
                let key = Key(pool: ObjectIdentifier(pool), server: server.id)
                wanted.insert(key)
                guard probes[key] == nil else { continue }
                let probe = HealthProbe(pool, server.id, checker: self)
                probes[key] = probe
                probe.schedule(at: loop.now)
            }
        }
        for (key, probe) in probes where !wanted.contains(key) {
            probe.stop()
            probes[key] = nil
        }
    }

    /// After a failed request: the next check comes after `fastinter` at the latest.
    func checkSoon(_ pool: PoolCoordinator, _ server: ServerID) {
        probes[Key(pool: ObjectIdentifier(pool), server: server)]?.hurry()
    }

    func forget(_ probe: HealthProbe) {
        probe.stop()
        probes[Key(pool: ObjectIdentifier(probe.pool), server: probe.server)] = nil
    }

    func context(for material: ClientTLSMaterial) throws(OpenSSLError) -> ClientTLSContext {
        if let known = contexts[ObjectIdentifier(material)] { return known }
        let made = try ClientTLSContext(material)
        contexts[ObjectIdentifier(material)] = made
        return made
    }
}
