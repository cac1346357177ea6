import Admin
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
        var listeners: [ServerTLSMaterial?] = []
        /// By what they were made from: servers that share it share the material.
        var upstream: [UpstreamTLSSettings: ClientTLSMaterial] = [:]
        /// Of `admin.http`.
        var admin: ServerTLSMaterial?
        var adminToken: AdminToken?
        var warnings: [String] = []
        var expiries: [Expiry] = []
        /// Every file that was read.
        var files: [String] = []
        /// How they stood before they were read; without those that were not there.
        var stamps: [String: FileStamp] = [:]
        /// For tickets where no file is named: one set for the process, handed on from reload to reload.
        var ticketKeys = TicketKeys()
        /// What stands in the place of files since an operator put it there.
        var contents: FileContents = [:]

        /// What a server's connections are made with; nil: plain HTTP.
        func upstream(_ settings: UpstreamTLSSettings?) -> ClientTLSMaterial? { settings.flatMap { upstream[$0.credentials] } }

        /// The Host field that agents send, as far as the listeners' certificates tell: that of a check, so that a check fails where
        /// requests would. nil: no listener has TLS and a name.
        func agentAuthority(_ settings: [ListenerSettings]) -> [UInt8]? {
            for (listener, material) in zip(settings, listeners) {
                guard let name = material?.agentsName else { continue }
                let port = listener.address.port
                return Array((port == 0 ? name : "\(name):\(port)").utf8)
            }
            return nil
        }

        func filesChanged(since old: Materials) -> [String] { files.filter { stamps[$0] != old.stamps[$0] } }
    }

    /// Every file is looked at, so that all mistakes are told at once.
    /// - Parameter previous: what is in force. Where a pool's files are those of then, so is its material, and connections made with it
    ///   are kept over the reload.
    static func loadMaterials(_ settings: ProxySettings, previous: Materials = Materials()) throws(MaterialProblems) -> Materials {
        var made = Materials()
        made.ticketKeys = previous.ticketKeys
        let served = settings.listeners.compactMap(\.tls) + [settings.admin.http?.tls].compactMap { $0 }
        let named =
            served.flatMap(\.files) + [settings.admin.http?.tokenFile].compactMap { $0 }
            + settings.pools.flatMap { $0.upstreamTLS.flatMap(\.files) }
        for file in named { made.stamps[file] = FileStamp(file) }
        try load(settings, into: &made, previous: previous) { _, _ in nil }
        return made
    }

    /// What is in force, with `contents` in the place of files. What names none of them stays as it is; how files stood stays too, so that
    /// one which has changed meanwhile is still noticed.
    static func replacing(_ contents: FileContents, in previous: Materials, _ settings: ProxySettings) throws(MaterialProblems) -> Materials
    {
        var made = Materials()
        made.ticketKeys = previous.ticketKeys
        made.stamps = previous.stamps
        made.contents = previous.contents.merging(contents) { $1 }
        let served = previous.listeners + [previous.admin]
        try load(settings, into: &made, previous: previous) { index, tls in
            tls.files.contains { contents[$0] != nil } ? nil : served[index]
        }
        return made
    }

    /// - Parameter kept: a listener's material that is used as it is, by index; that of `admin.http` is the last
    private static func load(
        _ settings: ProxySettings, into made: inout Materials, previous: Materials, kept: (Int, ListenerTLSSettings) -> ServerTLSMaterial?
    ) throws(MaterialProblems) {
        var problems: [String] = []
        func server(_ index: Int, _ tls: ListenerTLSSettings, _ subject: String) -> ServerTLSMaterial? {
            do {
                let material = try kept(index, tls) ?? ServerTLSMaterial.load(tls, made.contents, ownTicketKeys: made.ticketKeys)
                try check { () throws(OpenSSLError) in _ = try ServerTLSContext(material, identityFields: { _, _ in [] }, verified: nil) }
                made.warnings += material.warnings
                made.expiries += material.expiries
                made.files += material.files
                return material
            } catch {
                problems.append("\(subject): \(error)")
                return nil
            }
        }
        made.listeners = settings.listeners.enumerated().map { index, listener in
            listener.tls.flatMap { server(index, $0, "listener \(listener.name)") }
        }
        made.admin = settings.admin.http?.tls.flatMap { server(settings.listeners.count, $0, "admin.http") }
        if let path = settings.admin.http?.tokenFile {
            do throws(AdminToken.Defect) {
                let content = try AdminTokenFile.read(path)
                made.adminToken = content.token
                made.warnings += [content.warning].compactMap { $0 }
                made.files.append(path)
            } catch {
                problems.append("admin.http: token_file \(path): \(error.words)")
            }
        }
        for pool in settings.pools {
            for tls in pool.upstreamTLS.map(\.credentials) where made.upstream[tls] == nil {
                do {
                    let material = try reusable(tls, made, previous) ?? ClientTLSMaterial.load(tls, made.contents)
                    made.upstream[tls] = material
                    made.warnings += material.warnings
                    made.expiries += material.expiries
                    made.files += material.files
                } catch {
                    problems.append("pool \(pool.name): \(error)")
                }
            }
        }
        guard problems.isEmpty else { throw MaterialProblems(lines: problems) }
        made.warnings = unique(made.warnings)
        made.expiries = unique(made.expiries)
        made.files = unique(made.files)
    }

    private static func reusable(_ settings: UpstreamTLSSettings, _ made: Materials, _ previous: Materials) -> ClientTLSMaterial? {
        guard settings.files.allSatisfy({ made.stamps[$0] == previous.stamps[$0] && made.contents[$0] == previous.contents[$0] }) else {
            return nil
        }
        return previous.upstream[settings]
    }

    private static func check(_ make: () throws(OpenSSLError) -> Void) throws(OpenSSLError) { try make() }

    private static func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }

    /// How workers reach a server, from its settings.
    static func target(
        for server: ServerState, pool: PoolSettings, materials: Materials, known: SocketAddress?
    ) -> UpstreamTarget {
        let address = server.settings.address
        let literal = address.literal.map { SocketAddress(high: $0.high, low: $0.low, port: address.port) }
        let isV6 = address.host.contains(":")
        let tls = pool.tls(of: server.settings)
        let sameAddress = known.map { SocketAddress(high: $0.high, low: $0.low, port: address.port) }
        return UpstreamTarget(
            id: server.id, pool: pool.name, name: Array(server.name.utf8),
            authority: Array((isV6 ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)").utf8),
            address: literal ?? sameAddress, tls: materials.upstream(tls), sni: tls?.sentName(host: address.host),
            verifyName: tls?.verifyName ?? address.host, verify: tls?.verify ?? .hostname, keepalive: pool.keepalive,
            connectTimeout: pool.timeouts.connect.inNanoseconds, responseTimeout: pool.timeouts.response.inNanoseconds,
            idleTimeout: pool.timeouts.idle.inNanoseconds)
    }
}

extension ListenerTLSSettings {
    fileprivate var files: [String] { certificates.flatMap { [$0.chain, $0.key] } + [clientCA, crl, ticketKeysInUse].compactMap { $0 } }
}

extension UpstreamTLSSettings {
    fileprivate var files: [String] { [ca, crl, certificate?.chain, certificate?.key].compactMap { $0 } }
}

/// Why certificates, keys or CRLs cannot be used; one line each.
package struct MaterialProblems: Error, Sendable {
    package let lines: [String]
}
