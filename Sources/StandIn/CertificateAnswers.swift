/// The CA's part of Puppet Server: /puppet-ca/v1.
struct CertificateAnswers {
    let authority: StandInAuthority
    let autosign: Bool

    /// - Parameter path: what follows /puppet-ca/v1/
    func answer(_ request: RecordedRequest, path: String, identity: PuppetIdentity) -> StandInAnswer {
        let words = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = words.count > 1 ? words[1] : ""
        do {
            switch (request.method, words[0]) {
            case ("GET", "certificate") where name == "ca": return .text(200, try authority.caPEM())
            case ("GET", "certificate"):
                guard let found = authority.certificate(of: name) else { return .text(404, "Could not find certificate \(name)") }
                return .text(200, try found.pem())
            case ("GET", "certificate_revocation_list"): return .text(200, try authority.crlPEM())
            case ("PUT", "certificate_request"): return try take(request, name: name)
            case (_, "certificate_status"), (_, "certificate_statuses"): return status(request, word: words[0], name: name, identity)
            default: return .text(404, "not found")
            }
        } catch {
            return .text(400, "\(error)")
        }
    }

    private func take(_ request: RecordedRequest, name: String) throws -> StandInAnswer {
        let made = try CertificateRequest(pem: String(decoding: request.body, as: UTF8.self))
        guard made.commonName == name, made.isProven else { return .text(400, "the request is not for \(name)") }
        if let state = authority.status(of: name), state == "signed" { return .text(400, "\(name) already has a signed certificate") }
        if autosign { _ = try authority.sign(made) } else { try authority.hold(made) }
        return .text(200, "")
    }

    /// Needs a certificate with pp_cli_auth on a real CA; here any agent's.
    private func status(_ request: RecordedRequest, word: String, name: String, _ identity: PuppetIdentity) -> StandInAnswer {
        guard case .agent = identity else { return .text(403, "Forbidden request: \(request.path)") }
        if word == "certificate_statuses" {
            let all = authority.statuses().map { CertificateAnswers.json($0.certname, $0.state) }
            return .text(200, "[\(all.joined(separator: ","))]", type: "application/json")
        }
        switch request.method {
        case "GET":
            guard let state = authority.status(of: name) else { return .text(404, "Invalid certificate subject.") }
            return .text(200, CertificateAnswers.json(name, state), type: "application/json")
        case "PUT":
            let isRevocation = String(decoding: request.body, as: UTF8.self).contains("revoked")
            let isKnown = isRevocation ? authority.revoke(name) : ((try? authority.signPending(name)) ?? false)
            return isKnown ? StandInAnswer(204) : .text(404, "Invalid certificate subject.")
        case "DELETE": return authority.clean(name) ? StandInAnswer(204) : .text(404, "Invalid certificate subject.")
        default: return .text(405, "method not allowed")
        }
    }

    private static func json(_ certname: String, _ state: String) -> String {
        "{\"name\":\"\(certname)\",\"state\":\"\(state)\"}"
    }
}
