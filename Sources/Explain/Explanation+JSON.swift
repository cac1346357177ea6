extension Explanation {
    /// One object on one line: every key of the contract, in its order, null where it has no value.
    package var json: String {
        let members: [(String, String)] = [
            ("endpoint", JSONText.string(endpoint.rawValue)),
            ("certname", JSONText.string(certname)),
            ("client", JSONText.string(question.certname)),
            ("environment", JSONText.string(environment)),
            ("environment_source", JSONText.string(environmentSource?.rawValue)),
            ("ca", isCA ? "true" : "false"),
            ("decision", JSONText.string(isForward ? "forward" : "refuse")),
            ("reason", JSONText.string(reason?.rawValue)),
            ("status", reason?.status.map(String.init) ?? "null"),
            ("route", JSONText.string(route)),
            ("pool", JSONText.string(pool)),
            ("tiers", JSONText.list(tiers.map { JSONText.list($0.map { JSONText.string($0) }) })),
            ("site", JSONText.string(site?.value)),
        ]
        return "{" + members.map { "\(JSONText.string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
