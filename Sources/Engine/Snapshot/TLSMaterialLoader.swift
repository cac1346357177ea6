import Model
import Network
import Settings
import TLS

/// Loads every certificate, key and CRL named by the settings, or reports all problems. Touches nothing that is in force.
struct TLSMaterialLoader {
    private var made = TLSMaterials()
    private var problems: [String] = []
    private let previous: TLSMaterials
    private let inForce: MaterialInForce

    /// At the start, and for `check`.
    /// - Parameter inForce: what the process before this one had in force
    static func load(_ settings: ProxySettings, inForce: MaterialInForce) throws(MaterialProblems) -> TLSMaterials {
        try load(settings, TLSMaterialLoader(TLSMaterials(), inForce))
    }

    /// - Parameter previous: what is in force. Where a pool's files are unchanged, its material is kept, and so are connections made with it.
    static func load(_ settings: ProxySettings, previous: TLSMaterials) throws(MaterialProblems) -> TLSMaterials {
        try load(settings, TLSMaterialLoader(previous, previous.inForce))
    }

    private static func load(_ settings: ProxySettings, _ empty: TLSMaterialLoader) throws(MaterialProblems) -> TLSMaterials {
        var loader = empty
        for file in settings.tlsFiles { loader.made.stamps[file] = FileStamp(file) }
        return try loader.load(settings) { _, _ in nil }
    }

    /// What is in force, with `contents` in the place of files. Material that names none of them is kept. File stamps are kept too, so that
    /// a file that has changed meanwhile is still noticed. Content that would be held back is a problem here: an operator waits for the reply.
    static func replacing(_ contents: FileContents, in previous: TLSMaterials, _ settings: ProxySettings) throws(MaterialProblems)
        -> TLSMaterials
    {
        var loader = TLSMaterialLoader(previous, previous.inForce)
        loader.made.stamps = previous.stamps
        loader.made.contents = previous.contents.merging(contents) { $1 }
        let served = previous.listeners + [previous.admin]
        let made = try loader.load(settings) { index, tls in tls.files.contains { contents[$0] != nil } ? nil : served[index] }
        let refused = made.heldBack.filter { contents[$0.file] != nil }
        guard refused.isEmpty else { throw MaterialProblems(lines: refused.map(\.line)) }
        return made
    }

    private init(_ previous: TLSMaterials, _ inForce: MaterialInForce) {
        self.previous = previous
        self.inForce = inForce
        made.ticketKeys = previous.ticketKeys
    }

    /// - Parameter kept: a listener's material that is used as it is, by index; that of `admin.http` is the last
    private mutating func load(
        _ settings: ProxySettings, kept: (Int, ListenerTLSSettings) -> ServerTLSMaterial?
    ) throws(MaterialProblems) -> TLSMaterials {
        for (index, listener) in settings.listeners.enumerated() {
            var material: ServerTLSMaterial?
            if let tls = listener.tls { material = loadServer(tls, kept(index, tls), "listener \(listener.name)") }
            made.listeners.append(material)
        }
        if let http = settings.admin.http { loadAdmin(http) { kept(settings.listeners.count, $0) } }
        loadPools(settings.pools)
        loadPeers(settings.peers)
        guard problems.isEmpty else { throw MaterialProblems(lines: problems) }
        made.warnings = Self.unique(made.warnings)
        made.expiries = Self.unique(made.expiries)
        made.heldBack = Self.unique(made.heldBack)
        made.files = Self.unique(made.files)
        return made
    }

    private mutating func loadServer(_ tls: ListenerTLSSettings, _ kept: ServerTLSMaterial?, _ subject: String) -> ServerTLSMaterial? {
        do {
            let material = try kept ?? ServerTLSMaterial.load(tls, made.contents, ownTicketKeys: made.ticketKeys, inForce: inForce)
            try Self.check { () throws(OpenSSLError) in _ = try ServerTLSContext(material, identityFields: { _, _ in [] }, verified: nil) }
            made.warnings += material.warnings
            made.expiries += material.expiries
            made.files += material.files
            made.heldBack += material.heldBack
            // Under new names nothing older can stay in force.
            if lettingIn, let mistake = material.mistakeNow { problems.append("\(subject): \(mistake)") }
            return material
        } catch {
            problems.append("\(subject): \(error)")
            return nil
        }
    }

