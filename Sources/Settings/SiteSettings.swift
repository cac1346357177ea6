import Model

package struct SiteName: Hashable, Sendable, Comparable {
    package let value: String
    package init(_ value: String) { self.value = value }
    package static func < (left: SiteName, right: SiteName) -> Bool { left.value < right.value }
}

package struct SiteSettings: Sendable {
    package var name: SiteName
    /// The nearest first.
    package var near: [SiteName]
    package var caPool: PoolIndex?
    /// In the file's order; empty: none is known, and the site's servers are used directly.
    package var instances: [InstanceSettings]
    package var owner: InstanceOwner
    package init(
        name: SiteName, near: [SiteName] = [], caPool: PoolIndex? = nil, instances: [InstanceSettings] = [],
        owner: InstanceOwner = .consistentHash
    ) {
        self.name = name
        self.near = near
        self.caPool = caPool
        self.instances = instances
        self.owner = owner
    }
}
