import Model
import Puppet

/// A row of `routes`: every condition that is set must hold.
package struct RouteSettings: Sendable {
    package var name: String
    package var conditions: RouteConditions
    package var pool: PoolIndex
    package init(name: String, conditions: RouteConditions, pool: PoolIndex) {
        self.name = name
        self.conditions = conditions
        self.pool = pool
    }
}

/// nil: the condition is not set. Within one condition any of the list serves.
package struct RouteConditions: Sendable {
    /// Globs, compared without case with the verified certificate's name.
    package var certname: [String]?
    /// Globs, compared with case. A request without environment matches none.
    package var environment: [String]?
    package var source: [AddressBlock]?
    /// Names of listeners.
    package var listener: [String]?
    /// Globs, compared without case with the SNI.
    package var serverName: [String]?
    package var method: [RequestMethod]?
    /// Globs, compared with the normalised path.
    package var path: [String]?
    /// Globs, compared with `X-Puppet-Version`.
    package var agentVersion: [String]?
    /// What the file's globs of endpoint words name.
    package var endpoint: Set<PuppetEndpoint>?
    /// avg_queue of the pool greater than the number; all must hold.
    package var averageQueueAbove: [(pool: PoolIndex, limit: Int)]?
    /// Extension by dotted OID (short names are resolved) → globs; all OIDs must hold.
    package var trusted: [(oid: String, patterns: [String])]?
    package init(
        certname: [String]? = nil, environment: [String]? = nil, source: [AddressBlock]? = nil, endpoint: Set<PuppetEndpoint>? = nil,
        averageQueueAbove: [(pool: PoolIndex, limit: Int)]? = nil, trusted: [(oid: String, patterns: [String])]? = nil,
        listener: [String]? = nil, serverName: [String]? = nil, method: [RequestMethod]? = nil, path: [String]? = nil,
        agentVersion: [String]? = nil
    ) {
        self.certname = certname
        self.environment = environment
        self.source = source
        self.endpoint = endpoint
        self.averageQueueAbove = averageQueueAbove
        self.trusted = trusted
        self.listener = listener
        self.serverName = serverName
        self.method = method
        self.path = path
        self.agentVersion = agentVersion
    }
}
