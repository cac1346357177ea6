import Model

extension Explanation {
    /// One object on one line: every key of the contract, in its order, null where it has no value.
    package var json: String {
        let members: [(String, String)] = [
            ("endpoint", JSONString.text(endpoint.rawValue)),
            ("certname", JSONString.text(certname)),
            ("client", JSONString.text(question.certname)),
            ("environment", JSONString.text(environment)),
            ("environment_source", JSONString.text(environmentSource?.rawValue)),
            ("ca", isCA ? "true" : "false"),
            ("decision", JSONString.text(isForward ? "forward" : "refuse")),
            ("reason", JSONString.text(reason?.rawValue)),
            ("status", reason?.status.map(String.init) ?? "null"),
            ("route", JSONString.text(route)),
            ("pool", JSONString.text(pool)),
            ("tiers", JSONString.list(tiers.map { JSONString.list($0.map { JSONString.text($0) }) })),
            ("site", JSONString.text(site?.value)),
            ("listener", JSONString.text(question.listener)),
            ("server_name", JSONString.text(question.serverName)),
            ("agent_version", JSONString.text(question.agentVersion)),
            ("instances", JSONString.list(tiers.joined().filter(instances.contains).map { JSONString.text($0) })),
        ]
        return "{" + members.map { "\(JSONString.text($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
