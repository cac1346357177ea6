/// Puppet Server's responses: its paths, its auth.conf, its contents as far as an agent's run needs them.
struct PuppetRules: Sendable {
    var trustsHeaders: Bool
    /// The CA that this server runs; nil: a compiler, which responds to /puppet-ca with 404.
    var authority: StandInAuthority?
    var autosign: Bool
    var compilerName: String
    var catalog: StandInAnswer.Content
    var compileTime: Duration

    func answer(_ request: RecordedRequest) -> StandInAnswer {
        if request.path == "/status/v1/simple" { return .text(200, "running") }
        let identity = PuppetIdentity.of(request.head, trustsHeaders: trustsHeaders, peer: request.peer)
        if identity == .broken { return .text(400, "Unable to parse x-client-cert into a certificate") }
        if let path = request.rest(after: "/puppet-ca/v1/") {
            guard let authority else { return .text(404, "not found") }
            return CertificateAnswers(authority: authority, autosign: autosign).answer(request, path: path, identity: identity)
        }
        guard let path = request.rest(after: "/puppet/v3/") else { return .text(404, "not found") }
        guard case .agent(let certname) = identity else { return forbidden(request, "unauthenticated") }
        return answer(request, path: path, certname: certname)
    }

    private func answer(_ request: RecordedRequest, path: String, certname: String) -> StandInAnswer {
        let words = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        switch words[0] {
        case "catalog", "node", "report", "facts":
            guard rest.lowercased() == certname.lowercased() else { return forbidden(request, certname) }
            return own(words[0], certname: rest, request)
        case "file_metadata": return .text(200, PuppetRules.metadata(rest), type: "application/json;charset=utf-8")
        case "file_metadatas": return .text(200, "[\(PuppetRules.metadata(rest))]", type: "application/json;charset=utf-8")
        case "file_content", "static_file_content":
            return StandInAnswer(200, .bytes(Array("content of \(rest)\n".utf8)), type: "application/octet-stream")
        case "file_bucket_file":
            return StandInAnswer(request.method == "HEAD" ? 404 : 200, .bytes([]), type: "application/octet-stream")
        case "environments": return .text(200, "{\"search_paths\":[],\"environments\":{}}", type: "application/json")
        default: return .text(404, "not found")
        }
    }

    private func own(_ word: String, certname: String, _ request: RecordedRequest) -> StandInAnswer {
        switch word {
        case "catalog":
            var answer = StandInAnswer(
                200, catalog, type: "application/vnd.puppet.rich+json; charset=utf-8",
                fields: [(name: "X-Puppet-Compiler-Name", value: compilerName)])
            answer.delay = compileTime
            return answer
        case "node":
            let environment = request.query("environment") ?? "production"
            return .text(200, "{\"name\":\"\(certname)\",\"environment\":\"\(environment)\"}", type: "application/json")
        default: return .text(200, "[\"store\"]", type: "application/json;charset=utf-8")
        }
    }

    private func forbidden(_ request: RecordedRequest, _ who: String) -> StandInAnswer {
        .text(403, "Forbidden request: \(who) access to \(request.path) (method :\(request.method.lowercased()))")
    }

    private static func metadata(_ path: String) -> String {
        """
        {"path":"/etc/puppetlabs/code/\(path)","relative_path":null,"links":"manage","owner":0,"group":0,"mode":420,\
        "checksum":{"type":"sha256","value":"{sha256}\(String(repeating: "0", count: 64))"},"type":"file","destination":null}
        """
    }
}
