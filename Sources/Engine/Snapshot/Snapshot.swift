import Model
import Routing
import Settings
import TLS

/// One complete, valid state of the configuration, as workers use it. Immutable; a reload makes another.
final class Snapshot: Sendable {
    /// Counts the reloads of this process.
    let generation: Int
    let settings: ProxySettings
    let routes: RouteTable
    /// By `PoolIndex`.
    let pools: [PoolCoordinator]
    /// By listener, in the settings' order; nil for plain HTTP.
    let listenerTLS: [ServerTLSMaterial?]
    /// By listener.
    let listenerLimits: [ListenerLimit]
    /// Of all pools; workers let go of contexts made from others.
    let clientMaterials: [ClientTLSMaterial]
    /// What exchanges need of the pools' settings, by `PoolIndex`.
    let poolRouting: [PoolRouting]
    /// The pools' names as the log has them, by `PoolIndex`.
    let poolNames: [[UInt8]]
    let siteName: [UInt8]?
    /// What other instances know this one by.
    let instanceName: [UInt8]
    /// Places in `ProxySettings.instances`, by the certificate's name in lower case.
    private let instanceNumbers: [[UInt8]: Int]

    init(
        generation: Int, settings: ProxySettings, routes: RouteTable, pools: [PoolCoordinator], listenerTLS: [ServerTLSMaterial?],
        listenerLimits: [ListenerLimit], clientMaterials: [ClientTLSMaterial]
    ) {
        self.generation = generation
        self.settings = settings
        self.routes = routes
        self.pools = pools
        self.listenerTLS = listenerTLS
        self.listenerLimits = listenerLimits
        self.clientMaterials = clientMaterials
        poolRouting = settings.pools.map { PoolRouting($0) }
        poolNames = settings.pools.map { Array($0.name.utf8) }
        siteName = settings.site.map { Array($0.value.utf8) }
        instanceName = Array(settings.instanceName.utf8)
        instanceNumbers = Dictionary(
            settings.instances.enumerated().map { ($0.element.expectedCertname, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    func pool(_ index: PoolIndex) -> PoolCoordinator { pools[index.value] }
    func poolSettings(_ index: PoolIndex) -> PoolSettings { settings.pools[index.value] }

    /// Why agents cannot come in at a listener, for its certificates, CAs or CRLs; nil: they can everywhere.
    var tlsFault: String? {
        for (listener, material) in zip(settings.listeners, listenerTLS) {
            if let fault = material?.faultNow { return "listener \(listener.name): \(fault)" }
        }
        return nil
    }

    /// Which instance a client is, counted in `ProxySettings.instances`: by its certificate, on a listener for instances alone.
    func instanceNumber(of client: ClientContext) -> Int? {
        guard client.listener.settings.isForInstances, let identity = client.identity else { return nil }
        return instanceNumbers[identity.foldedCertname]
    }

    /// At least one usable server for the default pool (where there is none: for any pool).
    var isReady: Bool {
        guard let index = settings.defaultPool else { return pools.contains { $0.isUsable } }
        return pool(index).isUsable
    }
}
