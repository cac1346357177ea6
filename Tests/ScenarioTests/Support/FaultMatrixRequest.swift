/// One request of docs/faults.md.
struct FaultMatrixRequest: Sendable, Hashable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        /// Content in the response, and it may be sent a second time whatever reached the first server.
        case repeatable
        /// The same, but its response has no content.
        case head
        /// A write: twice it would be stored twice.
        case once
    }

    let method: String
    /// With `ENVIRONMENT` where the environment's name goes.
    let target: String
    /// As the access log has it.
    let endpoint: String
    let kind: Kind

    /// It is refused without a verified certificate, so it comes over TLS in every cell.
    var needsCertificate: Bool {
        switch endpoint {
        case "ca_certificate_renewal", "ca_certificate_status", "ca_certificate_statuses", "ca_clean", "ca_sign": true
        case "ca_certificate_revocation_list": method == "PUT"
        case "ca_certificate_request": method == "DELETE"
        default: false
        }
    }

    var description: String { "\(method) \(target)" }

    func text(environment: String) -> String {
        let target = target.replacing("ENVIRONMENT", with: environment)
        guard method == "POST" || method == "PUT" else { return Requests.make(method, target) }
        let isForm = endpoint == "catalog" && !target.hasPrefix("/puppet/v4/")
        let type = isForm ? "application/x-www-form-urlencoded" : "application/json"
        let body = isForm ? "facts_format=application%2Fjson&facts=%257B%257D&transaction_uuid=1234" : "{\"certname\":\"agent.test\"}"
        return Requests.make(method, target, fields: ["Content-Type: \(type)"], body: body)
    }
}
