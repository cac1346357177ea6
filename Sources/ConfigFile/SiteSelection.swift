import Model
import Settings

/// Which site is this instance's? `--site`, else `PUPPETFRONT_SITE`, else the file's `site:`, else the only site there is.
struct SiteSelection {
    /// From `--site`; nil where not given.
    var argument: String?
    /// From `PUPPETFRONT_SITE`; nil where unset, empty counts as unset.
    var environment: String?

    /// Sets the site, or reports why there is none. A file without `sites` has none and needs none.
    func select(_ settings: inout ProxySettings, _ root: DocumentValue, _ findings: Findings) {
        let names = settings.sites.map(\.name.value)
        let position = root["sites"]?.position ?? root["site"]?.position ?? root.position
        let chosen: (name: String, source: String)? =
            argument.map { ($0, "--site") } ?? environment.flatMap { $0.isEmpty ? nil : ($0, "PUPPETFRONT_SITE") }
        if let chosen {
            guard names.contains(chosen.name) else {
                findings.error(
                    "no site \"\(chosen.name)\", which \(chosen.source) names", at: position, hint: Decoder.nearest(chosen.name, names))
                return
            }
            settings.site = SiteName(chosen.name)
        } else if settings.site == nil, root["site"]?.isNull ?? true {
            // A wrong `site:` has been reported already.
            if names.count == 1 { settings.site = settings.sites.first?.name }
            if names.count > 1 {
                findings.error(
                    "which site is this? one of \(names.joined(separator: ", "))", at: position,
                    hint: "--site, PUPPETFRONT_SITE or \"site:\"")
            }
        }
    }
}
