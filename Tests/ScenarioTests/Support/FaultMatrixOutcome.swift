import TestKit

/// The result of one request, as docs/faults.md writes it.
struct FaultMatrixOutcome: Sendable, Hashable, CustomStringConvertible {
    /// The statuses in their order; `good` where the good server's response arrived; `retry-after` where it has that field; `cut` where it was
    /// visibly unfinished.
    let agent: String
    /// Of the access log; `–` for none.
    let reason: String
    let state: String
    let retries: String

    init(agent: String, reason: String, state: String, retries: String) {
        self.agent = agent
        self.reason = reason
        self.state = state
        self.retries = retries
    }

    /// What the agent saw must match the log; if it does not, `agent` shows that.
    init(seen: RawClient.Response, isHead: Bool, line: LogLine) {
        var words = (seen.interim + [seen.status]).map(String.init)
        if seen.field("X-Puppet-Compiler-Name") == "good" { words.append("good") }
        if seen.field("Retry-After") != nil { words.append("retry-after") }
        if !seen.isWhole { words.append("cut") }
        if line.status != seen.status { words.append("but logged \(line.status.map(String.init) ?? "none")") }
        let reason = line.reason
        if let reason, reason != "cut", !isHead, seen.text != "\(reason) \(line.string("id") ?? "")\n" {
            words.append("with the text \(seen.text)")
        }
        self.init(agent: words.joined(separator: " "), line: line)
    }

    init(agent: String, line: LogLine) {
        self.init(
            agent: agent, reason: line.reason ?? "–", state: line.termination ?? "none",
            retries: line.int("retries").map(String.init) ?? "none")
    }

    var description: String { "\(agent) | \(reason) | \(state) | \(retries)" }
}
