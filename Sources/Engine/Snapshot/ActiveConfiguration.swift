import Admin
import Model
import Routing
import Settings

/// Which configuration is in force: the snapshot that workers have, and the TLS files that it was made with. On the control loop.
final class ActiveConfiguration {
    /// nil until the first one is installed.
    private(set) var snapshot: Snapshot?
    private(set) var materials = TLSMaterials()
    /// How often materials were installed.
    private(set) var installCount = 0
    private var watcher = FileWatcher()
    /// When what was held back was last tried again, seconds since 1970.
    private var activationTriedAt = Int64.min

    var settings: ProxySettings? { snapshot?.settings }

    /// - Parameter isFromDisk: false where an operator has replaced files in memory: what files on disk were is not touched
    func install(_ materials: TLSMaterials, isFromDisk: Bool = true) {
        self.materials = materials
        installCount += 1
        if isFromDisk { watcher.adopt(materials) }
    }

    /// The next snapshot, from settings and the materials installed before.
    func installSnapshot(_ settings: ProxySettings, pools: PoolRegistry, limits: [ListenerLimit]) -> Snapshot {
        let made = Snapshot(
            generation: snapshot.map { $0.generation + 1 } ?? 0, settings: settings, routes: RouteTable(settings),
            pools: settings.pools.map { pools[$0.name]! }, listenerTLS: materials.listeners, listenerLimits: limits,
            clientMaterials: Array(materials.upstream.values))
        snapshot = made
        return made
    }

    func readiness(_ lifecycle: Lifecycle) -> Readiness {
        var readiness = Readiness()
        guard let snapshot else { return readiness }
        readiness.isDraining = lifecycle.isDraining
        readiness.defaultPoolIsUsable = snapshot.isReady
        readiness.tlsFault = snapshot.tlsFault
        let isGood = readiness.defaultPoolIsUsable && readiness.tlsFault == nil
        readiness.isReady = isGood && (!lifecycle.isDraining || lifecycle.isReplaced)
        readiness.caIsUsable = snapshot.settings.caPool.map { snapshot.pool($0).isUsable }
        return readiness
    }

    /// True once for each change of TLS files that has settled.
    func hasSettledChange() -> Bool { watcher.hasSettledChange() }

    /// True where a file that was held back may come into force by now; at most once a minute, since the rest may be wrong.
    /// - Parameter now: seconds since 1970
    func isActivationDue(now: Int64) -> Bool {
        guard let next = materials.heldBack.compactMap(\.activatesAt).min(), next <= now else { return false }
        guard activationTriedAt > now || activationTriedAt <= now - 60 else { return false }
        activationTriedAt = now
        return true
    }
}
