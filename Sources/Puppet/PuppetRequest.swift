import Model

/// What a request is for Puppet: decided once, from method, path, query and, for catalogs, the body.
/// Reused from request to request: its arrays keep their room, so that a classification allocates nothing once warm.
package struct PuppetRequest: Sendable {
    package enum EnvironmentSource: String, Sendable { case query, body, path }

    package var endpoint: PuppetEndpoint = .other
    /// True for everything that goes to the site's CA server.
    package var isCA = false
    /// The path's certname (v4: the body's), decoded; empty where the request names none.
    package var certname: [UInt8] = []
    /// Empty where the request carries none.
    package var environment: [UInt8] = []
    package var environmentSource: EnvironmentSource?
    /// transaction_uuid, where seen; empty where not.
    package var transaction: [UInt8] = []

    package init() {}
}
