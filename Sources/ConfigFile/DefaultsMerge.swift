/// Puts `defaults` under every pool and server: maps merge deeply, lists replace, null unsets.
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
        guard let serverDefaults, case .map(var entries) = result.content,
            let index = entries.firstIndex(where: { $0.key == "servers" })
        else { return result }
        switch entries[index].value.content {
        case .list(let servers):
            entries[index].value.content = .list(servers.map { merge(serverDefaults, under: $0) })
        case .map:
            entries[index].value = merge(serverDefaults, under: entries[index].value)
        case .null, .scalar, .broken:
            return result
        }
        result.content = .map(entries)
        return result
    }

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
