import Model

/// Which instance of a site owns a pool's queue.
package enum InstanceOwner: String, Sendable, CaseIterable {
    /// By the pool's name, so that pools are shared out among the instances.
    case consistentHash = "consistent-hash"
    /// The first one in the file.
    case first
}

/// An instance of puppetfront, as other instances know it: where it takes requests of theirs, and by which certificate they know it.
package struct InstanceSettings: Sendable, Equatable {
    package var name: String
    /// Of its listener for instances.
    package var address: UpstreamAddress
    /// The name of its certificate, as client and as server; nil: the address's host, where that is a name, else `name`.
    package var certname: String?
    /// nil: as the pool speaks to its servers.
    package var tls: UpstreamTLSSettings?
    package var check: CheckSettings
    package init(
        name: String, address: UpstreamAddress, certname: String? = nil, tls: UpstreamTLSSettings? = nil,
        check: CheckSettings = InstanceSettings.defaultCheck
    ) {
        self.name = name
        self.address = address
        self.certname = certname
        self.tls = tls
        self.check = check
    }

    /// The status path of a listener for instances, where it has none of its own.
    package static let statusPath = "/puppetfront/status"
    package static let defaultCheck = CheckSettings(target: statusPath, inter: .seconds(1), rise: 1, fall: 2)

    /// In lower case, as certnames are compared.
    package var expectedCertname: [UInt8] {
        let name = certname ?? (address.literal == nil && !address.host.isEmpty ? address.host : self.name)
        return name.utf8.map(ASCII.lowercased)
    }
}

extension SiteSettings {
    /// The instances in the order in which they own a pool's queue: the first one that works is the owner. The same on every instance that
    /// has the same list. By rendezvous hashing: where one comes or goes, only its own pools change hands.
    package func owners(ofPool pool: String) -> [InstanceSettings] {
        guard owner == .consistentHash else { return instances }
        let ranked = instances.map { (instance: $0, rank: SiteSettings.rank(pool, $0.name)) }
        return ranked.sorted { ($1.rank, $0.instance.name) < ($0.rank, $1.instance.name) }.map(\.instance)
    }

    /// FNV-1a, mixed as MurmurHash3 ends, so that names that differ in their last letter differ everywhere.
    private static func rank(_ pool: String, _ instance: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in Array(pool.utf8) + [0] + Array(instance.utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33
    }
}
