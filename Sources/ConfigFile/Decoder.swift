import Model
import Settings

/// Values with places → `ProxySettings`, collecting every mistake. What is wrong is left at its default: the settings are used
/// only where nothing was wrong. Checks between parts that need all of them are the `Validator`'s.
///
/// The document has its defaults merged already. Parts: `DecodesSites`, `DecodesListeners`, `DecodesPools`, `DecodesServers`, `DecodesRoutes`, `DecodesService`.
final class Decoder {
    static let listenerLimit = 500

    let findings: Findings
    let scalar: ScalarReader
    /// The configuration file's folder, absolute: what relative paths count from.
    let folder: String
    /// Names that others refer to, in the file's order: known before anything is decoded.
    let pools: Names
    let sites: Names
    let peersSections: Names
    /// True while `defaults` are read by themselves.
    var isPartial = false
    /// Every file that must be readable.
    var files: Set<FileReference> = []
    /// Positions of the parts that the validator looks at again.
    var places = Places()
    var listenerNames: Set<String> = []
    var routeNames: Set<String> = []
    var instanceNames: Set<String> = []

    /// `trusted_oids`, turned round; of two OIDs with one name the first.
    let oidsByName: [String: String]
    private let root: DocumentValue

    /// As they are written, so that a route's condition on a listener that has a mistake elsewhere is no second mistake.
    var listenersInDocument: [String] {
        guard let listeners = root["listeners"] else { return [] }
        let elements = if case .list(let elements) = listeners.content { elements } else { [listeners] }
        return elements.compactMap { if case .scalar(let name) = $0["name"]?.content { name } else { nil } }
    }

    init(_ root: DocumentValue, folder: String, _ findings: Findings) {
        self.root = root
        self.folder = folder
        self.findings = findings
        scalar = ScalarReader(findings: findings)
        pools = Names(of: root["pools"])
        sites = Names(of: root["sites"])
        peersSections = Names(of: root["peers"])
        oidsByName = Decoder.oidsByName(root["trusted_oids"])
    }

    private static func oidsByName(_ value: DocumentValue?) -> [String: String] {
        guard case .map(let entries) = value?.content else { return [:] }
        var result: [String: String] = [:]
        for entry in entries {
            if case .scalar(let name) = entry.value.content, result[name] == nil { result[name] = entry.key }
        }
        return result
    }

    /// Everything but this instance's site and name, which `SiteSelection` decides.
    func decode() -> ProxySettings {
        var settings = ProxySettings()
        guard var map = cursor(root) else { return settings }
        settings.site = map.read("site", site)
        map.set(&settings.sites, "sites", siteSettings)
        settings.instance = map.read("instance", scalar.name)
        listeners(&map, &settings)
        defaults(map.value("defaults"))
        map.set(&settings.pools, "pools", poolSettings)
        if map.value("pools") == nil { findings.error("\"pools\" is missing", at: map.position) }
        map.set(&settings.routes, "routes", routes)
        environments(map.value("environments"), &settings)
        service(&map, &settings)
        map.finish()
        shares(&settings)
        return settings
    }

    /// Where no listener verifies certificates all clients are alike: behind another balancer they may have one address.
    private func shares(_ settings: inout ProxySettings) {
        guard settings.listeners.contains(where: { $0.tls.map { $0.clientCertificate != .none } ?? false }) else { return }
        for index in settings.pools.indices { settings.pools[index].shares = settings.limits.shares }
    }

    func cursor(_ value: DocumentValue) -> MapCursor? { MapCursor(value, isPartial: isPartial, findings) }

    private func listeners(_ map: inout MapCursor, _ settings: inout ProxySettings) {
        guard let value = map.value("listeners") else {
            findings.error("\"listeners\" is missing", at: map.position)
            return
        }
        if case .list(let elements) = value.content, elements.count > Decoder.listenerLimit {
            scalar.wrong(value, "has more than \(Decoder.listenerLimit) entries")
            return
        }
        settings.listeners = scalar.list(listener)(value) ?? []
    }

    // MARK: Names that refer to something

    func site(_ value: DocumentValue) -> SiteName? {
        reference(value, "site", sites).map { SiteName($0.name) }
    }

    func pool(_ value: DocumentValue) -> PoolIndex? {
        reference(value, "pool", pools).map { PoolIndex($0.index) }
    }

    func peers(_ value: DocumentValue) -> String? { reference(value, "peers section", peersSections)?.name }

    private func reference(_ value: DocumentValue, _ kind: String, _ names: Names) -> (name: String, index: Int)? {
        guard let text = scalar.text(value) else { return nil }
        guard let index = names.index(of: text) else {
            findings.error("no \(kind) \"\(text)\"", at: value.position, hint: Decoder.nearest(text, names.inOrder))
            return nil
        }
        return (text, index)
    }

    static func nearest(_ text: String, _ names: [String]) -> String? {
        if let nearest = Suggestion.nearest(to: text, among: names) { return nearest }
        guard !names.isEmpty else { return nil }
        return "known are \(names.prefix(30).joined(separator: ", "))\(names.count > 30 ? ", …" : "")"
    }

    /// The entries of a map whose keys are names of ours.
    func namedEntries(_ value: DocumentValue) -> [DocumentEntry]? {
        guard case .map(let entries) = value.content else {
            scalar.wrong(value, "must be a map, not \(value.kind)")
            return nil
        }
        for entry in entries where !scalar.isName(entry.key) {
            findings.error("\"\(entry.key)\" is no name", at: entry.keyPosition, hint: "letters, digits and _ . : - only, at most 200")
        }
        return entries
    }

    // MARK: Files

    /// A path, absolute as it comes out.
    func path(_ value: DocumentValue) -> String? {
        guard let text = scalar.text(value) else { return nil }
        guard !text.hasPrefix("/") else { return text }
        return folder == "/" ? "/\(text)" : "\(folder)/\(text)"
    }

    /// As `path`; the file must be readable where files are checked.
    func readablePath(_ value: DocumentValue) -> String? {
        guard let path = path(value) else { return nil }
        files.insert(FileReference(path: path, label: value.label, position: value.position))
        return path
    }

    /// As `path`; the file must be a program that can be run, where files are checked.
    func programPath(_ value: DocumentValue) -> String? {
        guard let path = path(value) else { return nil }
        files.insert(FileReference(path: path, label: value.label, position: value.position, use: .run))
        return path
    }

    func certificate(_ value: DocumentValue) -> CertificateFiles? {
        guard var map = cursor(value) else { return nil }
        let chain = map.require("chain", readablePath)
        let key = map.require("key", readablePath)
        map.finish()
        guard let chain, let key else { return nil }
        return CertificateFiles(chain: chain, key: key)
    }
}

/// A file that the configuration names, and where.
struct FileReference: Hashable {
    let path: String
    let label: String
    let position: Position
    /// What must be possible with it.
    var use = FileAccess.Use.read
}

/// Positions in the file of what the validator compares; indices as in `ProxySettings`.
struct Places {
    var listenerAddresses: [Position] = []
    /// Of `admin.http`.
    var adminAddress: Position?
    var adminChanges: Position?
    var adminOperators: Position?
    var adminToken: Position?
    /// Addresses of this instance as a peer, by the `peers` section's index.
    var peersAddresses: [Int: Position] = [:]
    /// `locality.via`, by pool.
    var vias: [Int: Position] = [:]
    /// Of the listeners' entries.
    var listeners: [Position] = []
    /// `overflow.to`, by pool.
    var overflows: [Int: Position] = [:]
    /// Server addresses, by pool.
    var serverAddresses: [Int: [Position]] = [:]
}
