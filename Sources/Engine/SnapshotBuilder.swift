import Balancing
import Model
import Network
import Puppet
import Routing
import Settings
import TLS

/// Settings → a complete, valid snapshot, or every reason why not. Reads certificates and CRLs; touches no pool until all is known good.
struct SnapshotBuilder {
    /// What was read from disk, all of it valid.
    struct Materials: Sendable {
        let listeners: [ServerTLSMaterial?]
        let pools: [ClientTLSMaterial?]
        /// How each pool's files stood before they were read.
        var stamps: [UpstreamTLSSettings: [FileStamp?]] = [:]
        let warnings: [String]
        /// Every file that was read.
        let files: [String]
    }

    /// Every file is looked at, so that all mistakes are told at once.
    /// - Parameter previous: what is in force. Where a pool's files are those of then, so is its material, and connections made with it
    ///   are kept over the reload.
    static func loadMaterials(_ settings: ProxySettings, previous: Materials? = nil) throws(MaterialProblems) -> Materials {
        var problems: [String] = []
        var warnings: [String] = []
        var files: [String] = []
        var listeners: [ServerTLSMaterial?] = []
        for listener in settings.listeners {
            guard let tls = listener.tls else {
                listeners.append(nil)
                continue
            }
            do {
                let material = try ServerTLSMaterial.load(tls)
                try check { () throws(OpenSSLError) in _ = try ServerTLSContext(material, identityFields: { _, _ in [] }, verified: nil) }
                warnings += material.warnings
                files += material.files
                listeners.append(material)
            } catch {
                problems.append("listener \(listener.name): \(error)")
            }
        }
        var known: [UpstreamTLSSettings: ClientTLSMaterial] = [:]
        var stamps: [UpstreamTLSSettings: [FileStamp?]] = [:]
        var pools: [ClientTLSMaterial?] = []
        for pool in settings.pools {
            guard let tls = pool.tls else {
                pools.append(nil)
                continue
            }
            if let material = known[tls] {
                pools.append(material)
                continue
            }
            do {
                stamps[tls] = tls.files.map(FileStamp.init)
                let material = try reusable(tls, previous) ?? ClientTLSMaterial.load(tls)
                known[tls] = material
                warnings += material.warnings
                files += material.files
                pools.append(material)
            } catch {
                problems.append("pool \(pool.name): \(error)")
            }
        }
        guard problems.isEmpty else { throw MaterialProblems(lines: problems) }
        return Materials(listeners: listeners, pools: pools, stamps: stamps, warnings: unique(warnings), files: unique(files))
    }

    private static func reusable(_ settings: UpstreamTLSSettings, _ previous: Materials?) -> ClientTLSMaterial? {
        guard let previous, let stamps = previous.stamps[settings], stamps == settings.files.map(FileStamp.init) else { return nil }
        return previous.pools.first { $0?.settings == settings } ?? nil
    }

    private static func check(_ make: () throws(OpenSSLError) -> Void) throws(OpenSSLError) { try make() }

    private static func unique(_ lines: [String]) -> [String] {
        var seen: Set<String> = []
        return lines.filter { seen.insert($0).inserted }
    }

    /// How workers reach a server, from its settings.
    static func target(
        for server: ServerState, pool: PoolSettings, material: ClientTLSMaterial?, known: SocketAddress?
    ) -> UpstreamTarget {
        let address = server.settings.address
        let literal = address.literal.map { SocketAddress(high: $0.high, low: $0.low, port: address.port) }
        let isV6 = address.host.contains(":")
        let sameAddress = known.map { SocketAddress(high: $0.high, low: $0.low, port: address.port) }
        return UpstreamTarget(
            id: server.id, pool: pool.name, name: Array(server.name.utf8),
            authority: Array((isV6 ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)").utf8),
            address: literal ?? sameAddress, tls: material, serverName: pool.tls?.serverName ?? address.host,
            verify: pool.tls?.verify ?? .hostname, keepalive: pool.keepalive,
            connectTimeout: pool.timeouts.connect.inNanoseconds, responseTimeout: pool.timeouts.response.inNanoseconds,
            idleTimeout: pool.timeouts.idle.inNanoseconds)
    }
}

extension UpstreamTLSSettings {
    fileprivate var files: [String] { [ca, crl, certificate?.chain, certificate?.key].compactMap { $0 } }
}

/// Why certificates, keys or CRLs cannot be used; one line each.
package struct MaterialProblems: Error, Sendable {
    package let lines: [String]
}
