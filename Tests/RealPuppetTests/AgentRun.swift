/// What became of one run of an agent.
struct AgentRun {
    let certname: String
    let began: ContinuousClock.Instant
    /// nil: it did not end in time.
    let exitCode: Int32?
    let output: String

    /// Exit code 0 says that nothing had to be done, 2 that it was done; what fails without changing it, such as the report, is in the output.
    var isFlawless: Bool { (exitCode == 0 || exitCode == 2) && complaints.isEmpty }

    /// Facter complains where it may not look at every process of the machine.
    private var complaints: [Substring] {
        output.split(separator: "\n").filter { $0.contains("Error: ") && !$0.contains("Error: Facter: ") || $0.contains("Could not ") }
    }
}