    private mutating func loadAdmin(_ http: AdminSettings.HTTP, kept: (ListenerTLSSettings) -> ServerTLSMaterial?) {
        if let tls = http.tls { made.admin = loadServer(tls, kept(tls), "admin.http") }
        guard let path = http.tokenFile else { return }
        do {
            let content = try AdminTokenFile.read(path)
            made.adminToken = content.token
            made.warnings += [content.warning].compactMap { $0 }
            made.files.append(path)
        } catch {
            problems.append("admin.http: token_file \(path): \(error.words)")
        }
    }

    /// At a reload, while agents can come in everywhere.
    private var lettingIn: Bool {
        let served = (previous.listeners + [previous.admin]).compactMap { $0 }
        return !served.isEmpty && served.allSatisfy { $0.faultNow == nil }
    }

    /// Servers with the same credentials share one material.
    private mutating func loadPools(_ pools: [PoolSettings]) {
        for pool in pools {
            for tls in pool.upstreamTLS.map(\.credentials) where made.upstream[tls] == nil {
                do {
                    let material = try reusable(tls) ?? ClientTLSMaterial.load(tls, made.contents, inForce: inForce)
                    made.upstream[tls] = material
                    made.warnings += material.warnings
                    made.expiries += material.expiries
                    made.files += material.files
                    made.heldBack += material.heldBack
                } catch {
                    problems.append("pool \(pool.name): \(error)")
                }
            }
        }
    }

    private mutating func loadPeers(_ sections: [PeersSettings]) {
        for section in sections {
            guard let tls = section.tls else { continue }
            do {
                let material =
                    try reusable(tls, of: section.name)
                    ?? PeersTLSMaterial(
                        settings: tls, server: ServerTLSMaterial.load(tls.server, made.contents, inForce: inForce),
                        client: ClientTLSMaterial.load(tls.client, made.contents, inForce: inForce))
                made.peers[section.name] = material
                made.warnings += material.server.warnings + material.client.warnings
                made.expiries += material.server.expiries + material.client.expiries
                made.files += material.server.files + material.client.files
                made.heldBack += material.server.heldBack + material.client.heldBack
            } catch {
                problems.append("peers \(section.name): \(error)")
            }
        }
    }

    private func reusable(_ settings: PeersSettings.TLS, of section: String) -> PeersTLSMaterial? {
        let files = settings.client.files
        guard let known = previous.peers[section], known.settings == settings, known.server.heldBack.isEmpty, known.client.heldBack.isEmpty,
            files.allSatisfy({ made.stamps[$0] == previous.stamps[$0] && made.contents[$0] == previous.contents[$0] })
        else { return nil }
        return known
    }

    private func reusable(_ settings: UpstreamTLSSettings) -> ClientTLSMaterial? {
        guard settings.files.allSatisfy({ made.stamps[$0] == previous.stamps[$0] && made.contents[$0] == previous.contents[$0] }) else {
            return nil
        }
        // What was held back may come into force now.
        return previous.upstream[settings].flatMap { $0.heldBack.isEmpty ? $0 : nil }
    }

    private static func check(_ make: () throws(OpenSSLError) -> Void) throws(OpenSSLError) { try make() }

    private static func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }
}

extension ProxySettings {
    fileprivate var tlsFiles: [String] {
        let served = listeners.compactMap(\.tls) + [admin.http?.tls].compactMap { $0 }
        return served.flatMap(\.files) + [admin.http?.tokenFile].compactMap { $0 } + pools.flatMap { $0.upstreamTLS.flatMap(\.files) }
            + peers.compactMap(\.tls).flatMap(\.client.files)
    }
}

extension ListenerTLSSettings {
    fileprivate var files: [String] { certificates.flatMap { [$0.chain, $0.key] } + [clientCA, crl, ticketKeysInUse].compactMap { $0 } }
}

extension UpstreamTLSSettings {
    fileprivate var files: [String] { [ca, crl, certificate?.chain, certificate?.key].compactMap { $0 } }
}
