import Model
import Settings

/// Which instance of its site is this one? `--instance`, else `PUPPETFRONT_INSTANCE`, else the file's `instance:`, else the only one there.
struct InstanceSelection {
    /// From `--instance`; nil where not given.
    var argument: String?
    /// From `PUPPETFRONT_INSTANCE`; nil where unset, empty counts as unset.
    var environment: String?

    /// Sets the instance, or reports that it must be named. After `SiteSelection`.
    func select(_ settings: inout ProxySettings, _ root: DocumentValue, _ findings: Findings) {
        let names = settings.ownSite?.instances.map(\.name) ?? []
        let written = root["instance"]?.position
        let chosen: (name: String, source: String)? =
            argument.map { ($0, "--instance") } ?? environment.flatMap { $0.isEmpty ? nil : ($0, "PUPPETFRONT_INSTANCE") }
            ?? settings.instance.map { ($0, "\"instance\"") }
        if let chosen {
            settings.instance = chosen.name
            // Without a list there is nothing that the name could be wrong against.
            guard !names.isEmpty, !names.contains(chosen.name) else { return }
            let site = settings.site.map { " at site \"\($0.value)\"" } ?? ""
            findings.error(
                "no instance \"\(chosen.name)\"\(site), which \(chosen.source) names",
                at: written ?? root["sites"]?.position ?? root.position, hint: Decoder.nearest(chosen.name, names))
        } else if names.count == 1 {
            settings.instance = names[0]
        } else if names.count > 1, settings.pools.contains(where: { $0.via == .instances }) {
            findings.error(
                "which instance is this? one of \(names.joined(separator: ", "))", at: root["sites"]?.position ?? root.position,
                hint: "--instance, PUPPETFRONT_INSTANCE or \"instance:\"")
        }
    }
}
