import Model
import Settings

extension Decoder {
    func siteSettings(_ value: DocumentValue) -> [SiteSettings]? {
        namedEntries(value)?.map { entry in
            var site = SiteSettings(name: SiteName(entry.key))
            guard !entry.value.isNull, var map = cursor(entry.value) else { return site }
            map.set(&site.near, "near", scalar.list(allowsEmpty: true, self.site))
            site.caPool = map.read("ca", pool)
            map.set(&site.instances, "instances", scalar.list(allowsEmpty: true, instance))
            map.set(&site.owner, "owner", scalar.choice(InstanceOwner.self))
            map.finish()
            checkNear(site, entry)
            return site
        }
    }

    private func checkNear(_ site: SiteSettings, _ entry: DocumentEntry) {
        let position = entry.value["near"]?.position ?? entry.keyPosition
        if site.near.contains(site.name) { findings.error("site \"\(entry.key)\" is near itself", at: position) }
        if Set(site.near).count < site.near.count { findings.error("\"near\" names a site twice", at: position) }
    }

    private func instance(_ value: DocumentValue) -> InstanceSettings? {
        guard var map = cursor(value) else { return nil }
        let name = map.require("name", scalar.name)
        let address = map.require("address", scalar.upstreamAddress)
        let certname = map.read("certname", hostName)
        let tls = map.read("tls", upstreamTLS)
        let check = map.read("check") { instanceCheck($0) }
        map.finish()
        guard let name, let address else { return nil }
        if !instanceNames.insert(name).inserted {
            findings.error("a second instance \"\(name)\"", at: value["name"]?.position ?? value.position)
        }
        return InstanceSettings(
            name: name, address: address, certname: certname, tls: tls, check: check ?? InstanceSettings.defaultCheck)
    }

    /// As a server's, with other defaults.
    private func instanceCheck(_ value: DocumentValue) -> CheckSettings? {
        guard var check = check(value) else { return nil }
        let usual = InstanceSettings.defaultCheck
        if value["request"]?.isNull ?? true { check.target = usual.target }
        if value["rise"]?.isNull ?? true { check.rise = usual.rise }
        if value["fall"]?.isNull ?? true { check.fall = usual.fall }
        guard value["inter"]?.isNull ?? true else { return check }
        let spoken = (check.fastinter, check.downinter, check.timeout)
        check.inter = usual.inter
        check.fastinter = value["fastinter"]?.isNull ?? true ? usual.inter : spoken.0
        check.downinter = value["downinter"]?.isNull ?? true ? usual.inter : spoken.1
        check.timeout = value["timeout"]?.isNull ?? true ? usual.inter : spoken.2
        return check
    }
}
