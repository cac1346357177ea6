import Model
import Puppet
import Settings

extension Decoder {
    func routes(_ value: DocumentValue) -> [RouteSettings]? {
        scalar.list(allowsEmpty: true, route)(value)
    }

    private func route(_ value: DocumentValue) -> RouteSettings? {
        guard var map = cursor(value) else { return nil }
        let name = map.require("name", scalar.name)
        let conditions = map.read("when", conditions)
        let pool = map.require("pool", pool)
        map.finish()
        if value["when"]?.isNull ?? true {
            findings.error("\"when\" is missing", at: value.position, hint: "a route for everything is environments.default")
        }
        if let name, !routeNames.insert(name).inserted {
            findings.error("a second route \"\(name)\"", at: value["name"]?.position ?? value.position)
        }
        guard let name, let conditions, let pool else { return nil }
        return RouteSettings(name: name, conditions: conditions, pool: pool)
    }

    private func conditions(_ value: DocumentValue) -> RouteConditions? {
        guard var map = cursor(value) else { return nil }
        var conditions = RouteConditions()
        conditions.certname = map.read("certname", scalar.list(scalar.certnameGlob))
        conditions.environment = map.read("environment", scalar.list(scalar.environmentGlob))
        conditions.source = map.read("source", scalar.list(scalar.addressBlock))
        conditions.endpoint = map.read("endpoint", scalar.list(scalar.endpoints))?.reduce(into: []) { $0.formUnion($1) }
        conditions.averageQueueAbove = map.read("avg_queue", averageQueues)
        conditions.trusted = map.read("trusted", trusted)
        conditions.listener = map.read("listener", scalar.list(listenerName))
        conditions.serverName = map.read("server_name", scalar.list(scalar.hostGlob))
        conditions.method = map.read("method", scalar.list(scalar.method))
        conditions.path = map.read("path", scalar.list(scalar.pathGlob))
        conditions.agentVersion = map.read("agent_version", scalar.list(scalar.versionGlob))
        map.finish()
        checkNotEmpty(value)
        return conditions
    }

    private func listenerName(_ value: DocumentValue) -> String? {
        guard let text = scalar.text(value) else { return nil }
        guard listenerNames.contains(text) || listenersInDocument.contains(text) else {
            findings.error("no listener \"\(text)\"", at: value.position, hint: Decoder.nearest(text, listenerNames.sorted()))
            return nil
        }
        return text
    }

    /// Conditions that are all left out or null would hold always.
    private func checkNotEmpty(_ value: DocumentValue) {
        guard case .map(let entries) = value.content, entries.allSatisfy(\.value.isNull) else { return }
        scalar.wrong(value, "has no condition", hint: "a route for everything is environments.default")
    }

    private func averageQueues(_ value: DocumentValue) -> [(pool: PoolIndex, limit: Int)]? {
        guard let entries = nonEmptyEntries(value) else { return nil }
        return entries.compactMap { entry in
            guard let index = pools.index(of: entry.key) else {
                findings.error("no pool \"\(entry.key)\"", at: entry.keyPosition, hint: Decoder.nearest(entry.key, pools.inOrder))
                return nil
            }
            return scalar.integer(0...10_000_000)(entry.value).map { (PoolIndex(index), $0) }
        }
    }

    private func trusted(_ value: DocumentValue) -> [(oid: String, patterns: [String])]? {
        guard let entries = nonEmptyEntries(value) else { return nil }
        return entries.compactMap { entry in
            let patterns = scalar.list(scalar.text)(entry.value)
            guard let oid = trustedOID(entry) else { return nil }
            return patterns.map { (oid, $0) }
        }
    }

    /// A short name of Puppet's or of `trusted_oids`, or an OID; only those under Puppet's arc become trusted facts.
    private func trustedOID(_ entry: DocumentEntry) -> String? {
        let oid = oidsByName[entry.key] ?? PuppetOIDs.oid(of: entry.key) ?? entry.key
        guard Decoder.isOID(oid) else {
            let names = PuppetOIDs.names.map(\.shortName) + oidsByName.keys.sorted()
            findings.error(
                "no trusted extension \"\(entry.key)\"", at: entry.keyPosition,
                hint: Suggestion.nearest(to: entry.key, among: names) ?? "a short name as pp_role, one of trusted_oids, or an OID")
            return nil
        }
        guard oid.hasPrefix(Decoder.puppetArc) else {
            findings.error("\(oid) is no trusted extension of Puppet", at: entry.keyPosition, hint: "those begin with \(Decoder.puppetArc)")
            return nil
        }
        return oid
    }

    /// Puppet's arc: an extension outside of it is no trusted fact.
    static let puppetArc = "1.3.6.1.4.1.34380.1."

    private func nonEmptyEntries(_ value: DocumentValue) -> [DocumentEntry]? {
        guard case .map(let entries) = value.content else {
            scalar.wrong(value, "must be a map, not \(value.kind)")
            return nil
        }
        if entries.isEmpty { scalar.wrong(value, "has no condition") }
        return entries
    }

    /// Dotted numbers, two at least (X.660): the first 0 to 2, none with a leading zero.
    static func isOID(_ text: String) -> Bool {
        let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
        return arcs.count >= 2 && arcs.count <= 32 && ["0", "1", "2"].contains(arcs[0])
            && arcs.allSatisfy { ScalarReader.digits($0) != nil && ($0.count == 1 || !$0.hasPrefix("0")) }
    }

    // MARK: The environments table

    private func environmentPool(_ entry: DocumentEntry) -> PoolIndex? {
        guard !entry.value.isNull else {
            findings.error("environment \"\(entry.key)\" names no pool", at: entry.keyPosition)
            return nil
        }
        return pool(entry.value)
    }

    func environments(_ value: DocumentValue?, _ settings: inout ProxySettings) {
        guard let value else { return }
        guard case .map(let entries) = value.content else {
            scalar.wrong(value, "must be a map, not \(value.kind)")
            return
        }
        for entry in entries {
            let key = DocumentValue(content: .null, position: entry.keyPosition, label: entry.key)
            guard entry.key == "default" || scalar.isEnvironmentGlob(entry.key, key), let index = environmentPool(entry) else { continue }
            if entry.key == "default" {
                settings.defaultPool = index
            } else {
                settings.environments.append(EnvironmentRow(pattern: entry.key, pool: index))
            }
        }
    }
}
