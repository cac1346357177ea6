/// What commands ask of the service. The Engine answers on its control loop; tests answer with values.
package protocol AdminHost {
    func report() -> ServiceReport
    func readiness() -> Readiness
    /// The sticks of a pool, the youngest first; nil: it has no table or is not known. At most `limit`.
    /// - Parameter key: nil for all
    func sticks(of pool: String, key: String?, limit: Int) -> [StickReport]?
    /// What `puppetfront explain` says, of words as its command line takes them.
    func explain(_ words: [String]) -> String
    /// Certificates, CA files or CRL files in force, by name.
    func materials(_ kind: CertificateReport.Kind) -> [MaterialReport]
    /// What is kept for `commit ssl`; nil: nothing.
    func transaction(_ kind: CertificateReport.Kind) -> MaterialReport?
    mutating func perform(_ action: AdminAction) -> AdminOutcome
}

package struct StickReport: Sendable {
    package var key = ""
    package var server = ""
    package var serverNumber = 0
    /// Milliseconds until it expires.
    package var remaining: Int64 = 0

    package init() {}
}
