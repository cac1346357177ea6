import Puppet

extension Explanation {
    /// For an admin: a line for each step, in the order in which puppetfront takes them. Ends with a line end.
    package var text: String {
        var lines: [(label: String, text: String)] = [
            ("request", "\(question.method) \(question.target)"), ("taken for", takenFor), ("client", client),
            ("source", question.source?.description ?? "not given: no condition on the source holds"),
        ]
        if let listener = question.listener { lines.append(("listener", listener)) }
        if let serverName = question.serverName { lines.append(("server name", serverName)) }
        if let agentVersion = question.agentVersion { lines.append(("agent", agentVersion)) }
        if let site { lines.append(("site", site.value)) }
        if bodyMatters { lines.append(("note", "no body given: an environment in it would go before the query's")) }
        lines += passed.map { ("passed over", "\($0.rule): \($0.why)") }
        if let route { lines.append(("decided by", route + (isCA && passed.isEmpty ? " (CA requests go there before any route)" : ""))) }
        if let refused { lines.append(("refused", refused)) }
        if let pool { lines.append(("pool", pool)) }
        if let balance { lines.append(("balance", balance.word)) }
        if pool != nil, tiers.isEmpty { lines.append(("tiers", "none: the pool has no server")) }
        for (index, tier) in tiers.enumerated() { lines.append(("tier \(index + 1)", tier.map(described).joined(separator: ", "))) }
        let width = 13
        return lines.map { $0.label + String(repeating: " ", count: width - $0.label.count) + $0.text + "\n" }.joined()
    }

    private func described(_ server: String) -> String { instances.contains(server) ? server + " (instance)" : server }

    private var takenFor: String {
        var words = endpoint.rawValue
        if let certname { words += " of \(certname)" }
        if let environment, let environmentSource { words += ", environment \(environment) (from the \(environmentSource.rawValue))" }
        if environment == nil { words += ", no environment" }
        return isCA ? words + ", for the CA" : words
    }

    private var client: String { question.certname.map { "\($0), by a verified certificate" } ?? "unknown: no verified certificate" }

    private var refused: String? {
        guard let reason else { return nil }
        let why: String =
            switch reason {
            case .badRequest: ambiguity?.rawValue ?? "malformed"
            case .wrongCertname: "\(question.certname ?? "") may not ask for the \(endpoint.rawValue) of \(certname ?? "")"
            case .unverified: "the \(endpoint.rawValue) needs a verified certificate"
            case .notAuthorized: "the \(endpoint.rawValue) needs a certificate with pp_cli_auth, which \(question.certname ?? "") has not"
            case .bodyTooLarge: "the body is longer than limits.body_scan"
            case .noRoute: "no rule matches, and environments has no default"
            case .methodNotAllowed: "\(question.method) is never forwarded"
            case .targetTooLong: "the target is longer than limits.target"
            default: "refused"
            }
        return "\(reason.status.map(String.init) ?? "-") \(reason.rawValue): \(why)"
    }
}
