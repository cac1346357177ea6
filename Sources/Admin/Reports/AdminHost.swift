import Settings

/// What commands need of the service. The Engine implements it on its control loop, tests with values.
package protocol AdminHost {
    /// Everything. Expensive: for one name there are `pool` and `listenerState`.
    func report() -> ServiceReport
    func readiness() -> Readiness
    /// What the pool itself knows: settings, servers and their states; no traffic and no history. nil: not known.
    func pool(_ name: String) -> PoolReport?
    /// nil: not known.
    func listenerState(_ name: String) -> ListenerReport.State?
    /// Seconds since the start.
    var uptime: Int64 { get }
    /// nil: none yet.
    var lastReload: ReloadReport? { get }
    /// Whether the configuration in force is not the file's.
    var isConfigurationStale: Bool { get }
    /// The sticks of a pool, the youngest first; nil: it has no table or is not known. At most `limit`.
    /// - Parameter key: nil for all
    func sticks(of pool: String, key: String?, limit: Int) -> [StickReport]?
    /// The last runs of an agent, the youngest first, at most ten.
    func runs(of certname: String) -> [AgentRun]
    /// Where a request would go now, for words as the command line of `puppetfront explain` takes them.
    func explain(_ words: [String]) -> AdminReply
    /// Certificates, CA files or CRL files in force, by name.
    func materials(_ kind: CertificateReport.Kind) -> [MaterialReport]
    /// What is kept for `commit ssl`; nil: nothing.
    func transaction(_ kind: CertificateReport.Kind) -> MaterialReport?
    /// nil: this instance announces nothing.
    var anycast: AnycastReport? { get }
    /// As `anycast`'s state, asked by `puppetfront anycast exabgp`: that it asks is noted.
    func stateForExaBGP() -> AnycastState?
    mutating func perform(_ action: AdminAction) -> AdminOutcome
}

extension AdminHost {
    package var anycast: AnycastReport? { nil }
    package func stateForExaBGP() -> AnycastState? { anycast?.state }

    /// As `pool`.
    package func server(_ name: AdminAction.ServerName) -> ServerReport? {
        pool(name.pool)?.servers.first { $0.state.name == name.server }
    }
}

package struct StickReport: Sendable {
    package var key = ""
    package var server = ""
    package var serverNumber = 0
    /// Milliseconds until it expires.
    package var remaining: Int64 = 0

    package init() {}
}
