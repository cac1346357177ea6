/// The result of an agent's run.
package struct RunReport: Sendable {
    package struct Failure: Sendable, CustomStringConvertible {
        package let role: AgentRequest.Role
        package let target: String
        package let reason: String
        package var description: String { "\(target): \(reason)" }
    }

    package var certname: String
    package var requestCount = 0
    /// TLS connections that the run took.
    package var connectionCount = 0
    package var failures: [Failure] = []
    /// X-Puppet-Compiler-Name of the catalog.
    package var compiler: String?
    package var duration: Duration = .zero

    /// Nothing failed at all.
    package var isClean: Bool { failures.isEmpty }
    /// As Puppet defines it: without a catalog there is no run.
    package var hasCatalog: Bool { !failures.contains { $0.role == .catalog } && compiler != nil }
}
