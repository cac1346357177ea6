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
    package init(name: SiteName, near: [SiteName] = [], caPool: PoolIndex? = nil) {
        self.name = name
        self.near = near
        self.caPool = caPool
    }
}
