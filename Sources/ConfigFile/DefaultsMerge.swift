/// Puts `defaults` under every pool and server, and a pool's `tls` and `check` under those of its servers: maps merge deeply, lists replace, null unsets.
enum DefaultsMerge {
    /// The document as if every pool and server had been written out. Values keep their places, so that a mistake in `defaults` is
    /// reported there. What has the wrong shape stays as it is: the decoder reports it.
    static func apply(to root: DocumentValue) -> DocumentValue {
        guard case .map(var entries) = root.content, let index = entries.firstIndex(where: { $0.key == "pools" }),
            case .map(var pools) = entries[index].value.content
        else { return root }
        let poolDefaults = root["defaults"]?["pool"]
        let serverDefaults = root["defaults"]?["server"]
        for index in pools.indices { pools[index].value = pool(pools[index].value, poolDefaults, serverDefaults) }
        entries[index].value.content = .map(pools)
        var result = root
        result.content = .map(entries)
        return result
    }

    private static func pool(_ pool: DocumentValue, _ poolDefaults: DocumentValue?, _ serverDefaults: DocumentValue?) -> DocumentValue {
        var result = pool
        if let poolDefaults, case .map = poolDefaults.content {
            if pool.isNull { result.content = .map([]) }
            result = merge(poolDefaults, under: result)
        }
        guard case .map(var entries) = result.content, let index = entries.firstIndex(where: { $0.key == "servers" }) else { return result }
        let pool = result
        func complete(_ server: DocumentValue) -> DocumentValue {
            fill(serverDefaults.map { merge($0, under: server) } ?? server, from: pool)
        }
        switch entries[index].value.content {
        case .list(let servers): entries[index].value.content = .list(servers.map(complete))
        case .map: entries[index].value = complete(entries[index].value)
        case .null, .scalar, .broken: return result
        }
        result.content = .map(entries)
        return result
    }

    /// What a server says in the place of its pool, put over what the pool says.
    private static func fill(_ server: DocumentValue, from pool: DocumentValue) -> DocumentValue {
        guard case .map(var entries) = server.content else { return server }
        for index in entries.indices where overridden.contains(entries[index].key) {
            guard let base = pool[entries[index].key] else { continue }
            entries[index].value = merge(base, under: entries[index].value)
        }
        var result = server
        result.content = .map(entries)
        return result
    }

    /// Keys of a pool that a server may have too.
    private static let overridden = ["tls", "check"]

    /// `value` wins, wherever it says something; only two maps merge. A null of `value` stays, so that it unsets and its key is still checked.
    static func merge(_ defaults: DocumentValue, under value: DocumentValue) -> DocumentValue {
        guard case .map(let base) = defaults.content, case .map(var entries) = value.content else { return value }
        for entry in base {
            if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                entries[index].value = merge(entry.value, under: entries[index].value)
            } else {
                entries.append(entry)
            }
        }
        var result = value
        result.content = .map(entries)
        return result
    }
}
