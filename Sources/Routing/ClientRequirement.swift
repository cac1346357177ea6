import Model
import Puppet

/// Which clients may send this request, apart from Puppet Server's rules? Some requests are dangerous where the server treats them as the
/// proxy's own: it then sees the proxy's certificate for every client. docs/puppet-server.md has the table, endpoint by endpoint.
///
/// | requirement | always | where the server sees the proxy's certificate alone |
/// |---|---|---|
/// | anyone | certificates, requests, CRLs, OCSP, status | the same |
/// | verified | renewal of a certificate | and everything that is not in another row |
/// | operator | – | changes and lists of the CA's certificates |
/// | verified | changes and lists of the CA's certificates | – |
enum ClientRequirement: Sendable, Equatable {
    case anyone
    /// A verified certificate.
    case verified
    /// A verified certificate with `pp_cli_auth`.
    case `operator`

    /// - Parameter seesProxyAlone: the pool presents the proxy's certificate and sends no identity fields.
    init(_ request: borrowing PuppetRequest, seesProxyAlone: Bool) {
        switch request.endpoint {
        case .caCertificateRenewal: self = .verified
        case .caCertificateStatus, .caCertificateStatuses, .caClean, .caSign: self = seesProxyAlone ? .operator : .verified
        case .caCertificateRevocationList where !ClientRequirement.isRead(request.method): self = seesProxyAlone ? .operator : .verified
        case .caCertificateRequest where !ClientRequirement.isBootstrap(request.method): self = seesProxyAlone ? .operator : .verified
        case .caCertificate, .caCertificateRequest, .caCertificateRevocationList, .caOCSP, .status: self = .anyone
        default: self = seesProxyAlone ? .verified : .anyone
        }
    }

    /// nil if the client fulfils it.
    func refusal(_ identity: ClientIdentity?) -> Reason? {
        switch self {
        case .anyone: nil
        case .verified: identity == nil ? .unverified : nil
        case .operator: identity.map { $0.mayOperateCA ? nil : .notAuthorized } ?? .unverified
        }
    }

    private static func isRead(_ method: RequestMethod) -> Bool { method == .get || method == .head }
    private static func isBootstrap(_ method: RequestMethod) -> Bool { isRead(method) || method == .put }
}
