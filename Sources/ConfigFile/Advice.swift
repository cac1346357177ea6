import Model
import Settings

/// What is legal and most probably not meant? For `check` alone: a service that starts or reloads does not repeat it.
struct Advice {
    let settings: ProxySettings
    let root: DocumentValue
    let findings: Findings

    /// Agents end a request that has had no response for so long.
    static let agentPatience = Duration.seconds(600)

    func give() {
        adviseOnDefault()
        adviseOnCA()
        for (index, pool) in settings.pools.enumerated() where pool.queue.timeout > Advice.agentPatience { adviseOnQueue(index) }
        adviseOnUnusedPools()
    }

    private func adviseOnDefault() {
        guard settings.defaultPool == nil else { return }
        findings.warning(
            "no \"default\" in \"environments\": requests for other environments, and those without one, are refused",
            at: root["environments"]?.position ?? root.position, hint: "default: POOL")
    }

    private func adviseOnCA() {
        guard settings.caPool == nil else { return }
        let name = settings.site?.value
        findings.warning(
            "no \"ca\"\(name.map { " at site \"\($0)\"" } ?? ""): requests of the CA go where those without an environment go",
            at: name.flatMap { root["sites"]?[$0]?.position } ?? root["sites"]?.position ?? root.position,
            hint: "sites: { \(name ?? "NAME"): { ca: POOL } }")
    }

    private func adviseOnQueue(_ index: Int) {
        let pool = settings.pools[index]
        findings.warning(
            "pool \"\(pool.name)\": requests may be queued for longer than the 600 s after which agents give up",
            at: root["pools"]?[pool.name]?["queue"]?["timeout"]?.position ?? root.position, hint: "580s")
    }

    // MARK: Pools that nothing leads to

    private func adviseOnUnusedPools() {
        let used = usedPools()
        for (index, pool) in settings.pools.enumerated() where !used.contains(index) {
            findings.warning(
                "pool \"\(pool.name)\" gets no request: no route, environment, site or overflow of a used pool names it",
                at: keyPosition(pool.name))
        }
    }

    private func usedPools() -> Set<Int> {
        var waiting = settings.routes.map(\.pool) + settings.environments.map(\.pool) + settings.sites.compactMap(\.caPool)
        if let pool = settings.defaultPool { waiting.append(pool) }
        var used: Set<Int> = []
        while let next = waiting.popLast() {
            guard settings.pools.indices.contains(next.value), used.insert(next.value).inserted else { continue }
            if let overflow = settings.pools[next.value].overflow { waiting.append(overflow.to) }
        }
        return used
    }

    private func keyPosition(_ pool: String) -> Position {
        guard case .map(let entries) = root["pools"]?.content else { return root.position }
        return entries.first { $0.key == pool }?.keyPosition ?? root.position
    }
}
