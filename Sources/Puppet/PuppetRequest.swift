import Model

/// What a request is for Puppet: decided once, from method, path, query, `X-Puppet-Version` and, for catalogs, the body.
/// Reused from request to request: its arrays keep their room, so that a classification allocates nothing once warm. Never copied.
///
/// `classify` first; where it says `.needsBody`, `classifyBody` until it says something else than `.needsMore`. After `.ambiguous` the
/// properties say what was found so far, for the log; there is no environment then.
package struct PuppetRequest: Sendable, ~Copyable {
    package enum EnvironmentSource: String, Sendable { case query, body, path }

    package private(set) var method: RequestMethod = .other
    package var endpoint: PuppetEndpoint = .other
    package var form: PathForm = .other
    /// True for everything that goes to the site's CA server.
    package var isCA = false
    /// The path's certname (v4: the body's), decoded; empty where the request names none.
    package var certname: [UInt8] = []
    /// Empty where the request carries none; else `\w+`, at most `longestEnvironment` bytes.
    package var environment: [UInt8] = []
    package var environmentSource: EnvironmentSource?
    /// transaction_uuid, where seen; empty where not.
    package var transaction: [UInt8] = []
    /// `X-Puppet-Version`; empty where the request has none.
    package private(set) var agentVersion: [UInt8] = []
    /// The agent waits as Retry-After says (`AgentVersion`).
    package private(set) var usesRetryAfter = false
    /// `/status/v1/services`: the CA's where an operator of the CA asks, as `puppetserver ca` does before it signs.
    var isServicesStatus = false

    private(set) var path = RequestPath()
    private var query = FormBody()
    private var formBody = FormBody()
    private var jsonBody = CatalogJSON()

    /// Bytes. Environments are folders, whose names are no longer.
    package static let longestEnvironment = 255

    package init() {}

    /// Whether only the agent of that certname may ask for it: the refusal `wrong_certname`. v4 catalogs are for other tools.
    package var isOwnCertnameOnly: Bool {
        switch endpoint {
        case .catalog, .node, .facts, .report: form != .v4 && !certname.isEmpty
        default: false
        }
    }

    /// Requests to which an environment means nothing: they are not refused for one that is malformed, and do not carry it then.
    var isWithoutEnvironment: Bool { isCA || endpoint == .status || endpoint == .metrics }

    private var isJSONBody: Bool { form == .v4 || endpoint == .compile }

    /// The target's path in the form that was classified: decoded, without parameters and repeated slashes; empty for `*`.
    /// Not what is forwarded.
    package var normalPath: [UInt8] { path.bytes }

    /// As the whole `classify`, for a request without `X-Puppet-Version` whose client is no operator of the CA.
    package mutating func classify(method: RequestMethod, target: borrowing Span<UInt8>) -> Classification {
        let none: [UInt8] = []
        return classify(method: method, target: target, agentVersion: none.span, isOperator: false)
    }

    /// - Parameters:
    ///   - target: origin-form, or `*`.
    ///   - agentVersion: the value of `X-Puppet-Version`, empty where there is none.
    ///   - isOperator: the client's certificate allows it to operate the CA (`ClientIdentity.mayOperateCA`).
    package mutating func classify(
        method: RequestMethod, target: borrowing Span<UInt8>, agentVersion: borrowing Span<UInt8>, isOperator: Bool
    ) -> Classification {
        reset()
        self.method = method
        take(agentVersion)
        if target.count == 1, target[0] == UInt8(ascii: "*") { return .complete }
        var pathEnd = 0
        while pathEnd < target.count, target[pathEnd] != UInt8(ascii: "?") { pathEnd += 1 }
        let parameters = target.extracting(min(pathEnd + 1, target.count)..<target.count)
        if let problem = path.read(target, 0..<pathEnd) ?? readPath() {
            clearEnvironment()
            return .ambiguous(problem)
        }
        if isServicesStatus, isOperator { isCA = true }
        if let problem = readQuery(parameters) {
            clearEnvironment()
            if !isWithoutEnvironment { return .ambiguous(problem) }
        }
        guard endpoint == .catalog || endpoint == .compile, method != .head else { return .complete }
        if isJSONBody { jsonBody.reset() } else { formBody.reset() }
        return .needsBody
    }

    /// Looks for the environment in a catalog's body (v4: for the certname, too). The body's goes before the query's.
    /// - Parameters:
    ///   - prefix: the body's first bytes, content as it was before any transfer coding; at each call at least those of the last call.
    ///   - contentType: the field's value, empty where there is none.
    ///   - contentEncoding: the field's value, empty where there is none. A coded body cannot be read and is refused.
    package mutating func classifyBody(
        _ prefix: borrowing Span<UInt8>, contentType: borrowing Span<UInt8>, contentEncoding: borrowing Span<UInt8>, extent: BodyExtent
    ) -> BodyClassification {
        let found = readBody(prefix, contentType: contentType, contentEncoding: contentEncoding, extent: extent)
        switch found {
        case .ambiguous, .tooLong: clearEnvironment()
        case .complete, .needsMore: break
        }
        return found
    }

    private mutating func readBody(
        _ prefix: borrowing Span<UInt8>, contentType: borrowing Span<UInt8>, contentEncoding: borrowing Span<UInt8>, extent: BodyExtent
    ) -> BodyClassification {
        guard !prefix.isEmpty || extent != .whole else { return .complete }
        if isJSONBody {
            guard FormContentType.isIdentity(contentEncoding) else { return .ambiguous(.encodedBody) }
            jsonBody.scan(prefix, prefix.count, isWhole: extent == .whole)
            return takeJSON(extent)
        }
        switch FormContentType(contentType) {
        case .otherType: return .complete
        case .refused(let problem): return .ambiguous(problem)
        case .form: break
        }
        guard FormContentType.isIdentity(contentEncoding) else { return .ambiguous(.encodedBody) }
        formBody.scan(prefix, prefix.count, isWhole: extent == .whole)
        return takeForm(extent)
    }

    private mutating func reset() {
        path.reset()
        endpoint = .other
        form = .other
        isCA = false
        isServicesStatus = false
        certname.empty()
        clearEnvironment()
        transaction.empty()
        query.reset()
    }

    /// Most requests come from the same version as the one before.
    private mutating func take(_ version: borrowing Span<UInt8>) {
        if agentVersion.equals(version) { return }
        agentVersion.empty()
        agentVersion.append(version, 0..<version.count)
        usesRetryAfter = AgentVersion(agentVersion)?.usesRetryAfter ?? false
    }

    private mutating func clearEnvironment() {
        environment.empty()
        environmentSource = nil
    }

    private mutating func readQuery(_ bytes: borrowing Span<UInt8>) -> Ambiguity? {
        query.scan(bytes, bytes.count, isWhole: true)
        takeTransaction(query.fields.transaction)
        if !query.fields.environment.isEmpty {
            if environmentSource == .path, environment != query.fields.environment { return .environmentsDisagree }
            if environmentSource == nil { take(query.fields.environment, from: .query) }
        }
        return query.fields.problem
    }

    private mutating func takeForm(_ extent: BodyExtent) -> BodyClassification {
        if let problem = formBody.fields.problem { return .ambiguous(problem) }
        guard extent == .whole else { return extent == .growing ? .needsMore : .tooLong }
        let found = formBody.fields.environment
        // Puppet 3 servers took the path's, Puppet Server's legacy routes take the body's: no agent sends two that differ.
        if !found.isEmpty, form == .puppet3, environment != found { return .ambiguous(.environmentsDisagree) }
        if !found.isEmpty, form != .puppet3 { take(found, from: .body) }
        takeTransaction(formBody.fields.transaction)
        return .complete
    }

    private mutating func takeJSON(_ extent: BodyExtent) -> BodyClassification {
        if let problem = jsonBody.problem { return .ambiguous(problem) }
        guard extent == .whole else { return extent == .growing ? .needsMore : .tooLong }
        if !jsonBody.environment.isEmpty { take(jsonBody.environment, from: .body) }
        certname.empty()
        certname.append(contentsOf: jsonBody.certname)
        takeTransaction(jsonBody.transaction)
        return .complete
    }

    private mutating func take(_ found: [UInt8], from source: EnvironmentSource) {
        environment.empty()
        environment.append(contentsOf: found)
        environmentSource = source
    }

    private mutating func takeTransaction(_ found: [UInt8]) {
        guard !found.isEmpty else { return }
        transaction.empty()
        transaction.append(contentsOf: found)
    }
}
